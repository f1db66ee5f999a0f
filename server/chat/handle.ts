/**
 * The one way in. Whatever happens to a chat comes through here: lock the row, decide, write chat, events and tasks in one
 * transaction, commit; only then does anybody hear of it.
 */
import type { Knex } from 'knex'
import { type Lane, laneOf } from '../core/chat.ts'
import { type ChatInput, transition } from '../core/chat-state.ts'
import { Problem } from '../core/errors.ts'
import type { ChatEvent } from '../core/events.ts'
import type { StoredChat } from '../store/chats.ts'
import type { Deps } from './deps.ts'
import { rulesFor } from './rules.ts'

export interface Handled {
  readonly chat: StoredChat
  readonly events: readonly ChatEvent[]
}

export interface Decided extends Handled {
  /** The events each input led to. */
  readonly perInput: readonly (readonly ChatEvent[])[]
  /** Lanes on which something is owed now. */
  readonly owing: ReadonlySet<Lane>
}

/** What else belongs into the same transaction, e.g. the room that now stands. */
type Also = (trx: Knex.Transaction, before: StoredChat) => Promise<void>

/** @throws Problem `not_found`, or what the transition refuses with. */
export async function handle(
  deps: Deps,
  chatId: string,
  inputs: readonly ChatInput[] | ((before: StoredChat) => readonly ChatInput[]),
  also?: Also,
): Promise<Handled> {
  const { store, clock } = deps
  const handled = await store.tx(async (trx) => {
    const before = await store.chats.lock(trx, chatId)
    if (!before) throw new Problem('not_found', 'There is no such chat.')
    // A function decides by what the row says under its lock, not by what somebody read a while ago.
    const now = typeof inputs === 'function' ? inputs(before) : inputs
    return decide(deps, trx, before, now, clock.now(), also)
  })
  announce(deps, handled.chat)
  wakeLanes(deps, chatId, handled.owing)
  return { chat: handled.chat, events: handled.events }
}

/** The part inside the transaction, for a use case that holds the chat's lock already. */
export async function decide(
  deps: Deps,
  trx: Knex.Transaction,
  before: StoredChat,
  inputs: readonly ChatInput[],
  at: number,
  also?: Also,
): Promise<Decided> {
  const { store } = deps
  const rules = rulesFor(deps, before.lang)
  let chat: StoredChat = before
  const events: ChatEvent[] = []
  const perInput: (readonly ChatEvent[])[] = []
  const owing = new Set<Lane>()
  for (const input of inputs) {
    const next = transition(chat, input, at, rules)
    chat = { ...chat, ...next.chat }
    events.push(...next.events)
    perInput.push(next.events)
    if (next.tasks.length > 0) {
      for (const task of next.tasks) owing.add(laneOf(task))
      await store.outbox.add(trx, chat.id, next.tasks, at)
    }
  }
  await store.events.append(trx, chat.id, events)
  await store.chats.save(trx, before, chat)
  await also?.(trx, before)
  return { chat, events, perInput, owing }
}

export function wakeLanes({ wake }: Deps, chatId: string, lanes: Iterable<Lane>): void {
  const all = new Set(lanes)
  // The bot first: it has only to read, while the desk's lane begins with a write that everybody waits for.
  if (all.delete('bot')) void wake(chatId, 'bot')
  for (const lane of all) void wake(chatId, lane)
}

/** Held polls of this process learn how far the chat is. After the commit, never before. */
export function announce({ watch }: Deps, chat: StoredChat): void {
  watch.rememberChat(chat.id, { sessionId: chat.sessionId, state: chat.state, lastSeq: chat.lastSeq })
}
