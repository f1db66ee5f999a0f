/**
 * The one way out: takes the head of a chat's lane and does what it says. The intent is committed before the network is
 * touched, so that a crash leaves a question ("does it stand?"), never a silent loss.
 */
import type { Knex } from 'knex'
import type { DeskTask, Task } from '../core/chat.ts'
import type { ChatInput } from '../core/chat-state.ts'
import { DeliveryError } from '../core/errors.ts'
import { backOff, SETTLE_MS, whenAsked } from '../core/outbox.ts'
import { visitorLabel } from '../core/text.ts'
import type { PostResult, RoomLine, RoomRef } from '../ports.ts'
import type { OutboxRow } from '../store/outbox.ts'
import type { Deps } from './deps.ts'
import { handle } from './handle.ts'
import { markerOf } from './own-posts.ts'
import { regainRoom } from './regain.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

/** `again`: there may be more. A number: nothing can be done before that instant (epoch ms). */
export type LaneState = 'empty' | 'again' | number

export async function deliverHead(deps: Deps, chatId: string): Promise<LaneState> {
  const { store, clock } = deps
  try {
    return await deliver(deps, chatId)
  } catch (error) {
    // Somebody took us for dead, and sees to it now.
    if (error instanceof store.outbox.Fenced) return clock.now() + TAKEN_MS
    throw error
  }
}

/** How soon a row that somebody else works on is looked at again. */
export const TAKEN_MS = 1_000

async function deliver(deps: Deps, chatId: string): Promise<LaneState> {
  const { store, clock } = deps
  const row = await store.outbox.head(store.db, chatId, 'desk', deps.me)
  if (!row) return 'empty'
  if (row.isTaken) return clock.now() + TAKEN_MS
  if (row.dueAt > clock.now()) return row.dueAt
  const chat = await store.chats.find(store.db, chatId)
  if (!chat) return 'empty'

  const task = row.task as DeskTask
  switch (task.type) {
    case 'discard_room':
      return discard(deps, chat, await claim(deps, row))
    case 'close_room':
      return close(deps, chat, await claim(deps, row))
    default: {
      const room = roomOf(chat)
      if (!room) throw new Error(`a line is owed to a room that never stood: ${chat.ref}`)
      return postNextPart(deps, chat, room, row, roomLine(chat, task))
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

async function postNextPart(
  deps: Deps,
  chat: StoredChat,
  room: RoomRef,
  row: OutboxRow,
  line: RoomLine,
): Promise<LaneState> {
  const { desk, clock } = deps
  const parts = desk.parts(line)
  const part = parts[row.progress]
  if (!part) throw new Error(`outbox row ${row.id} has progressed beyond its parts`)

  let mine = row
  if (row.state !== 'pending') {
    mine = await claim(deps, row)
    const found = await desk.find(room, part)
    if (found.outcome === 'unknown') {
      return postpone(deps, { ...mine, attempts: row.attempts + 1 }, 'unknown', found.why, found.retryAfter)
    }
    if (found.outcome === 'yes') return stands(deps, chat, mine, part, parts.length, found.id)
    if (found.permanent) return missed(deps, chat, mine, found)
  }
  if (clock.now() - row.addedAt > KEPT_MS) {
    mine = await claim(deps, mine)
    return missed(deps, chat, mine, {
      outcome: 'no',
      why: 'it could not be delivered in three days',
      permanent: true,
    })
  }
  mine = await claim(deps, mine, { state: 'sending', attempts: row.attempts + 1 })
  const result = await desk.post(room, part)
  if (result.outcome === 'yes') return stands(deps, chat, mine, part, parts.length, result.id)
  return missed(deps, chat, mine, result)
}

/** What cannot be delivered for so long is given up, and the lane goes on. */
const KEPT_MS = 72 * 3_600_000

/** @throws Fenced when somebody else has it */
async function claim(
  { store, me }: Deps,
  row: OutboxRow,
  change: Readonly<{ state?: OutboxRow['state']; attempts?: number }> = {},
): Promise<OutboxRow> {
  const mine = await store.outbox.claim(store.db, row, me, change)
  if (!mine) throw new store.outbox.Fenced()
  return mine
}

async function stands(
  deps: Deps,
  chat: StoredChat,
  row: OutboxRow,
  part: RoomLine,
  parts: number,
  id: string,
): Promise<LaneState> {
  const { store } = deps
  const known = (trx: Knex.Transaction) => store.posts.add(trx, chat.id, markerOf(part), id)
  if (row.progress + 1 < parts) {
    await store.tx(async (trx) => {
      await store.outbox.update(trx, row, { state: 'pending', progress: row.progress + 1, attempts: 0 })
      await known(trx)
    })
    return 'again'
  }
  const inputs = isVisitorLine(row.task) ? [{ type: 'delivered', seq: row.task.seq } as const] : []
  await finish(deps, chat, inputs, async (trx) => {
    await store.outbox.done(trx, row)
    await known(trx)
  })
  return 'again'
}

/** Visitors are told what became of their own lines, not of the bot's. */
const isVisitorLine = (task: Task): task is Extract<DeskTask, { type: 'line' }> =>
  task.type === 'line' && task.from !== 'bot'

/** Ends a row and tells the chat, in one transaction; harmless when that has happened already. */
async function finish(
  deps: Deps,
  chat: StoredChat,
  inputs: readonly ChatInput[],
  end: (trx: Knex.Transaction) => Promise<void>,
): Promise<void> {
  const { store } = deps
  try {
    if (inputs.length > 0) await handle(deps, chat.id, inputs, end)
    else await store.tx(end)
  } catch (error) {
    if (!(error instanceof store.outbox.Fenced)) throw error
  }
}

async function missed(
  deps: Deps,
  chat: StoredChat,
  row: OutboxRow,
  result: Exclude<PostResult, { outcome: 'yes' }>,
): Promise<LaneState> {
  const { store, clock, log } = deps
  if (result.outcome === 'unknown') {
    // A first look soon, as it is mostly there; when that goes on, Webex is in trouble and wants fewer of us.
    const soon = row.attempts === 1 ? SETTLE_MS : SETTLE_MS + backOff(row.attempts, Math.random())
    const dueAt = clock.now() + Math.max(soon, (result.retryAfter ?? 0) * 1000)
    await store.outbox.update(store.db, row, { state: 'unknown', dueAt, lastError: result.why })
    return dueAt
  }
  if (!result.permanent) return postpone(deps, row, 'pending', result.why, result.retryAfter)
  // Refused for the first time: it may be the room that is not what it was.
  if (row.attempts <= 1 && (await isRegained(deps, chat))) {
    await store.outbox.update(store.db, row, { state: 'pending', attempts: 2, lastError: result.why })
    return 'again'
  }

  log.error({ chat: chat.ref, why: result.why }, 'a line was refused for good')
  const inputs = isVisitorLine(row.task) ? [{ type: 'undeliverable', seq: row.task.seq } as const] : []
  await finish(deps, chat, inputs, (trx) => store.outbox.fail(trx, row, result.why))
  return 'again'
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

async function discard(deps: Deps, chat: StoredChat, row: OutboxRow): Promise<LaneState> {
  const { store, desk } = deps
  try {
    await desk.discardRoom(chat.room ?? { ref: chat.ref })
  } catch (error) {
    return tryAgain(deps, row, error)
  }
  await store.tx((trx) => store.chats.remove(trx, chat.id))
  return 'empty'
}

async function close(deps: Deps, chat: StoredChat, row: OutboxRow): Promise<LaneState> {
  const { store, desk, log } = deps
  const room = roomOf(chat)
  try {
    if (room) await desk.closeRoom(room)
  } catch (error) {
    const permanent = error instanceof DeliveryError && error.outcome.permanent === true
    if (!permanent) return tryAgain(deps, row, error)
    log.warn({ chat: chat.ref, err: error }, 'the room could not be closed; it is left as it is')
  }
  await finish(deps, chat, [], (trx) => store.outbox.done(trx, row))
  return 'again'
}

/** Only a provider's trouble is worth another try; anything else is a bug and must be seen. */
function tryAgain(deps: Deps, row: OutboxRow, error: unknown): Promise<number> {
  if (!(error instanceof DeliveryError)) throw error
  const attempted = { ...row, attempts: row.attempts + 1 }
  return postpone(deps, attempted, 'pending', error.message, error.outcome.retryAfter)
}

async function postpone(
  { store, clock, log }: Deps,
  row: OutboxRow,
  state: OutboxRow['state'],
  why: string,
  retryAfter?: number,
): Promise<number> {
  const wait =
    retryAfter === undefined
      ? backOff(Math.max(1, row.attempts), Math.random())
      : whenAsked(retryAfter, Math.random())
  const dueAt = clock.now() + wait
  log.warn(
    { outbox: row.id, task: row.task.type, attempts: row.attempts, why, waitMs: Math.round(wait) },
    'put off',
  )
  await store.outbox.update(store.db, row, { state, attempts: row.attempts, dueAt, lastError: why })
  return dueAt
}
