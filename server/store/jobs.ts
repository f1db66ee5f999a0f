/** Leases: a job that must run once among several processes is a row, and whoever holds it until then may run. */
import { type Db, dbNow } from './database.ts'

interface Row {
  name: string
  owner: string
  until: number
}

/** Takes or keeps the lease of a job until `until`; false when another owner holds it. */
export async function lease(
  db: Db,
  name: string,
  owner: string,
  now: number,
  until: number,
): Promise<boolean> {
  await db<Row>('jobs').insert({ name, owner, until: 0 }).onConflict('name').ignore()
  const taken = await db<Row>('jobs')
    .where({ name })
    .where((free) => free.where('until', '<=', now).orWhere({ owner }))
    .update({ owner, until })
  return taken > 0
}

/** The same by the database's clock, for that many milliseconds. */
export async function leaseFor(db: Db, name: string, owner: string, ms: number): Promise<boolean> {
  const keep = () =>
    db<Row>('jobs')
      .where({ name })
      .where((free) => free.where('until', '<=', dbNow(db)).orWhere({ owner }))
      .update({ owner, until: db.raw('? + ?', [dbNow(db), ms]) })
  if ((await keep()) > 0) return true
  await db<Row>('jobs').insert({ name, owner, until: 0 }).onConflict('name').ignore()
  return (await keep()) > 0
}

/** Gives a lease back before its time; harmless when somebody else has it. */
export async function release(db: Db, name: string, owner: string): Promise<void> {
  await db<Row>('jobs').where({ name, owner }).update({ until: 0 })
}
