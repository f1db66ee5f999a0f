/** Pauses a provider asked for, by the database's clock: those of the processes that share them may differ by minutes. */
import { type Db, dbNow } from './database.ts'

interface Row {
  family: string
  until: number
}

export interface Pause {
  readonly family: string
  /** Epoch ms of the database's clock. */
  readonly until: number
  /** Milliseconds that are left of it. */
  readonly rest: number
}

/** More than there are kinds of endpoints by far. */
const MOST = 500

/** Those that are not over. */
export async function list(db: Db): Promise<Pause[]> {
  const rows: (Row & { db_now: number })[] = await db<Row>('pauses')
    .where('until', '>', dbNow(db))
    .limit(MOST)
    .select('family', 'until', { db_now: dbNow(db) })
  return rows.map(({ family, until, db_now }) => ({
    family,
    until: Number(until),
    rest: Number(until) - Number(db_now),
  }))
}

/** Pauses the family for that many milliseconds; the longer pause stays. @returns until when, by the database's clock */
export async function extend(db: Db, family: string, rest: number): Promise<number> {
  const [row] = (await db.select({ db_now: dbNow(db) })) as { db_now: number }[]
  const until = Number(row?.db_now) + Math.ceil(rest)
  await db<Row>('pauses').insert({ family, until }).onConflict('family').ignore()
  await db<Row>('pauses').where({ family }).where('until', '<', until).update({ until })
  return until
}

export async function removeOver(db: Db): Promise<void> {
  await db<Row>('pauses').where('until', '<=', dbNow(db)).delete()
}
