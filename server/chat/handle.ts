/**
 * The one way in. Whatever happens to a chat comes through here: lock the row, decide, write chat, events and tasks in one
 * transaction, commit; only then does anybody hear of it.
 */
import type { Knex } from 'knex'
import type { Lane, Task } from '../core/chat.ts'
import { type ChatInput, transition } from '../core/chat-state.ts'
import { Problem } from '../core/errors.ts'
import type { ChatEvent } from '../core/events.ts'
import type { Deps } from './deps.ts'
import { guard, type Hand, inHand, type LaneState, type LockedChat, type Owing, owe } from './hand.ts'
import { rulesFor } from './rules.ts'
import type { StoredChat } from './stored-chat.ts'

export interface Handled {
  readonly chat: StoredChat
  readonly events: readonly ChatEvent[]
  /** Lanes on which something is owed now. */
  readonly owing: Owing
}

export interface Decided extends Handled {
  /** The events each input led to. */
  readonly perInput: readonly (readonly ChatEvent[])[]
}

/** What else belongs into the same transaction. */
export interface More {
  /** The row that ends with it: nothing is written when its lease is somebody else's. */
  readonly hand?: Hand
  /** E.g. the end of that row; before anything is owed. */
  readonly also?: ((trx: Knex.Transaction) => Promise<void>) | undefined
  /** Owed beside what the inputs lead to. */
  readonly owed?: readonly Task[]
}

type Inputs = readonly ChatInput[] | ((before: StoredChat) => readonly ChatInput[])

/** @throws Problem `not_found`, or what the transition refuses with. */
export async function handle(deps: Deps, chatId: string, inputs: Inputs, more: More = {}): Promise<Handled> {
  const { store, clock } = deps
  const work = async (trx: Knex.Transaction) => {
    const before = await store.chats.lock(trx, chatId)
    if (!before) throw new Problem('not_found', 'There is no such chat.')
    // A function decides by what the row says under its lock, not by what somebody read a while ago.
    const now = typeof inputs === 'function' ? inputs(before) : inputs
    return decide(deps, trx, before, now, clock.now(), more)
  }
  return deciding(deps, chatId, work, more.hand?.row.lane)
}

/**
 * A transaction that decides about a chat; when it is through, polls and lanes hear of it. Null: there was nothing to decide.
 * @param chatId as far as it is known before. @param but the lane that goes on by itself
 */
export async function deciding<T extends Pick<Handled, 'chat' | 'owing'> | null>(
  deps: Deps,
  chatId: string,
  work: (trx: Knex.Transaction) => Promise<T>,
  but?: Lane,
): Promise<T> {
  const told = deps.underWay.begin(chatId)
  try {
    const decided = await deps.store.tx(work)
    if (decided) {
      announce(deps, decided.chat)
      wakeLanes(deps, decided.chat.id, decided.owing, but)
    }
    return decided
  } finally {
    told()
  }
}

/** The part inside the transaction, for a use case that holds the chat's lock already. */
export async function decide(
  deps: Deps,
  trx: Knex.Transaction,
  before: LockedChat,
  inputs: readonly ChatInput[],
  at: number,
  { hand, also, owed = [] }: More = {},
): Promise<Decided> {
  const { store } = deps
  const since = performance.now()
  if (hand) guard(deps, before, hand)
  await also?.(trx)
  const rules = rulesFor(deps, before.lang)
  let chat: StoredChat = before
  const events: ChatEvent[] = []
  const perInput: (readonly ChatEvent[])[] = []
  const tasks: Task[] = []
  for (const input of inputs) {
    const next = transition(chat, input, at, rules)
    chat = { ...chat, ...next.chat }
    events.push(...next.events)
    perInput.push(next.events)
    tasks.push(...next.tasks)
  }
  const owes = await owe(deps, trx, before, [...tasks, ...owed], at, hand?.row.lane)
  await store.events.append(trx, chat.id, events)
  if (inputs.length > 0) await store.chats.save(trx, before, chat, owes.lease)
  else if (owes.lease !== undefined) await store.leases.set(trx, chat.id, owes.lease)
  return { chat, events, perInput, owing: inHand(chat, owes, since) }
}

/** Ends the row in hand and tells the chat, in one transaction; harmless when that has happened already. */
export async function finish(
  deps: Deps,
  hand: Hand,
  inputs: Inputs,
  more: Pick<More, 'also' | 'owed'> = {},
): Promise<LaneState> {
  const { store } = deps
  const also = async (trx: Knex.Transaction) => {
    await store.outbox.done(trx, hand.row)
    await more.also?.(trx)
  }
  return settle(deps, hand, inputs, { ...more, also })
}

/** The same for a row that is not done but, say, refused. */
export async function settle(deps: Deps, hand: Hand, inputs: Inputs, more: More): Promise<LaneState> {
  const { store } = deps
  try {
    const { owing } = await handle(deps, hand.chat.id, inputs, { ...more, hand })
    const next = owing.get(hand.row.lane)
    return next === undefined ? 'empty' : (next ?? 'again')
  } catch (error) {
    if (!(error instanceof store.outbox.Fenced)) throw error
    // It may be our own transaction, whose COMMIT's reply was lost: nobody has heard of it yet.
    const chat = await store.chats.find(store.db, hand.chat.id)
    if (chat) announce(deps, chat)
    return 'again'
  }
}

/** Where something may be owed that nobody has in hand. */
export const EITHER: Owing = new Map([
  ['desk', null],
  ['bot', null],
])

/** @param but the lane that goes on by itself */
export function wakeLanes({ wake }: Deps, chatId: string, owing: Owing, but?: Lane): void {
  let first: Promise<void> | undefined
  for (const lane of ['bot', 'desk', 'people'] as const) {
    const hand = owing.get(lane)
    if (hand === undefined || lane === but) continue
    const woken = wake(chatId, lane, hand ?? undefined, first)
    // The bot first: the visitor waits for it, and every write of the desk's lane would be waited for, too.
    if (lane === 'bot' && hand) first = woken
  }
}

/** Held polls of this process learn how far the chat is. After the commit, never before. */
export function announce({ watch }: Deps, chat: StoredChat): void {
  watch.rememberChat(chat.id, { sessionId: chat.sessionId, state: chat.state, lastSeq: chat.lastSeq })
}
