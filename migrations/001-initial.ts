/**
 * Instants are epoch milliseconds (UTC) in bigint columns: the same number on every engine, whatever the server's time zone.
 * Structured values are JSON in text columns; nothing is ever queried inside them.
 */
import type { Knex } from 'knex'
import type { Migration } from './index.ts'
import { createTable } from './tables.ts'

const id = (table: Knex.CreateTableBuilder, name: string) => table.string(name, 64)

export const initial: Migration = {
  name: '001-initial',

  async up(db) {
    await createTable(db, 'sessions', (t) => {
      id(t, 'id').primary()
      // SHA-256 of the token, in hex: the token itself is shown once and kept nowhere.
      t.string('token_hash', 64).notNullable().unique()
      t.string('lang', 35).notNullable()
      t.text('page').notNullable()
      t.text('parameters').notNullable()
      t.bigInteger('created_at').notNullable()
      t.bigInteger('ended_at')
    })

    await createTable(db, 'chats', (t) => {
      id(t, 'id').primary()
      // What people say to each other: `C-7F3KQ2`.
      t.string('ref', 16).notNullable().unique()
      id(t, 'session_id').notNullable().references('sessions.id')
      // The session's id while the chat is not closed, then null: at most one open chat a session.
      t.string('open_session', 64).unique()
      t.string('state', 16).notNullable()
      t.string('close_reason', 32)
      t.string('topic', 64).notNullable()
      t.string('channel', 32).notNullable()
      t.string('lang', 35).notNullable()
      t.string('name', 100)
      t.string('email', 254)
      t.text('fields').notNullable()
      t.text('page').notNullable()
      t.string('ip', 45)
      t.text('user_agent').notNullable()
      t.boolean('mobile').notNullable()
      t.text('place')
      t.integer('last_seq').notNullable()
      t.bigInteger('created_at').notNullable()
      // Null until the room stands; a chat that never got that far is nobody's.
      t.bigInteger('started_at')
      t.bigInteger('closed_at')
      t.bigInteger('beat_at').notNullable()
      t.string('away', 8).notNullable()
      t.bigInteger('away_since')
      t.bigInteger('idle_since').notNullable()
      t.boolean('idle_warned').notNullable()
      // Until when the start under way may still be alive.
      t.bigInteger('opening_until')
      t.string('room_id', 255).unique()
      t.text('room')
      // The newest line of the room that was read.
      t.string('read_id', 255)
      t.bigInteger('read_at')
      t.bigInteger('staff_at')
      t.index(['state', 'beat_at'])
    })

    await createTable(db, 'events', (t) => {
      id(t, 'chat_id').notNullable().references('chats.id')
      t.integer('seq').notNullable()
      t.bigInteger('at').notNullable()
      t.string('type', 32).notNullable()
      t.text('body').notNullable()
      // The visitor's own key of a line: unique for ever, so that a repetition is answered, never stored twice.
      t.string('client_id', 64)
      t.primary(['chat_id', 'seq'])
      t.unique(['chat_id', 'client_id'])
    })

    // Every line of a room that was taken in. The desk's id is the key: reading twice is harmless.
    await createTable(db, 'room_lines', (t) => {
      t.string('id', 255).primary()
      id(t, 'chat_id').notNullable().references('chats.id')
      // The event it became; null for what stays inside.
      t.integer('seq')
      t.bigInteger('at').notNullable()
      t.index('chat_id')
    })

    await createTable(db, 'outbox', (t) => {
      // Rows of one chat are inserted under its row lock, so their ids are in order of decision.
      t.bigIncrements('id')
      id(t, 'chat_id').notNullable().references('chats.id')
      t.string('lane', 32).notNullable()
      t.string('state', 16).notNullable()
      t.text('task').notNullable()
      // Parts of the line that stand already.
      t.integer('progress').notNullable()
      t.integer('attempts').notNullable()
      t.bigInteger('due_at').notNullable()
      t.text('last_error')
      t.index(['chat_id', 'lane', 'id'])
      t.index(['state', 'due_at'])
    })

    await createTable(db, 'settings', (t) => {
      t.integer('id').primary()
      t.text('body', 'mediumtext').notNullable()
      t.bigInteger('imported_at').notNullable()
    })

    await createTable(db, 'tokens', (t) => {
      t.string('account', 64).primary()
      t.text('sealed').notNullable()
      t.bigInteger('saved_at').notNullable()
    })
  },

  async down(db) {
    for (const table of ['tokens', 'settings', 'outbox', 'room_lines', 'events', 'chats', 'sessions']) {
      await db.schema.dropTableIfExists(table)
    }
  },
}
