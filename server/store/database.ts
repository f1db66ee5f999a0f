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
  readonly config: { readonly connection: { readonly filename: string } }
}

/** How knex marks a connection that must not be used again. */
interface Disposable {
  __knex__disposed?: unknown
}
const BetterSqlite3: new (config: Knex.Config) => Dialect = createRequire(import.meta.url)(
  'knex/lib/dialects/better-sqlite3/index.js',
)

type Connection = InstanceType<typeof Libsql>
type Statement = ReturnType<Connection['prepare']>

/** Statements kept prepared; more than we have, as lists of values make some of their own. */
const KEPT_STATEMENTS = 250

/** Preparing a statement costs a third of running it, and knex does it anew each time. The least used goes first. */
function keepStatements(connection: Connection): { forget(sql: string): void } {
  const kept = new Map<string, Statement>()
  const prepare = connection.prepare.bind(connection)
  connection.prepare = ((sql: string) => {
    const statement = kept.get(sql) ?? prepare(sql)
    kept.delete(sql)
    kept.set(sql, statement)
    const [oldest] = kept.keys()
    if (kept.size > KEPT_STATEMENTS && oldest !== undefined) kept.delete(oldest)
    return statement
  }) as Connection['prepare']
  return { forget: (sql) => void kept.delete(sql) }
}

/** Not in the client: knex runs transactions through a copy of it that has none of its private fields. */
const keptBy = new WeakMap<object, ReturnType<typeof keepStatements>>()

/** Milliseconds a statement waits for another process (the settings import, a backup) to finish writing. */
const BUSY_TIMEOUT_MS = 5_000

class LibsqlClient extends BetterSqlite3 {
  _driver(): unknown {
    return Libsql
  }

  override async acquireRawConnection(): Promise<unknown> {
    const connection = (await super.acquireRawConnection()) as Connection
    keptBy.set(connection, keepStatements(connection))
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
    try {
      return await super._query(connection, query)
    } catch (error) {
      // In which state one is left that failed is not said.
      keptBy.get(connection as object)?.forget(query.sql)
      // SQLite itself has rolled back already (a full disk); the error that matters is the one before.
      if (query.sql.startsWith('ROLLBACK') && /no transaction is active/.test(String(error))) {
        return Object.assign(query, { response: { changes: 0 }, context: {} })
      }
      // libsql leaves a statement that failed for a lock half open, and with it every later COMMIT of the connection fails. The
      // pool drops a connection that is marked so and opens another; a database in memory would go with it.
      const broken = /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error)) || /^(BEGIN|COMMIT|ROLLBACK)/.test(query.sql)
      if (broken && this.config.connection.filename !== ':memory:')
        (connection as Disposable).__knex__disposed = error
      throw error
    }
  }
}

/** `url`: `mysql://user:password@host:port/database`, for MySQL and MariaDB. */
export type Engine = Readonly<{ engine: 'sqlite'; file: string } | { engine: 'mysql'; url: string }>

const silent = () => undefined

const COMMON = {
  // Otherwise the message of an error repeats every value of the statement: a visitor's words in the log.
  compileSqlOnError: false,
  acquireConnectionTimeout: 10_000,
  // Whatever it would print is thrown as well, and logged there without the values.
  log: { warn: silent, error: silent, deprecate: silent, debug: silent },
} as const

export function openDatabase(engine: Engine): Knex {
  return engine.engine === 'sqlite' ? openSqlite(engine.file) : openMysql(engine.url)
}

function openSqlite(file: string): Knex {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  return knex({
    ...COMMON,
    client: LibsqlClient as unknown as typeof Knex.Client,
    connection: { filename: file },
    useNullAsDefault: true,
    // SQLite has one writer: one connection, and knex queues for it.
    pool: { min: 1, max: 1 },
  })
}

/** What every session is set to, whatever the server's own defaults are. */
const MYSQL_SESSION = [
  // A value that does not fit is an error, never cut.
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'",
  "SET SESSION time_zone = '+00:00'",
  // Every decision is made under the chat's row lock; gap locks would only add deadlocks.
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  'SET SESSION innodb_lock_wait_timeout = 10',
]

interface MysqlConnection {
  query(sql: string, done: (error: Error | null) => void): void
}

function openMysql(url: string): Knex {
  return knex({
    ...COMMON,
    client: 'mysql2',
    connection: {
      uri: url,
      charset: 'utf8mb4',
      timezone: 'Z',
      connectTimeout: 5_000,
      supportBigNumbers: true,
    },
    pool: {
      min: 0,
      max: 10,
      afterCreate(
        connection: MysqlConnection,
        done: (error: Error | null, connection: MysqlConnection) => void,
      ) {
        const next = (n: number, error: Error | null): void => {
          const statement = MYSQL_SESSION[n]
          if (error || statement === undefined) done(error, connection)
          else connection.query(statement, (failed) => next(n + 1, failed))
        }
        next(0, null)
      },
    },
  })
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '')

/** A unique key refused the row. */
export function isDuplicate(error: unknown): boolean {
  return ['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', 'ER_DUP_ENTRY'].includes(codeOf(error))
}

/** The transaction was undone, or its outcome is not known: run it again from its beginning. */
const RUN_AGAIN = new Set([
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_CHECKREAD',
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ER_SERVER_SHUTDOWN',
  'ER_CONNECTION_KILLED',
  'ER_QUERY_INTERRUPTED',
])

export function isTransient(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  // mysql2 gives no code for a connection it has noticed to be closed.
  return RUN_AGAIN.has(codeOf(error)) || /closed state|Connection lost/.test(message)
}

/** The database cannot be reached or is too busy: a matter of time, not of the statement. */
export function isUnavailable(error: unknown): boolean {
  const name = error instanceof Error ? error.name : ''
  const codes = [
    'SQLITE_BUSY',
    'SQLITE_LOCKED',
    'ECONNREFUSED',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EHOSTUNREACH',
    'ER_CON_COUNT_ERROR',
  ]
  return name === 'KnexTimeoutError' || codes.includes(codeOf(error)) || isTransient(error)
}

/** Where a store function runs: inside a transaction, or on its own. */
export type Db = Knex | Knex.Transaction

/** The database's own clock, epoch ms: leases of several machines go by it, whose clocks may differ. */
export const dbNow = (db: Db): Knex.Raw =>
  db.raw(
    db.client.driverName === 'mysql2'
      ? 'cast(unix_timestamp(now(3)) * 1000 as unsigned)'
      : "cast((julianday('now') - 2440587.5) * 86400000 as integer)",
  )
