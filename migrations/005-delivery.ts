/** Leases on what is owed, when it came to be owed, which posts are ours, and what became of staff's lines. */
import type { Migration } from './index.ts'
import { createTable } from './tables.ts'

export const delivery: Migration = {
  name: '005-delivery',

  async up(db) {
    if (!(await db.schema.hasColumn('outbox', 'fence'))) {
      await db.schema.alterTable('outbox', (t) => {
        // Who works on the row, until when by the database's clock. The fence grows with every claim: a write that carries an
        // older one comes from somebody who was taken for dead.
        t.string('owner', 64)
        t.bigInteger('leased_until').notNullable().defaultTo(0)
        t.integer('fence').notNullable().defaultTo(0)
        t.bigInteger('added_at').notNullable().defaultTo(0)
      })
      await db('outbox').update({ added_at: db.ref('due_at') })
    }
    if (!(await db.schema.hasColumn('room_lines', 'edited_at'))) {
      await db.schema.alterTable('room_lines', (t) => {
        // Of the last edit that was followed; null: none yet.
        t.bigInteger('edited_at')
        t.boolean('gone').notNullable().defaultTo(false)
      })
    }
    if (!(await db.schema.hasColumn('chats', 'undelivered'))) {
      await db.schema.alterTable('sessions', (t) => t.index('ended_at'))
      await db.schema.alterTable('chats', (t) => t.integer('undelivered').notNullable().defaultTo(0))
    }
    // What we posted and know to stand: a copy of the same line under another id is not meant to be there.
    await createTable(db, 'posts', (t) => {
      t.string('id', 255).primary()
      t.string('chat_id', 64).notNullable().references('chats.id')
      t.string('marker', 80).notNullable()
      t.index(['chat_id', 'marker'])
    })
  },

  async down(db) {
    await db.schema.dropTableIfExists('posts')
    await db.schema.alterTable('sessions', (t) => t.dropIndex('ended_at'))
    await db.schema.alterTable('chats', (t) => t.dropColumn('undelivered'))
    await db.schema.alterTable('room_lines', (t) => t.dropColumns('edited_at', 'gone'))
    await db.schema.alterTable('outbox', (t) => t.dropColumns('owner', 'leased_until', 'fence', 'added_at'))
  },
}
