/**
 * Runs what has not run yet. knex's own migrator keeps its lock as a row, which a killed process leaves behind for ever;
 * here the lock is the transaction itself, gone with the process that held it.
 */
import type { Knex } from 'knex'
import { migrations } from '../../migrations/index.ts'

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
  return knex.transaction(async (trx) => {
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
  return knex.transaction(async (trx) => {
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
