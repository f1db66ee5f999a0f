/** Pauses a provider asked for: every process keeps them, and finds them again after a restart. */
import type { Migration } from './index.ts'
import { createTable } from './tables.ts'

export const pauses: Migration = {
  name: '004-pauses',

  async up(db) {
    await createTable(db, 'pauses', (t) => {
      // An account and a kind of endpoint: `integration POST /messages`.
      t.string('family', 128).primary()
      // By the database's clock.
      t.bigInteger('until').notNullable()
    })
  },

  async down(db) {
    await db.schema.dropTableIfExists('pauses')
  },
}
