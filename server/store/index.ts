/** The database as the product sees it. Every function takes the transaction it runs in as its first argument. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Knex } from 'knex'
import * as chats from './chats.ts'
import { type Db, type Engine, isDuplicate, openDatabase } from './database.ts'
import * as events from './events.ts'
import { migrateDown, migrateUp } from './migrate.ts'
import * as outbox from './outbox.ts'
import * as roomLines from './room-lines.ts'
import * as sessions from './sessions.ts'
import * as settings from './settings.ts'
import * as tokens from './tokens.ts'

export interface Store {
  /**
   * Runs `work` in one transaction: all of it is committed when the promise resolves, none when it rejects.
   * Never await a provider in here: on SQLite there is one connection, and everybody waits for it.
   */
  tx<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>
  /** For single reads and single-row writes. @throws inside `tx`, where it would wait for its own transaction for ever. */
  readonly db: Db
  readonly sessions: typeof sessions
  readonly chats: typeof chats
  readonly events: typeof events
  readonly outbox: typeof outbox
  readonly roomLines: typeof roomLines
  readonly settings: typeof settings
  readonly tokens: typeof tokens
  readonly isDuplicate: typeof isDuplicate
  /** Names of the migrations that ran. */
  migrate(): Promise<string[]>
  rollback(): Promise<string[]>
  /** Resolves when the database answers a write probe; rejects otherwise. */
  probe(): Promise<void>
  close(): Promise<void>
}

export function createStore(engine: Engine): Store {
  const knex = openDatabase(engine)
  const inside = new AsyncLocalStorage<true>()
  return {
    tx: (work) => {
      if (inside.getStore()) throw new Error('a transaction inside a transaction: pass the outer one on')
      return knex.transaction((trx) => inside.run(true, () => work(trx)))
    },
    get db() {
      if (inside.getStore())
        throw new Error('the root connection inside a transaction: pass the transaction on')
      return knex
    },
    sessions,
    chats,
    events,
    outbox,
    roomLines,
    settings,
    tokens,
    isDuplicate,
    migrate: () => migrateUp(knex),
    rollback: () => migrateDown(knex),
    // An update that finds no row still takes the write lock.
    probe: async () => void (await knex('settings').where({ id: -1 }).update({ imported_at: 0 })),
    close: () => knex.destroy(),
  }
}
