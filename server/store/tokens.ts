/** Tokens of provider accounts, sealed before they come here. */
import { type Db, isDuplicate } from './database.ts'

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

/** Saves in the place of `before` (null: of nothing); false when that does not stand there any more. */
export async function replace(
  db: Db,
  account: string,
  before: string | null,
  sealed: string,
  at: number,
): Promise<boolean> {
  if (before !== null) {
    const row = { sealed, saved_at: at }
    return (await db<Row>('tokens').where({ account, sealed: before }).update(row)) > 0
  }
  try {
    await db<Row>('tokens').insert({ account, sealed, saved_at: at })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}
