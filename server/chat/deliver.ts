/**
 * The one way out: takes the head of a chat's lane and does what it says. The intent is committed before the network is
 * touched, so that a crash leaves a question ("does it stand?"), never a silent loss.
 */
import type { Knex } from 'knex'
import type { DeskTask, Task } from '../core/chat.ts'
import { DeliveryError } from '../core/errors.ts'
import { backOff, SETTLE_MS, whenAsked } from '../core/outbox.ts'
import { visitorLabel } from '../core/text.ts'
import type { PostResult, RoomLine, RoomRef } from '../ports.ts'
import type { Deps } from './deps.ts'
import { guard, type Hand, intend, keeping, type LaneState, putBack, TAKEN_MS, takeUp } from './hand.ts'
import { finish, settle } from './handle.ts'
import { markerOf } from './own-posts.ts'
import { regainRoom } from './regain.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

export async function deliverHead(deps: Deps, chatId: string, given?: Hand): Promise<LaneState> {
  const { store, clock } = deps
  try {
    const hand = await takeUp(deps, chatId, 'desk', given)
    return typeof hand === 'object' ? await keeping(deps, hand, () => deliver(deps, hand)) : hand
  } catch (error) {
    // Somebody took us for dead, and sees to it now.
    if (error instanceof store.outbox.Fenced) return clock.now() + TAKEN_MS
    throw error
  }
}

function deliver(deps: Deps, hand: Hand): Promise<LaneState> {
  const { chat } = hand
  const task = hand.row.task as DeskTask
  switch (task.type) {
    case 'discard_room':
      return discard(deps, hand)
    case 'close_room':
      return close(deps, hand)
    default: {
      const room = roomOf(chat)
      if (!room) throw new Error(`a line is owed to a room that never stood: ${chat.ref}`)
      return postNextPart(deps, hand, room, roomLine(chat, task))
    }
  }
}

function roomLine(chat: StoredChat, task: Extract<DeskTask, { type: 'line' | 'notice' }>): RoomLine {
  if (task.type === 'notice')
    return { kind: 'notice', text: task.text, replyTo: task.replyTo, mention: task.mention }
  const { text, seq } = task
  if (task.from === 'bot') return { kind: 'bot', marker: String(seq), text }
  return { kind: 'visitor', label: visitorLabel(chat.name), marker: String(seq), text }
}

async function postNextPart(deps: Deps, given: Hand, room: RoomRef, line: RoomLine): Promise<LaneState> {
  const { desk, clock } = deps
  const { row } = given
  const parts = desk.parts(line)
  const part = parts[row.progress]
  if (!part) throw new Error(`outbox row ${row.id} has progressed beyond its parts`)

  let hand = given
  if (!hand.hasIntent) {
    const found = await desk.find(room, part)
    if (found.outcome === 'unknown') {
      const attempted = { ...hand, row: { ...row, attempts: row.attempts + 1 } }
      return postpone(deps, attempted, 'unknown', found.why, found.retryAfter)
    }
    if (found.outcome === 'yes') return stands(deps, hand, part, parts.length, found.id)
    if (found.permanent) return missed(deps, hand, found)
    // Whoever meant to post it may have done so a moment before: it is looked for once more.
    if (row.state === 'sending') {
      const dueAt = clock.now() + SETTLE_MS
      await putBack(deps, hand, { state: 'unknown', dueAt })
      return dueAt
    }
  }
  if (clock.now() - row.addedAt > KEPT_MS) {
    return missed(deps, hand, {
      outcome: 'no',
      why: 'it could not be delivered in three days',
      permanent: true,
    })
  }
  if (!hand.hasIntent) hand = await intend(deps, hand)
  const result = await desk.post(room, part)
  if (result.outcome === 'yes') return stands(deps, hand, part, parts.length, result.id)
  return missed(deps, hand, result)
}

/** What cannot be delivered for so long is given up, and the lane goes on. */
const KEPT_MS = 72 * 3_600_000

async function stands(deps: Deps, hand: Hand, part: RoomLine, parts: number, id: string): Promise<LaneState> {
  const { store } = deps
  const { chat, row } = hand
  const known = (trx: Knex.Transaction) => store.posts.add(trx, chat.id, markerOf(part), id)
  if (row.progress + 1 < parts) return nextPart(deps, hand, known)
  const inputs = isVisitorLine(row.task) ? [{ type: 'delivered', seq: row.task.seq } as const] : []
  return finish(deps, hand, inputs, { also: known })
}

/** The intent of the next part goes with the receipt of this one. */
function nextPart(deps: Deps, hand: Hand, known: (trx: Knex.Transaction) => Promise<void>): Promise<Hand> {
  const { store, me } = deps
  const change = { state: 'sending', progress: hand.row.progress + 1, attempts: 1 } as const
  return store.tx(async (trx) => {
    const since = performance.now()
    guard(deps, await store.chats.lock(trx, hand.chat.id), hand)
    await store.outbox.update(trx, hand.row, change)
    await known(trx)
    await store.leases.set(trx, hand.chat.id, { owner: me, fence: hand.fence })
    return { ...hand, row: { ...hand.row, ...change }, hasIntent: true, since }
  })
}

/** Visitors are told what became of their own lines, not of the bot's. */
const isVisitorLine = (task: Task): task is Extract<DeskTask, { type: 'line' }> =>
  task.type === 'line' && task.from !== 'bot'

async function missed(
  deps: Deps,
  hand: Hand,
  result: Exclude<PostResult, { outcome: 'yes' }>,
): Promise<LaneState> {
  const { store, clock, log } = deps
  const { chat, row } = hand
  if (result.outcome === 'unknown') {
    // A first look soon, as it is mostly there; when that goes on, Webex is in trouble and wants fewer of us.
    const soon = row.attempts === 1 ? SETTLE_MS : SETTLE_MS + backOff(row.attempts, Math.random())
    const dueAt = clock.now() + Math.max(soon, (result.retryAfter ?? 0) * 1000)
    await putBack(deps, hand, { state: 'unknown', dueAt, lastError: result.why })
    return dueAt
  }
  if (!result.permanent) return postpone(deps, hand, 'pending', result.why, result.retryAfter)
  // Refused for the first time: it may be the room that is not what it was.
  if (row.attempts <= 1 && (await isRegained(deps, chat))) {
    await putBack(deps, hand, { state: 'pending', attempts: 2, lastError: result.why })
    return 'again'
  }

  log.error({ chat: chat.ref, why: result.why }, 'a line was refused for good')
  const inputs = isVisitorLine(row.task) ? [{ type: 'undeliverable', seq: row.task.seq } as const] : []
  return settle(deps, hand, inputs, { also: (trx) => store.outbox.fail(trx, row, result.why) })
}

async function isRegained(deps: Deps, chat: StoredChat): Promise<boolean> {
  try {
    return await regainRoom(deps, chat)
  } catch (error) {
    // Nobody can say now: then the line is tried once more.
    if (error instanceof DeliveryError) return true
    throw error
  }
}

async function discard(deps: Deps, hand: Hand): Promise<LaneState> {
  const { store, desk } = deps
  const { chat } = hand
  try {
    await desk.discardRoom(chat.room ?? { ref: chat.ref })
  } catch (error) {
    return tryAgain(deps, hand, error)
  }
  await store.tx(async (trx) => {
    guard(deps, await store.chats.lock(trx, chat.id), hand)
    await store.chats.remove(trx, chat.id)
  })
  return 'empty'
}

async function close(deps: Deps, hand: Hand): Promise<LaneState> {
  const { desk, log } = deps
  const { chat } = hand
  const room = roomOf(chat)
  try {
    if (room) await desk.closeRoom(room)
  } catch (error) {
    const permanent = error instanceof DeliveryError && error.outcome.permanent === true
    if (!permanent) return tryAgain(deps, hand, error)
    log.warn({ chat: chat.ref, err: error }, 'the room could not be closed; it is left as it is')
  }
  return finish(deps, hand, [])
}

/** Only a provider's trouble is worth another try; anything else is a bug and must be seen. */
function tryAgain(deps: Deps, hand: Hand, error: unknown): Promise<number> {
  if (!(error instanceof DeliveryError)) throw error
  const attempted = { ...hand, row: { ...hand.row, attempts: hand.row.attempts + 1 } }
  return postpone(deps, attempted, 'pending', error.message, error.outcome.retryAfter)
}

async function postpone(
  deps: Deps,
  hand: Hand,
  state: 'pending' | 'unknown',
  why: string,
  retryAfter?: number,
): Promise<number> {
  const { clock, log } = deps
  const { id, task, attempts } = hand.row
  const wait =
    retryAfter === undefined
      ? backOff(Math.max(1, attempts), Math.random())
      : whenAsked(retryAfter, Math.random())
  const dueAt = clock.now() + wait
  log.warn({ outbox: id, task: task.type, attempts, why, waitMs: Math.round(wait) }, 'put off')
  await putBack(deps, hand, { state, attempts, dueAt, lastError: why })
  return dueAt
}
