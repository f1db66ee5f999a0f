/**
 * What must be done, written in the transaction that decided it. A lane (one chat × one destination) is worked off from its
 * head, one row at a time; a row is deleted when it is done, so the table holds only what is still owed.
 */
import type { Knex } from 'knex'
import { type Lane, laneOf, type Task } from '../core/chat.ts'
import { type Db, dbNow } from './database.ts'
import { markOwing } from './leases.ts'

export type { Lane }

export interface OutboxRow {
  readonly id: number
  readonly lane: Lane
  /**
   * `sending`: the attempt's intent is committed, its outcome is not; after a crash that reads as `unknown`.
   * `failed`: refused for good, kept for the operator; the lane goes on.
   */
  readonly state: 'pending' | 'sending' | 'unknown' | 'failed'
  readonly task: Task
  readonly progress: number
  readonly attempts: number
  readonly dueAt: number
  /** Epoch ms. */
  readonly addedAt: number
}

interface Row {
  id: number
  chat_id: string
  lane: Lane
  state: OutboxRow['state']
  task: string
  progress: number
  attempts: number
  due_at: number
  last_error: string | null
  added_at: number
}

const toRow = (row: Row): OutboxRow => ({
  id: Number(row.id),
  lane: row.lane,
  state: row.state,
  task: JSON.parse(row.task) as Task,
  progress: row.progress,
  attempts: row.attempts,
  dueAt: Number(row.due_at),
  addedAt: Number(row.added_at),
})

/** Under the chat's lock, so that ids are in order of decision. @param intent its first attempt is about to be made */
export async function add(
  trx: Knex.Transaction,
  chatId: string,
  task: Task,
  at: number,
  intent = false,
): Promise<OutboxRow> {
  const row = {
    chat_id: chatId,
    lane: laneOf(task),
    state: intent ? ('sending' as const) : ('pending' as const),
    task: JSON.stringify(task),
    progress: 0,
    attempts: intent ? 1 : 0,
    due_at: at,
    added_at: at,
    last_error: null,
  }
  const [id] = await trx<Row>('outbox').insert(row)
  return toRow({ ...row, id: Number(id) })
}

/** The row a lane must work on next, due or not. */
export async function head(db: Db, chatId: string, lane: Lane): Promise<OutboxRow | null> {
  const row = await db<Row>('outbox')
    .where({ chat_id: chatId, lane })
    .whereNot({ state: 'failed' })
    .orderBy('id')
    .first()
  return row ? toRow(row) : null
}

/** The same of every lane of a chat that owes something. */
export async function heads(trx: Knex.Transaction, chatId: string): Promise<ReadonlyMap<Lane, OutboxRow>> {
  const rows = await trx<Row>('outbox').whereIn(
    'id',
    trx('outbox').where({ chat_id: chatId }).whereNot({ state: 'failed' }).groupBy('lane').min('id'),
  )
  return new Map(rows.map((row) => [row.lane, toRow(row)]))
}

/** The intent of an attempt: committed before the network is touched. */
export async function begin(trx: Knex.Transaction, row: OutboxRow): Promise<OutboxRow> {
  const change = { state: 'sending' as const, attempts: row.attempts + 1 }
  await update(trx, row, change)
  return { ...row, ...change }
}

/**
 * Lanes whose head is due and that `me` may work on, the longest waiting first. An attempt under our own lease is in our hands
 * already, or broke off a moment ago.
 */
export async function dueLanes(
  db: Db,
  me: string,
  now: number,
  limit: number,
): Promise<{ chatId: string; lane: Lane }[]> {
  const rows: { chat_id: string; lane: Lane }[] = await db('outbox as head')
    .join('chats', 'chats.id', 'head.chat_id')
    .whereIn('head.state', ['pending', 'unknown', 'sending'])
    .where('head.due_at', '<=', now)
    .where((free) =>
      free
        .where('chats.leased_until', '<=', dbNow(db))
        .orWhere((ours) => ours.where('chats.lease_owner', me).whereNot('head.state', 'sending')),
    )
    .whereNotExists(
      db('outbox as earlier')
        .whereRaw('earlier.chat_id = head.chat_id and earlier.lane = head.lane and earlier.id < head.id')
        .whereNot('earlier.state', 'failed'),
    )
    .orderBy('head.id')
    .limit(limit)
    .select('head.chat_id', 'head.lane')
  return rows.map((row) => ({ chatId: row.chat_id, lane: row.lane }))
}

/** Is an attempt of this chat's desk lane under way, or its outcome unknown? */
export async function isUnderWay(db: Db, chatId: string): Promise<boolean> {
  const row = await db<Row>('outbox')
    .where({ chat_id: chatId, lane: 'desk' })
    .whereIn('state', ['sending', 'unknown'])
    .first('id')
  return row !== undefined
}

/** Under the chat's lease, as everything below it is. @throws Fenced when the row is gone */
export async function update(
  trx: Knex.Transaction,
  row: Pick<OutboxRow, 'id'>,
  change: Readonly<{
    state?: OutboxRow['state']
    progress?: number
    attempts?: number
    dueAt?: number
    lastError?: string
  }>,
): Promise<void> {
  const { dueAt, lastError, ...same } = change
  const updated = await trx<Row>('outbox')
    .where({ id: row.id })
    .update({
      ...same,
      ...(dueAt !== undefined && { due_at: dueAt }),
      ...(lastError !== undefined && { last_error: lastError.slice(0, 2000) }),
    })
  if (updated === 0) throw new Fenced()
}

/** @throws Fenced when the row is gone: this transaction has run before, its COMMIT's reply was lost */
export async function done(trx: Knex.Transaction, row: Pick<OutboxRow, 'id'>): Promise<void> {
  if ((await trx<Row>('outbox').where({ id: row.id }).delete()) === 0) throw new Fenced()
}

/** Keeps a row that was refused for good. @throws Fenced */
export async function fail(trx: Knex.Transaction, row: Pick<OutboxRow, 'id'>, why: string): Promise<void> {
  const failing = trx<Row>('outbox').where({ id: row.id }).whereNot({ state: 'failed' })
  if ((await failing.update({ state: 'failed', last_error: why.slice(0, 2000) })) === 0) throw new Fenced()
}

/** What was to be written is no longer ours to write: it has happened already, or somebody else has the chat's lease. */
export class Fenced extends Error {
  override readonly name = 'Fenced'
}

/** A delivery that failed for good. Nothing of its text. */
export interface DeadLetter {
  readonly id: number
  readonly chat: string
  readonly lane: Lane
  readonly task: Task['type']
  /** The visitor's or the bot's line. */
  readonly seq: number | null
  readonly attempts: number
  readonly addedAt: string
  readonly why: string
}

/** The oldest first. */
export async function listFailed(db: Db, limit: number): Promise<DeadLetter[]> {
  const rows: (Row & { ref: string })[] = await db('outbox')
    .join('chats', 'chats.id', 'outbox.chat_id')
    .where('outbox.state', 'failed')
    .orderBy('outbox.id')
    .limit(limit)
    .select('outbox.*', 'chats.ref')
  return rows.map((row) => {
    const task = JSON.parse(row.task) as Task
    return {
      id: Number(row.id),
      chat: row.ref,
      lane: row.lane,
      task: task.type,
      seq: 'seq' in task ? task.seq : null,
      attempts: row.attempts,
      addedAt: new Date(Number(row.added_at)).toISOString(),
      why: row.last_error ?? '',
    }
  })
}

/** A failed row is owed again, as if from now on; null when there is none of that id. */
export async function revive(
  trx: Knex.Transaction,
  id: number,
  now: number,
): Promise<{ chatId: string; lane: Lane } | null> {
  const row = await trx<Row>('outbox').where({ id }).first('chat_id', 'lane')
  if (!row) return null
  // The chat before its rows, as everybody does.
  await markOwing(trx, row.chat_id)
  // Looked for before it is posted: it may stand by now.
  const revived = { state: 'unknown' as const, attempts: 0, due_at: now, added_at: now }
  if ((await trx<Row>('outbox').where({ id, state: 'failed' }).update(revived)) === 0) return null
  return { chatId: row.chat_id, lane: row.lane }
}

/** Lets a failed row be; false when there is none of that id. */
export async function drop(db: Db, id: number): Promise<boolean> {
  return (await db<Row>('outbox').where({ id, state: 'failed' }).delete()) > 0
}

/** How much is owed in all. */
export async function countOwed(db: Db): Promise<number> {
  const rows: { n?: number | string }[] = await db('outbox').whereNot('state', 'failed').count({ n: '*' })
  return Number(rows[0]?.n ?? 0)
}

/** Rows by state: for the operator. */
export async function countByState(db: Db): Promise<Record<string, number>> {
  const rows: { state: string; n: number }[] = await db('outbox')
    .select('state')
    .count({ n: '*' })
    .groupBy('state')
  return Object.fromEntries(rows.map((row) => [row.state, Number(row.n)]))
}
