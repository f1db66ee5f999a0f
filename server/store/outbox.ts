/**
 * What must be done, written in the transaction that decided it. A lane (one chat × one destination) is worked off from its
 * head, one row at a time; a row is deleted when it is done, so the table holds only what is still owed.
 */
import type { Knex } from 'knex'
import type { Task } from '../core/chat-state.ts'
import type { Db } from './database.ts'

export type Lane = 'desk'

export interface OutboxRow {
  readonly id: number
  readonly chatId: string
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
}

const toRow = (row: Row): OutboxRow => ({
  id: Number(row.id),
  chatId: row.chat_id,
  lane: row.lane,
  state: row.state,
  task: JSON.parse(row.task) as Task,
  progress: row.progress,
  attempts: row.attempts,
  dueAt: row.due_at,
})

export async function add(
  trx: Knex.Transaction,
  chatId: string,
  tasks: readonly Task[],
  at: number,
): Promise<void> {
  const rows = tasks.map((task) => ({
    chat_id: chatId,
    lane: 'desk' as const,
    state: 'pending' as const,
    task: JSON.stringify(task),
    progress: 0,
    attempts: 0,
    due_at: at,
    last_error: null,
  }))
  if (rows.length > 0) await trx<Row>('outbox').insert(rows)
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

/** Lanes whose head is due, the longest waiting first. */
export async function dueLanes(
  db: Db,
  now: number,
  limit: number,
): Promise<{ chatId: string; lane: Lane }[]> {
  const rows: { chat_id: string; lane: Lane }[] = await db('outbox as head')
    .whereIn('head.state', ['pending', 'unknown', 'sending'])
    .where('head.due_at', '<=', now)
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

export async function update(
  db: Db,
  id: number,
  change: Readonly<{
    state?: OutboxRow['state']
    progress?: number
    attempts?: number
    dueAt?: number
    lastError?: string
  }>,
): Promise<void> {
  const { dueAt, lastError, ...same } = change
  await db<Row>('outbox')
    .where({ id })
    .update({
      ...same,
      ...(dueAt !== undefined && { due_at: dueAt }),
      ...(lastError !== undefined && { last_error: lastError.slice(0, 2000) }),
    })
}

/** @throws AlreadyDone when the row is gone: this transaction has run before, its COMMIT's reply was lost. */
export async function done(trx: Knex.Transaction, id: number): Promise<void> {
  if ((await trx<Row>('outbox').where({ id }).delete()) === 0) throw new AlreadyDone()
}

/** Keeps a row that was refused for good. @throws AlreadyDone */
export async function fail(trx: Knex.Transaction, id: number, why: string): Promise<void> {
  const failed = { state: 'failed' as const, last_error: why.slice(0, 2000) }
  if ((await trx<Row>('outbox').where({ id }).whereNot({ state: 'failed' }).update(failed)) === 0)
    throw new AlreadyDone()
}

export class AlreadyDone extends Error {
  override readonly name = 'AlreadyDone'
}

/** Rows by state: for the operator. */
export async function countByState(db: Db): Promise<Record<string, number>> {
  const rows: { state: string; n: number }[] = await db('outbox')
    .select('state')
    .count({ n: '*' })
    .groupBy('state')
  return Object.fromEntries(rows.map((row) => [row.state, Number(row.n)]))
}
