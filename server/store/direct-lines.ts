/** What was said to the bot account in direct spaces: kept until it is answered, so that a crash forgets none. */
import type { Knex } from 'knex'
import type { Db } from './database.ts'

export interface DirectRow {
  readonly id: string
  readonly roomId: string
  readonly by: string
  readonly text: string
  readonly attempts: number
}

interface Row {
  id: string
  room_id: string
  by: string
  text: string
  at: number
  due_at: number | null
  attempts: number
}

/** False when it was heard before. */
export async function add(
  db: Db,
  line: Readonly<{ id: string; roomId: string; by: string; text: string }>,
  at: number,
): Promise<boolean> {
  const known = await db<Row>('direct_lines').where({ id: line.id }).first('id')
  if (known) return false
  await db<Row>('direct_lines')
    .insert({ id: line.id, room_id: line.roomId, by: line.by, text: line.text, at, due_at: at, attempts: 0 })
    .onConflict('id')
    .ignore()
  return true
}

export async function due(db: Db, now: number, limit: number): Promise<DirectRow[]> {
  const rows = await db<Row>('direct_lines').where('due_at', '<=', now).orderBy('at').limit(limit)
  return rows.map((row) => ({
    id: row.id,
    roomId: row.room_id,
    by: row.by,
    text: row.text,
    attempts: row.attempts,
  }))
}

/** @param dueAt when it is tried again; null: it is answered, and its text forgotten. */
export async function settle(
  db: Db,
  id: string,
  change: Readonly<{ dueAt: number | null; attempts: number }>,
): Promise<void> {
  const { dueAt, attempts } = change
  await db<Row>('direct_lines')
    .where({ id })
    .update({ due_at: dueAt, attempts, ...(dueAt === null && { text: '' }) })
}

export async function purge(trx: Knex.Transaction, before: number): Promise<number> {
  return trx<Row>('direct_lines').where('at', '<', before).delete()
}
