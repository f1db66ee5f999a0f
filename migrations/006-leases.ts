/** One lease a chat in place of one an owed row, and what the next process must know of a job's last run. */
import type { Migration } from './index.ts'

export const leases: Migration = {
  name: '006-leases',

  async up(db) {
    if (!(await db.schema.hasColumn('chats', 'fence'))) {
      await db.schema.alterTable('chats', (t) => {
        // Which process works off what the chat owes, until when by the database's clock; null while it owes nothing. The fence
        // grows when another takes over: a write that carries an older one comes from somebody who was taken for dead.
        t.string('lease_owner', 64)
        t.bigInteger('leased_until').notNullable().defaultTo(0)
        t.integer('fence').notNullable().defaultTo(0)
      })
    }
    // What is owed is nobody's yet, and must not look as if nothing were.
    await db('chats').whereIn('id', db('outbox').select('chat_id')).update({ lease_owner: 'nobody' })
    if (await db.schema.hasColumn('outbox', 'fence'))
      await db.schema.alterTable('outbox', (t) => t.dropColumns('owner', 'leased_until', 'fence'))
    if (!(await db.schema.hasColumn('jobs', 'ran_at'))) {
      await db.schema.alterTable('jobs', (t) => {
        // When its last run was through; 0: never.
        t.bigInteger('ran_at').notNullable().defaultTo(0)
        // Since when its runs have followed each other without a gap.
        t.bigInteger('since').notNullable().defaultTo(0)
      })
    }
  },

  async down(db) {
    await db.schema.alterTable('jobs', (t) => t.dropColumns('ran_at', 'since'))
    await db.schema.alterTable('outbox', (t) => {
      t.string('owner', 64)
      t.bigInteger('leased_until').notNullable().defaultTo(0)
      t.integer('fence').notNullable().defaultTo(0)
    })
    await db.schema.alterTable('chats', (t) => t.dropColumns('lease_owner', 'leased_until', 'fence'))
  },
}
