/**
 * The one way out: takes the head of a chat's lane and does what it says. The intent is committed before the network is
 * touched, so that a crash leaves a question ("does it stand?"), never a silent loss.
 */
import type { Knex } from 'knex'
import type { ChatInput, Task } from '../core/chat-state.ts'
import { DeliveryError } from '../core/errors.ts'
import { backOff, SETTLE_MS } from '../core/outbox.ts'
import { visitorLabel } from '../core/text.ts'
import type { PostResult, RoomLine, RoomRef } from '../ports.ts'
import type { OutboxRow } from '../store/outbox.ts'
import type { Deps } from './deps.ts'
import { handle } from './handle.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

/** `again`: there may be more. A number: nothing can be done before that instant (epoch ms). */
export type LaneState = 'empty' | 'again' | number

export async function deliverHead(deps: Deps, chatId: string): Promise<LaneState> {
  const { store, clock } = deps
  const row = await store.outbox.head(store.db, chatId, 'desk')
  if (!row) return 'empty'
  if (row.dueAt > clock.now()) return row.dueAt
  const chat = await store.chats.find(store.db, chatId)
  if (!chat) return 'empty'

  switch (row.task.type) {
    case 'discard_room':
      return discard(deps, chat, row)
    case 'close_room':
      return close(deps, chat, row)
    default: {
      const line = roomLine(chat, row.task)
      const room = roomOf(chat)
      if (!room) throw new Error(`a line is owed to a room that never stood: ${chat.ref}`)
      return postNextPart(deps, chat, room, row, line)
    }
  }
}

function roomLine(chat: StoredChat, task: Extract<Task, { type: 'line' | 'notice' }>): RoomLine {
  return task.type === 'line'
    ? { kind: 'visitor', label: visitorLabel(chat.name), marker: String(task.seq), text: task.text }
    : { kind: 'notice', text: task.text }
}

async function postNextPart(
  deps: Deps,
  chat: StoredChat,
  room: RoomRef,
  row: OutboxRow,
  line: RoomLine,
): Promise<LaneState> {
  const { store, desk } = deps
  const parts = desk.parts(line)
  const part = parts[row.progress]
  if (!part) throw new Error(`outbox row ${row.id} has progressed beyond its parts`)

  if (row.state !== 'pending') {
    const found = await desk.find(room, part)
    if (found.outcome === 'unknown') {
      return postpone(deps, { ...row, attempts: row.attempts + 1 }, 'unknown', found.why, found.retryAfter)
    }
    if (found.outcome === 'yes') return stands(deps, chat, row, parts.length)
    if (found.permanent) return missed(deps, chat, row, found)
  }
  await store.outbox.update(store.db, row.id, { state: 'sending', attempts: row.attempts + 1 })
  const result = await desk.post(room, part)
  if (result.outcome === 'yes') return stands(deps, chat, row, parts.length)
  return missed(deps, chat, { ...row, attempts: row.attempts + 1 }, result)
}

async function stands(deps: Deps, chat: StoredChat, row: OutboxRow, parts: number): Promise<LaneState> {
  const { store } = deps
  if (row.progress + 1 < parts) {
    await store.outbox.update(store.db, row.id, { state: 'pending', progress: row.progress + 1, attempts: 0 })
    return 'again'
  }
  const inputs = row.task.type === 'line' ? [{ type: 'delivered', seq: row.task.seq } as const] : []
  await finish(deps, chat, inputs, (trx) => store.outbox.done(trx, row.id))
  return 'again'
}

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
    if (!(error instanceof store.outbox.AlreadyDone)) throw error
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
    await store.outbox.update(store.db, row.id, { state: 'unknown', dueAt, lastError: result.why })
    return dueAt
  }
  if (!result.permanent) return postpone(deps, row, 'pending', result.why, result.retryAfter)

  log.error({ chat: chat.ref, why: result.why }, 'a line was refused for good')
  const inputs = row.task.type === 'line' ? [{ type: 'undeliverable', seq: row.task.seq } as const] : []
  await finish(deps, chat, inputs, (trx) => store.outbox.fail(trx, row.id, result.why))
  return 'again'
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
  await finish(deps, chat, [], (trx) => store.outbox.done(trx, row.id))
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
    retryAfter === undefined ? backOff(Math.max(1, row.attempts), Math.random()) : retryAfter * 1000
  const dueAt = clock.now() + wait
  log.warn(
    { outbox: row.id, task: row.task.type, attempts: row.attempts, why, waitMs: Math.round(wait) },
    'put off',
  )
  await store.outbox.update(store.db, row.id, { state, attempts: row.attempts, dueAt, lastError: why })
  return dueAt
}
