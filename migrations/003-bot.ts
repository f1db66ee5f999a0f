/** The bot's side of a chat, who owns it, who waits; a log of the bot's turns, what staff told us to do, and direct lines. */
import type { Migration } from './index.ts'
import { createTable } from './tables.ts'

const COLUMNS = ['first_topic', 'bot', 'owner', 'unanswered_since', 'reminded', 'people'] as const

export const bot: Migration = {
  name: '003-bot',

  async up(db) {
    if (!(await db.schema.hasColumn('chats', 'bot'))) {
      await db.schema.alterTable('chats', (t) => {
        // What the visitor chose; null in chats older than this: they have not left their topic.
        t.string('first_topic', 64)
        // What the chat keeps of its bot, as JSON; null when no bot serves it.
        t.text('bot', 'mediumtext')
        t.string('owner', 254)
        t.bigInteger('unanswered_since')
        t.string('reminded', 8).notNullable().defaultTo('nobody')
        // Whom we let into the room, as JSON.
        t.text('people')
        t.index(['state', 'unanswered_since'])
      })
    }
    await createTable(db, 'bot_turns', (t) => {
      t.bigIncrements('id')
      t.string('chat_id', 64).notNullable().references('chats.id')
      // The visitor's line; null for an event.
      t.integer('seq')
      t.string('event', 32)
      t.bigInteger('at').notNullable()
      t.integer('ms').notNullable()
      // `reply`, or the kind of the failure.
      t.string('outcome', 16).notNullable()
      t.string('intent', 255)
      t.float('confidence')
      t.boolean('fallback').notNullable()
      t.index('chat_id')
    })
    await createTable(db, 'audit', (t) => {
      t.bigIncrements('id')
      // Null for what concerns no chat.
      t.string('chat_id', 64)
      t.bigInteger('at').notNullable()
      t.string('by', 254).notNullable()
      t.string('action', 32).notNullable()
      t.text('detail').notNullable()
      // The desk's id of the line that said so: nothing is done twice.
      t.string('line_id', 255).notNullable().unique()
      t.index('chat_id')
      t.index('at')
    })
    // What was said to the bot account in direct spaces, until it is answered.
    await createTable(db, 'direct_lines', (t) => {
      t.string('id', 255).primary()
      t.string('room_id', 255).notNullable()
      t.string('by', 254).notNullable()
      t.text('text').notNullable()
      t.bigInteger('at').notNullable()
      // Null once it is answered.
      t.bigInteger('due_at')
      t.integer('attempts').notNullable()
      t.index('due_at')
    })
  },

  async down(db) {
    for (const table of ['direct_lines', 'audit', 'bot_turns']) await db.schema.dropTableIfExists(table)
    await db.schema.alterTable('chats', (t) => {
      t.dropIndex(['state', 'unanswered_since'])
      t.dropColumns(...COLUMNS)
    })
  },
}
