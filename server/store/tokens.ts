/** Tokens of provider accounts, sealed before they come here. */
import type { Db } from './database.ts'

interface Row {
  account: string
  sealed: string
  saved_at: number
}

export async function load(db: Db, account: string): Promise<string | null> {
  const row = await db<Row>('tokens').where({ account }).first('sealed')
  return row?.sealed ?? null
}

export async function save(db: Db, account: string, sealed: string, at: number): Promise<void> {
  await db<Row>('tokens').insert({ account, sealed, saved_at: at }).onConflict('account').merge()
}
