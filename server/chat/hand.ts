/**
 * What this process has in hand: the head of a lane, under the chat's lease. The transaction that comes to owe something takes it in
 * hand where it may, and the one that ends a row goes on with the next: a lane seldom has to look, and hardly ever to write,
 * before it works.
 */
import type { Knex } from 'knex'
import { type Lane, laneOf, type Task } from '../core/chat.ts'
import type { LeaseChange, LockedChat } from '../store/leases.ts'
import type { OutboxRow } from '../store/outbox.ts'
import type { Deps } from './deps.ts'
import type { StoredChat } from './stored-chat.ts'

export type { LockedChat }

export interface Hand {
  /** As the transaction left it. */
  readonly chat: StoredChat
  readonly row: OutboxRow
  /** Of the lease: who was taken for dead meanwhile writes nothing any more. */
  readonly fence: number
  /** The intent of an attempt is committed, and nobody can have made that attempt. */
  readonly hasIntent: boolean
  /** Before the lease began, by a clock that nobody sets (`performance.now()`). */
  readonly since: number
}

/** What a lane is told after each step. `again`: there may be more. A number: nothing can be done before that instant (epoch ms). */
export type LaneState = 'empty' | 'again' | number | Hand

/** What a chat owes, by lane; in hand where this process may begin at once. */
export type Owing = ReadonlyMap<Lane, Hand | null>

/** How soon a chat that somebody else works on is looked at again. */
export const TAKEN_MS = 1_000
/** How soon a row is looked at again that is about to be given to its lane. */
const COMING_MS = 100
/** Older, and it is looked at again: the lease may be shorter than a provider's longest call by now. Less than `SETTLE_MS`. */
const FRESH_MS = 500
/** Work that takes this long keeps its lease up. */
const RENEW_MS = 5_000

/** Goes over the network, and may not be repeated blindly. */
const isPost = ({ type }: Task) => type === 'line' || type === 'notice'

/** @throws Fenced when the lease is somebody else's, or was given back */
export function guard(
  { store, me }: Deps,
  before: LockedChat | null,
  hand: Pick<Hand, 'fence'>,
): asserts before is LockedChat {
  if (before?.lease.owner !== me || before.lease.fence !== hand.fence) throw new store.outbox.Fenced()
}

export interface Owed {
  readonly rows: ReadonlyMap<Lane, OutboxRow | null>
  readonly lease: LeaseChange | undefined
  readonly fence: number
}

/** Writes down what a chat comes to owe, and what becomes of its lease. @param ended the lane whose head has just ended */
export async function owe(
  { store, me }: Deps,
  trx: Knex.Transaction,
  { id, lease }: LockedChat,
  tasks: readonly Task[],
  at: number,
  ended: Lane | undefined,
): Promise<Owed> {
  const rows = new Map<Lane, OutboxRow | null>()
  const fence = store.leases.fenceFor(lease, me)
  if (tasks.length === 0 && ended === undefined) return { rows, lease: undefined, fence }
  if (!store.leases.mayTake(lease, me)) {
    for (const task of tasks) {
      await store.outbox.add(trx, id, task, at)
      rows.set(laneOf(task), null)
    }
    return { rows, lease: undefined, fence }
  }
  // A lease of nobody says that all lanes are empty.
  const heads = lease.owner === null ? new Map<Lane, OutboxRow>() : await store.outbox.heads(trx, id)
  const next = ended && heads.get(ended)
  if (next) {
    const isDue = next.state === 'pending' && next.dueAt <= at
    rows.set(next.lane, isDue ? await taken({ store }, trx, next) : null)
  }
  for (const task of tasks) {
    const lane = laneOf(task)
    const isFirst = !heads.has(lane) && !rows.has(lane)
    const row = await store.outbox.add(trx, id, task, at, isFirst && isPost(task))
    if (isFirst) rows.set(lane, row)
    else if (!rows.has(lane)) rows.set(lane, null)
  }
  return { rows, lease: heads.size + rows.size > 0 ? { owner: me, fence } : null, fence }
}

const taken = ({ store }: Pick<Deps, 'store'>, trx: Knex.Transaction, row: OutboxRow) =>
  isPost(row.task) ? store.outbox.begin(trx, row) : Promise.resolve(row)

/** What `owe` wrote, for the lanes. */
export function inHand(chat: StoredChat, { rows, fence }: Owed, since: number): Owing {
  return new Map(
    [...rows].map(([lane, row]) => [lane, row && { chat, row, fence, hasIntent: isPost(row.task), since }]),
  )
}

/** Takes the head of a lane in hand, or says when that may be tried. */
export async function pickUp(deps: Deps, chatId: string, lane: Lane): Promise<Hand | 'empty' | number> {
  const { store, clock, me, underWay } = deps
  const isComing = underWay.has(chatId)
  // Mostly there is nothing: a look is cheaper than a transaction.
  const seen = await store.outbox.head(store.db, chatId, lane)
  if (!seen) return 'empty'
  if (seen.dueAt > clock.now()) return seen.dueAt
  return store.tx(async (trx) => {
    const since = performance.now()
    const chat = await store.chats.lock(trx, chatId)
    if (!chat) return 'empty'
    if (!store.leases.mayTake(chat.lease, me)) return clock.now() + TAKEN_MS
    const head = await store.outbox.head(trx, chatId, lane)
    if (!head) return 'empty'
    if (head.dueAt > clock.now()) return head.dueAt
    // Taken in hand by a transaction of our own, which has yet to tell us; else by one that broke off.
    const isNew = isComing || head.id !== seen.id || seen.state !== 'sending'
    if (head.state === 'sending' && isNew && chat.lease.owner === me && !chat.lease.isOver)
      return clock.now() + COMING_MS
    const fence = store.leases.fenceFor(chat.lease, me)
    const hasIntent = head.state === 'pending' && isPost(head.task)
    const row = hasIntent ? await taken(deps, trx, head) : head
    await store.leases.set(trx, chatId, { owner: me, fence })
    return { chat, row, fence, hasIntent, since }
  })
}

/** What was given to us, if it is still ours after it waited for its turn; else what there is now. */
export async function takeUp(
  deps: Deps,
  chatId: string,
  lane: Lane,
  given: Hand | undefined,
): Promise<Hand | 'empty' | number> {
  if (!given) return pickUp(deps, chatId, lane)
  if (performance.now() - given.since < FRESH_MS) return given
  return (await stillThere(deps, given)) ?? pickUp(deps, chatId, lane)
}

/** Nobody has had the lease meanwhile, and we have not found the row ourselves before we were told of it. */
async function stillThere({ store, me }: Deps, given: Hand): Promise<Hand | null> {
  const { chat, row, fence } = given
  return store.tx(async (trx) => {
    const since = performance.now()
    const before = await store.chats.lock(trx, chat.id)
    if (before?.lease.owner !== me || before.lease.fence !== fence) return null
    const head = await store.outbox.head(trx, chat.id, row.lane)
    if (head?.id !== row.id || head.state !== row.state || head.attempts !== row.attempts) return null
    await store.leases.set(trx, chat.id, { owner: me, fence })
    return { ...given, chat: before, since }
  })
}

/** The intent of another attempt. @throws Fenced */
export async function intend(deps: Deps, hand: Hand): Promise<Hand> {
  const { store, me } = deps
  return store.tx(async (trx) => {
    const since = performance.now()
    guard(deps, await store.chats.lock(trx, hand.chat.id), hand)
    const row = await store.outbox.begin(trx, hand.row)
    await store.leases.set(trx, hand.chat.id, { owner: me, fence: hand.fence })
    return { ...hand, row, hasIntent: true, since }
  })
}

/** Puts the row back, changed. @throws Fenced */
export async function putBack(
  deps: Deps,
  hand: Hand,
  change: Parameters<Deps['store']['outbox']['update']>[2],
): Promise<void> {
  const { store } = deps
  await store.tx(async (trx) => {
    guard(deps, await store.chats.lock(trx, hand.chat.id), hand)
    await store.outbox.update(trx, hand.row, change)
  })
}

/** Keeps the lease up while work takes its time. A process that hangs keeps nothing up. */
export async function keeping<T>({ store, me }: Deps, hand: Hand, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    store.leases.renew(store.db, hand.chat.id, me, hand.fence).catch(() => undefined)
  }, RENEW_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
