/**
 * The one way in. Whatever happens to a chat comes through here: lock the row, decide, write chat, events and tasks in one
 * transaction, commit; only then does anybody hear of it.
 */
import type { Knex } from 'knex'
import { type ChatInput, transition } from '../core/chat-state.ts'
import { Problem } from '../core/errors.ts'
import type { ChatEvent } from '../core/events.ts'
import type { StoredChat } from '../store/chats.ts'
import type { Deps } from './deps.ts'

export interface Handled {
  readonly chat: StoredChat
  readonly events: readonly ChatEvent[]
}

export interface Decided extends Handled {
  /** The events each input led to. */
  readonly perInput: readonly (readonly ChatEvent[])[]
  /** Something is owed to a desk, a bot or a channel. */
  readonly owing: boolean
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
  if (handled.owing) void deps.wake(chatId)
  return { chat: handled.chat, events: handled.events }
}

/** The part inside the transaction, for a use case that holds the chat's lock already. */
export async function decide(
  { store }: Deps,
  trx: Knex.Transaction,
  before: StoredChat,
  inputs: readonly ChatInput[],
  at: number,
  also?: Also,
): Promise<Decided> {
  let chat: StoredChat = before
  const events: ChatEvent[] = []
  const perInput: (readonly ChatEvent[])[] = []
  let owing = false
  for (const input of inputs) {
    const next = transition(chat, input, at)
    chat = { ...chat, ...next.chat }
    events.push(...next.events)
    perInput.push(next.events)
    if (next.tasks.length > 0) {
      owing = true
      await store.outbox.add(trx, chat.id, next.tasks, at)
    }
  }
  await store.events.append(trx, chat.id, events)
  await store.chats.save(trx, before, chat)
  await also?.(trx, before)
  return { chat, events, perInput, owing }
}

/** Held polls of this process learn how far the chat is. After the commit, never before. */
export function announce({ watch }: Deps, chat: StoredChat): void {
  watch.rememberChat(chat.id, { sessionId: chat.sessionId, state: chat.state, lastSeq: chat.lastSeq })
}
