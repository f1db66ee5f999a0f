/** The settings, as the one JSON document they travel as. */
import type { Knex } from 'knex'
import type { Db } from './database.ts'

/** Rows of the table: the settings, and what is known of our own accounts. */
const SETTINGS = 1
const ACCOUNTS = 2

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

export async function save(trx: Knex.Transaction, body: unknown, at: number): Promise<void> {
  const before = await importedAt(trx)
  await trx<Row>('settings').where({ id: SETTINGS }).delete()
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
