/** Lines of rooms that were taken in, by the desk's message id. */
import type { Knex } from 'knex'
import type { Db } from './database.ts'

interface Row {
  id: string
  chat_id: string
  seq: number | null
  at: number
  edited_at: number | null
  gone: boolean | 0 | 1
}

/** A line as it was taken in. */
export interface KnownLine {
  /** The event it became; null for what stayed inside or was taken back. */
  readonly seq: number | null
  /** Of the last edit that was followed. */
  readonly editedAt: number | null
}

/** Those of these ids that are known already. */
export async function known(trx: Db, ids: readonly string[]): Promise<Map<string, KnownLine>> {
  const found = new Map<string, KnownLine>()
  for (let from = 0; from < ids.length; from += 500) {
    const rows = await trx<Row>('room_lines')
      .whereIn('id', ids.slice(from, from + 500))
      .select('id', 'seq', 'edited_at', 'gone')
    for (const row of rows)
      found.set(row.id, {
        seq: row.gone ? null : row.seq,
        editedAt: row.edited_at === null ? null : Number(row.edited_at),
      })
  }
  return found
}

/** Lines the visitor has read and that were not taken back, from that instant on (epoch ms). */
export async function shown(db: Db, chatId: string, from: number): Promise<{ id: string; seq: number }[]> {
  const rows = await db<Row>('room_lines')
    .where({ chat_id: chatId, gone: false })
    .whereNotNull('seq')
    .where('at', '>=', from)
    .select('id', 'seq')
  return rows.map(({ id, seq }) => ({ id, seq: seq ?? 0 }))
}

/** @param at of the edit that was followed */
export async function noteEdit(trx: Knex.Transaction, id: string, at: number): Promise<void> {
  await trx<Row>('room_lines').where({ id }).update({ edited_at: at })
}

/** False when that was known. */
export async function noteGone(trx: Knex.Transaction, id: string): Promise<boolean> {
  return (await trx<Row>('room_lines').where({ id, gone: false }).update({ gone: true })) > 0
}

export async function add(
  trx: Knex.Transaction,
  chatId: string,
  lines: readonly Readonly<{ id: string; seq: number | null; at: number; editedAt: number | null }>[],
): Promise<void> {
  for (let from = 0; from < lines.length; from += 100) {
    await trx<Row>('room_lines').insert(
      lines
        .slice(from, from + 100)
        .map(({ editedAt, ...line }) => ({ ...line, chat_id: chatId, edited_at: editedAt })),
    )
  }
}
