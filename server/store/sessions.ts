/** A visitor's visit: made at login or at the first start, lives before and beyond its chats. */
import type { Knex } from 'knex'
import type { Page } from '../core/events.ts'
import type { Db } from './database.ts'

export interface Session {
  readonly id: string
  readonly lang: string
  readonly page: Page
  readonly parameters: Readonly<Record<string, string>>
}

interface Row {
  id: string
  token_hash: string
  lang: string
  page: string
  parameters: string
  created_at: number
  ended_at: number | null
}

const toSession = (row: Row): Session => ({
  id: row.id,
  lang: row.lang,
  page: JSON.parse(row.page) as Page,
  parameters: JSON.parse(row.parameters) as Record<string, string>,
})

export async function create(db: Db, session: Session, tokenHash: string, at: number): Promise<void> {
  await db<Row>('sessions').insert({
    id: session.id,
    token_hash: tokenHash,
    lang: session.lang,
    page: JSON.stringify(session.page),
    parameters: JSON.stringify(session.parameters),
    created_at: at,
    ended_at: null,
  })
}

/** The id of the live session a token belongs to. */
export async function idOfToken(db: Db, tokenHash: string): Promise<string | null> {
  const row = await db<Row>('sessions').where({ token_hash: tokenHash }).whereNull('ended_at').first('id')
  return row?.id ?? null
}

export async function ofChat(db: Db, chatId: string): Promise<Session | null> {
  const row = await db<Row>('sessions')
    .where('id', db('chats').where({ id: chatId }).select('session_id'))
    .first()
  return row ? toSession(row) : null
}

/** Sessions that ended at or after that instant (epoch ms). */
export async function endedSince(db: Db, since: number): Promise<string[]> {
  const rows = await db<Row>('sessions').where('ended_at', '>=', since).select('id')
  return rows.map(({ id }) => id)
}

/** Locks the session's row: starts of one session come one after the other. Null when it was ended. */
export async function lock(trx: Knex.Transaction, id: string): Promise<Session | null> {
  const row = await trx<Row>('sessions').where({ id }).whereNull('ended_at').forUpdate().first()
  return row ? toSession(row) : null
}

export async function saveParameters(trx: Knex.Transaction, id: string, parameters: Session['parameters']) {
  await trx<Row>('sessions')
    .where({ id })
    .update({ parameters: JSON.stringify(parameters) })
}

export async function end(trx: Knex.Transaction, id: string, at: number): Promise<void> {
  await trx<Row>('sessions').where({ id }).whereNull('ended_at').update({ ended_at: at })
}

/** Sessions from before that instant that have no chat left. Returns how many went. */
export async function removeUnused(db: Db, before: number, limit: number): Promise<number> {
  const rows = await db<Row>('sessions')
    .where('created_at', '<', before)
    .whereNotExists(db('chats').whereRaw('chats.session_id = sessions.id'))
    .limit(limit)
    .select('id')
  if (rows.length === 0) return 0
  return db<Row>('sessions')
    .whereIn(
      'id',
      rows.map((row) => row.id),
    )
    .delete()
}
