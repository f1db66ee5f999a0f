/** What a purge needs: when chats ended, whose they were, what was agreed to; and leases for jobs of several processes. */
import type { Migration } from './index.ts'
import { createTable } from './tables.ts'

export const privacy: Migration = {
  name: '002-privacy',

  async up(db) {
    if (!(await db.schema.hasColumn('chats', 'consent'))) {
      await db.schema.alterTable('chats', (t) => {
        // The version and the text the visitor agreed to, as JSON; null when the form did not ask.
        t.text('consent')
        t.index('closed_at')
        t.index('email')
      })
    }
    await createTable(db, 'jobs', (t) => {
      t.string('name', 64).primary()
      t.string('owner', 64).notNullable()
      t.bigInteger('until').notNullable()
    })
  },

  async down(db) {
    await db.schema.dropTableIfExists('jobs')
    await db.schema.alterTable('chats', (t) => {
      t.dropIndex('closed_at')
      t.dropIndex('email')
      t.dropColumn('consent')
    })
  },
}
