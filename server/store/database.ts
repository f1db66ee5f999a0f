/** One knex over the engine the operator chose. SQLite speaks through libsql, which comes ready-built from the registry. */
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import knex, { type Knex } from 'knex'
import Libsql from 'libsql'

/** The part of knex's dialect that is built upon; the package types none of it. */
interface Dialect {
  acquireRawConnection(): Promise<unknown>
  _query(connection: unknown, query: { sql: string }): Promise<unknown>
}
const BetterSqlite3: new (config: Knex.Config) => Dialect = createRequire(import.meta.url)(
  'knex/lib/dialects/better-sqlite3/index.js',
)

/** Milliseconds a statement waits for another process (the settings import, a backup) to finish writing. */
const BUSY_TIMEOUT_MS = 5_000

class LibsqlClient extends BetterSqlite3 {
  _driver(): unknown {
    return Libsql
  }

  override async acquireRawConnection(): Promise<unknown> {
    const connection = (await super.acquireRawConnection()) as InstanceType<typeof Libsql>
    // libsql starts with a busy timeout of 0: a second process writing would be an error at once.
    connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    connection.exec('PRAGMA journal_mode = WAL')
    // FULL, not NORMAL: what was acknowledged survives a power cut too.
    connection.exec('PRAGMA synchronous = FULL')
    connection.exec('PRAGMA foreign_keys = ON')
    return connection
  }

  override async _query(connection: unknown, query: { sql: string }): Promise<unknown> {
    // A deferred transaction that reads first and writes later fails at once when another process wrote in between;
    // an immediate one waits its turn.
    if (query.sql === 'BEGIN;') query.sql = 'BEGIN IMMEDIATE;'
    return super._query(connection, query)
  }
}

export type Engine = Readonly<{ engine: 'sqlite'; file: string }>

const silent = () => undefined

export function openDatabase(engine: Engine): Knex {
  if (engine.file !== ':memory:') mkdirSync(dirname(engine.file), { recursive: true })
  return knex({
    client: LibsqlClient as unknown as typeof Knex.Client,
    connection: { filename: engine.file },
    useNullAsDefault: true,
    // Otherwise the message of an error repeats every value of the statement: a visitor's words in the log.
    compileSqlOnError: false,
    // SQLite has one writer: one connection, and knex queues for it.
    pool: { min: 1, max: 1 },
    acquireConnectionTimeout: 10_000,
    // Whatever it would print is thrown as well, and logged there without the values.
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
  })
}

/** A unique key refused the row. */
export function isDuplicate(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY'
}

/** Where a store function runs: inside a transaction, or on its own. */
export type Db = Knex | Knex.Transaction
