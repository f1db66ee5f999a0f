/**
 * Runs what has not run yet. knex's own migrator keeps its lock as a row, which a killed process leaves behind for ever; here
 * the lock goes with the process that held it: on SQLite it is the transaction itself, on MySQL a named lock of the
 * connection, because there every change of the schema commits by itself.
 */
import type { Knex } from 'knex'
import { migrations } from '../../migrations/index.ts'

const LOCK_SECONDS = 120

function locked<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return knex.transaction(async (trx) => {
    if (knex.client.driverName !== 'mysql2') return work(trx)
    // Named after the database: one server may hold several of ours.
    const name = `frontroom ${knex.client.database()}`.slice(0, 64)
    const [[row]] = (await trx.raw('select get_lock(?, ?) as held', [name, LOCK_SECONDS])) as [
      [{ held: number }],
    ]
    if (row.held !== 1)
      throw new Error('another process has been migrating the database for two minutes; look at it')
    try {
      return await work(trx)
    } finally {
      await trx.raw('select release_lock(?)', [name])
    }
  })
}

async function ran(trx: Knex.Transaction): Promise<Set<string>> {
  if (!(await trx.schema.hasTable('migrations'))) {
    await trx.schema.createTable('migrations', (t) => {
      t.string('name', 64).primary()
      t.bigInteger('at').notNullable()
    })
  }
  const rows: { name: string }[] = await trx('migrations').select('name')
  return new Set(rows.map((row) => row.name))
}

export function migrateUp(knex: Knex): Promise<string[]> {
  return locked(knex, async (trx) => {
    const done = await ran(trx)
    const names: string[] = []
    for (const migration of migrations) {
      if (done.has(migration.name)) continue
      await migration.up(trx)
      await trx('migrations').insert({ name: migration.name, at: Date.now() })
      names.push(migration.name)
    }
    return names
  })
}

/** Takes everything down again, newest first: for tests and for an operator who wants an empty database. */
export function migrateDown(knex: Knex): Promise<string[]> {
  return locked(knex, async (trx) => {
    const done = await ran(trx)
    const names: string[] = []
    for (const migration of migrations.toReversed()) {
      if (!done.has(migration.name)) continue
      await migration.down(trx)
      await trx('migrations').where({ name: migration.name }).delete()
      names.push(migration.name)
    }
    return names
  })
}
