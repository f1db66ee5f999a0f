/** The settings, as the one JSON document they travel as. */
import type { Knex } from 'knex'
import type { Closing } from '../core/settings.ts'
import type { Db } from './database.ts'

/** Rows of the table: the settings, what is known of our own accounts, and what staff closed for a while. */
const SETTINGS = 1
const ACCOUNTS = 2
const CLOSINGS = 3

interface Row {
  id: number
  body: string
  imported_at: number
}

export interface StoredSettings {
  readonly body: unknown
  /** Epoch ms: tells a running node that an import happened. */
  readonly importedAt: number
}

export async function load(db: Db): Promise<StoredSettings | null> {
  const row = await db<Row>('settings').where({ id: SETTINGS }).first()
  return row ? { body: JSON.parse(row.body), importedAt: Number(row.imported_at) } : null
}

/** When the settings were last imported; null when there are none. */
export async function importedAt(db: Db): Promise<number | null> {
  const row = await db<Row>('settings').where({ id: SETTINGS }).first('imported_at')
  return row ? Number(row.imported_at) : null
}

/** What staff closed from a room; an import takes all of it back. */
export async function closings(db: Db): Promise<Closing[]> {
  const row = await db<Row>('settings').where({ id: CLOSINGS }).first('body')
  return row ? (JSON.parse(row.body) as Closing[]) : []
}

/** The same, and nobody else may change them until this transaction is over. */
export async function lockClosings(trx: Knex.Transaction): Promise<Closing[]> {
  const none: Row = { id: CLOSINGS, body: '[]', imported_at: 0 }
  await trx<Row>('settings').insert(none).onConflict('id').ignore()
  await trx<Row>('settings').where({ id: CLOSINGS }).forUpdate().first('id')
  return closings(trx)
}

export async function saveClosings(
  trx: Knex.Transaction,
  all: readonly Closing[],
  at: number,
): Promise<void> {
  const body = JSON.stringify(all)
  await trx<Row>('settings').insert({ id: CLOSINGS, body, imported_at: at }).onConflict('id').merge()
}

export async function save(trx: Knex.Transaction, body: unknown, at: number): Promise<void> {
  const before = await importedAt(trx)
  await trx<Row>('settings').whereIn('id', [SETTINGS, CLOSINGS]).delete()
  // Two imports within one millisecond must still look like a change.
  const stamp = before !== null && before >= at ? before + 1 : at
  await trx<Row>('settings').insert({ id: SETTINGS, body: JSON.stringify(body), imported_at: stamp })
}

/** E-mail addresses of the accounts we ourselves use at the desk, as last verified. */
export async function accounts(db: Db): Promise<string[]> {
  const row = await db<Row>('settings').where({ id: ACCOUNTS }).first('body')
  return row ? (JSON.parse(row.body) as string[]) : []
}

export async function saveAccounts(
  trx: Knex.Transaction,
  emails: readonly string[],
  at: number,
): Promise<void> {
  const body = JSON.stringify(emails.map((email) => email.toLowerCase()))
  await trx<Row>('settings').insert({ id: ACCOUNTS, body, imported_at: at }).onConflict('id').merge()
}
