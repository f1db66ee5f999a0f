/**
 * What must be done, written in the transaction that decided it. A lane (one chat × one destination) is worked off from its
 * head, one row at a time; a row is deleted when it is done, so the table holds only what is still owed.
 */
import type { Knex } from 'knex'
import { type Lane, laneOf, type Task } from '../core/chat.ts'
import { type Db, dbNow } from './database.ts'

export type { Lane }

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
  /** Epoch ms. */
  readonly addedAt: number
  /** Grows with every claim. */
  readonly fence: number
  /** Somebody else works on it. */
  readonly isTaken: boolean
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
  owner: string | null
  leased_until: number
  fence: number
  added_at: number
}

/** @param me who asks. @param now of the database's clock */
const toRow = (row: Row, me: string, now: number): OutboxRow => ({
  id: Number(row.id),
  chatId: row.chat_id,
  lane: row.lane,
  state: row.state,
  task: JSON.parse(row.task) as Task,
  progress: row.progress,
  attempts: row.attempts,
  dueAt: row.due_at,
  addedAt: Number(row.added_at),
  fence: row.fence,
  isTaken: row.owner !== null && row.owner !== me && Number(row.leased_until) > now,
})

/**
 * How long a claim holds: longer than the longest call of a provider, so that whoever made it cannot still be at it. By the
 * database's own clock: those of the machines may differ by minutes.
 */
const LEASE_MS = 15_000

export async function add(
  trx: Knex.Transaction,
  chatId: string,
  tasks: readonly Task[],
  at: number,
): Promise<void> {
  const rows = tasks.map((task) => ({
    chat_id: chatId,
    lane: laneOf(task),
    state: 'pending' as const,
    task: JSON.stringify(task),
    progress: 0,
    attempts: 0,
    due_at: at,
    added_at: at,
    last_error: null,
  }))
  if (rows.length > 0) await trx<Row>('outbox').insert(rows)
}

/** The row a lane must work on next, due or not. @param me who asks */
export async function head(db: Db, chatId: string, lane: Lane, me: string): Promise<OutboxRow | null> {
  const row = await db<Row>('outbox')
    .where({ chat_id: chatId, lane })
    .whereNot({ state: 'failed' })
    .orderBy('id')
    .select('*', { db_now: dbNow(db) })
    .first()
  return row ? toRow(row, me, Number(row.db_now)) : null
}

/**
 * Takes the row for a while, before anything is done about it. Null: somebody else has it, or was quicker.
 * @param change goes with it, e.g. the intent of an attempt.
 */
export async function claim(
  db: Db,
  row: OutboxRow,
  me: string,
  change: Readonly<{ state?: OutboxRow['state']; attempts?: number }> = {},
): Promise<OutboxRow | null> {
  const fence = row.fence + 1
  const taken = await db<Row>('outbox')
    .where({ id: row.id, fence: row.fence })
    .where((free) => free.whereNull('owner').orWhere({ owner: me }).orWhere('leased_until', '<=', dbNow(db)))
    .update({ ...change, owner: me, fence, leased_until: db.raw('? + ?', [dbNow(db), LEASE_MS]) })
  return taken > 0 ? { ...row, ...change, fence, isTaken: false } : null
}

/** Lanes whose head is due and nobody's, the longest waiting first. */
export async function dueLanes(
  db: Db,
  now: number,
  limit: number,
): Promise<{ chatId: string; lane: Lane }[]> {
  const rows: { chat_id: string; lane: Lane }[] = await db('outbox as head')
    .whereIn('head.state', ['pending', 'unknown', 'sending'])
    .where('head.due_at', '<=', now)
    .where('head.leased_until', '<=', dbNow(db))
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

/** Gives the row back, changed. @throws Fenced when somebody else has taken it meanwhile */
export async function update(
  db: Db,
  row: Pick<OutboxRow, 'id' | 'fence'>,
  change: Readonly<{
    state?: OutboxRow['state']
    progress?: number
    attempts?: number
    dueAt?: number
    lastError?: string
  }>,
): Promise<void> {
  const { dueAt, lastError, ...same } = change
  const updated = await db<Row>('outbox')
    .where({ id: row.id, fence: row.fence })
    .update({
      ...same,
      ...(dueAt !== undefined && { due_at: dueAt }),
      ...(lastError !== undefined && { last_error: lastError.slice(0, 2000) }),
      owner: null,
      leased_until: 0,
    })
  if (updated === 0) throw new Fenced()
}

/** @throws Fenced when the row is gone (this transaction has run before, its COMMIT's reply was lost) or is somebody else's now. */
export async function done(trx: Knex.Transaction, row: Pick<OutboxRow, 'id' | 'fence'>): Promise<void> {
  if ((await trx<Row>('outbox').where({ id: row.id, fence: row.fence }).delete()) === 0) throw new Fenced()
}

/** Keeps a row that was refused for good. @throws Fenced */
export async function fail(
  trx: Knex.Transaction,
  row: Pick<OutboxRow, 'id' | 'fence'>,
  why: string,
): Promise<void> {
  const failed = { state: 'failed' as const, last_error: why.slice(0, 2000), owner: null, leased_until: 0 }
  const failing = trx<Row>('outbox').where({ id: row.id, fence: row.fence }).whereNot({ state: 'failed' })
  if ((await failing.update(failed)) === 0) throw new Fenced()
}

/** What was to be written is no longer ours to write: it has happened already, or somebody else sees to it. */
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
  db: Db,
  id: number,
  now: number,
): Promise<{ chatId: string; lane: Lane } | null> {
  // Looked for before it is posted: it may stand by now.
  const revived = { state: 'unknown' as const, attempts: 0, due_at: now, added_at: now }
  if ((await db<Row>('outbox').where({ id, state: 'failed' }).update(revived)) === 0) return null
  const row = await db<Row>('outbox').where({ id }).first('chat_id', 'lane')
  return row ? { chatId: row.chat_id, lane: row.lane } : null
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
