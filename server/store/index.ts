/** The database as the product sees it. Every function takes the transaction it runs in as its first argument. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout } from 'node:timers/promises'
import type { Knex } from 'knex'
import * as audit from './audit.ts'
import * as botTurns from './bot-turns.ts'
import * as chats from './chats.ts'
import {
  type Db,
  dbNow,
  type Engine,
  isDuplicate,
  isTransient,
  isUnavailable,
  openDatabase,
} from './database.ts'
import * as directLines from './direct-lines.ts'
import * as events from './events.ts'
import * as jobs from './jobs.ts'
import * as leases from './leases.ts'
import { migrateDown, migrateUp } from './migrate.ts'
import * as outbox from './outbox.ts'
import * as posts from './posts.ts'
import * as roomLines from './room-lines.ts'
import * as sessions from './sessions.ts'
import * as settings from './settings.ts'
import * as tokens from './tokens.ts'

export interface Store {
  /**
   * Runs `work` in one transaction: all of it is committed when the promise resolves, none when it rejects.
   * Never await a provider in here: on SQLite there is one connection, and everybody waits for it.
   * `work` may run more than once (a deadlock, a lost connection), also after a COMMIT whose reply was lost: it must find
   * out from the rows whether it has happened already.
   */
  tx<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>
  /** For single reads and single-row writes. @throws inside `tx`, where it would wait for its own transaction for ever. */
  readonly db: Db
  readonly sessions: typeof sessions
  readonly audit: typeof audit
  readonly botTurns: typeof botTurns
  readonly chats: typeof chats
  readonly directLines: typeof directLines
  readonly events: typeof events
  readonly jobs: typeof jobs
  readonly leases: typeof leases
  readonly outbox: typeof outbox
  readonly posts: typeof posts
  readonly roomLines: typeof roomLines
  readonly settings: typeof settings
  readonly tokens: typeof tokens
  readonly isDuplicate: typeof isDuplicate
  readonly isUnavailable: typeof isUnavailable
  /** One process at a time has the database: whatever an earlier one left unfinished is dead. */
  readonly exclusive: boolean
  /** The database's own clock, epoch ms. */
  now(): Promise<number>
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
      return again(() => knex.transaction((trx) => inside.run(true, () => work(trx))))
    },
    get db() {
      if (inside.getStore())
        throw new Error('the root connection inside a transaction: pass the transaction on')
      return knex
    },
    sessions,
    audit,
    botTurns,
    chats,
    directLines,
    events,
    jobs,
    leases,
    outbox,
    posts,
    roomLines,
    settings,
    tokens,
    isDuplicate,
    isUnavailable,
    exclusive: engine.engine === 'sqlite',
    async now() {
      const rows = (await knex.select({ now: dbNow(knex) })) as { now: number | string }[]
      return Number(rows[0]?.now)
    },
    migrate: () => migrateUp(knex),
    rollback: () => migrateDown(knex),
    // A whole transaction, as everything that matters is one; an update that finds no row still takes the write lock.
    probe: async () =>
      void (await knex.transaction((trx) => trx('settings').where({ id: -1 }).update({ imported_at: 0 }))),
    close: () => knex.destroy(),
  }
}

const TRIES = 5
const FIRST_PAUSE_MS = 20

async function again<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt === TRIES || !isTransient(error)) throw error
      await setTimeout(Math.random() * FIRST_PAUSE_MS * 2 ** attempt)
    }
  }
}
