/** What staff told us to do, and who. A line of the desk is obeyed once: its id is the key. */
import type { Knex } from 'knex'
import type { Db } from './database.ts'

export interface Deed {
  /** Null for what concerns no chat. */
  readonly chatId: string | null
  readonly at: number
  /** E-mail address. */
  readonly by: string
  readonly action: string
  readonly detail: string
  /** The desk's id of the line that said so. */
  readonly lineId: string
}

interface Row {
  chat_id: string | null
  at: number
  by: string
  action: string
  detail: string
  line_id: string
}

/** More than a line of the desk can have. */
const MAX_DETAIL = 8000

export async function add(trx: Knex.Transaction, deeds: readonly Deed[]): Promise<void> {
  const rows = deeds.map((deed) => ({
    chat_id: deed.chatId,
    at: deed.at,
    by: deed.by.slice(0, 254),
    action: deed.action,
    detail: deed.detail.slice(0, MAX_DETAIL),
    line_id: deed.lineId,
  }))
  // What ran before and is run again has the same id.
  if (rows.length > 0) await trx<Row>('audit').insert(rows).onConflict('line_id').ignore()
}

export async function list(db: Db, chatId: string | null): Promise<Deed[]> {
  const rows = await db<Row & { id: number }>('audit').where({ chat_id: chatId }).orderBy('id')
  return rows.map((row) => ({
    chatId: row.chat_id,
    at: Number(row.at),
    by: row.by,
    action: row.action,
    detail: row.detail,
    lineId: row.line_id,
  }))
}

/** Deeds that concern no chat, before that instant: those of a chat go with it. */
export async function purge(trx: Knex.Transaction, before: number): Promise<number> {
  return trx<Row>('audit').whereNull('chat_id').where('at', '<', before).delete()
}
