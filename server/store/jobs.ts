/** Leases: a job that must run once among several processes is a row, and whoever holds it until then may run. */
import type { Db } from './database.ts'

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
