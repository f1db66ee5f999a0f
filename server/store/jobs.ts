/** Leases: a job that must run once among several processes is a row, and whoever holds it may run. By the database's clock. */
import { type Db, dbNow } from './database.ts'

interface Row {
  name: string
  owner: string
  until: number
  ran_at: number
  since: number
}

const until = (db: Db, ms: number) => db.raw('? + ?', [dbNow(db), ms])

/** Takes or keeps the lease of a job for that many milliseconds; false when another owner holds it. */
export async function leaseFor(db: Db, name: string, owner: string, ms: number): Promise<boolean> {
  const keep = () =>
    db<Row>('jobs')
      .where({ name })
      .where((free) => free.where('until', '<=', dbNow(db)).orWhere({ owner }))
      .update({ owner, until: until(db, ms) })
  if ((await keep()) > 0) return true
  await db<Row>('jobs').insert({ name, owner, until: 0 }).onConflict('name').ignore()
  return (await keep()) > 0
}

export interface Taken {
  readonly ranAt: number
  readonly since: number
}

/** The same, with what the last run left; null when another owner holds it. */
export async function take(db: Db, name: string, owner: string, ms: number): Promise<Taken | null> {
  if (!(await leaseFor(db, name, owner, ms))) return null
  const row = await db<Row>('jobs').where({ name, owner }).first('ran_at', 'since')
  return row ? { ranAt: Number(row.ran_at), since: Number(row.since) } : null
}

/** Keeps up leases that are held still; returns how many. */
export function keep(db: Db, names: readonly string[], owner: string, ms: number): Promise<number> {
  return db<Row>('jobs')
    .where({ owner })
    .whereIn('name', [...names])
    .update({ until: until(db, ms) })
}

/** A run was through; nothing when somebody else has the lease by now. */
export async function noteRun(db: Db, name: string, owner: string, { ranAt, since }: Taken): Promise<void> {
  await db<Row>('jobs').where({ name, owner }).update({ ran_at: ranAt, since })
}

/** Gives a lease back before its time; harmless when somebody else has it. */
export async function release(db: Db, name: string, owner: string): Promise<void> {
  await db<Row>('jobs').where({ name, owner }).update({ until: 0 })
}

export async function releaseAll(db: Db, owner: string): Promise<void> {
  await db<Row>('jobs').where({ owner }).update({ until: 0 })
}
