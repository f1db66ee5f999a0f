/** A whole server in this process: real HTTP, real SQLite, the sandbox as its Webex. Only the clock can be set. */
import { fileURLToPath } from 'node:url'
import { type App, createApp } from '../../server/app.ts'
import type { Log } from '../../server/chat/deps.ts'
import { readConfig } from '../../server/config.ts'
import type { Geo } from '../../server/ports.ts'
import { readSettings } from '../../server/settings/index.ts'
import { importSettings } from '../../server/settings-file.ts'
import { createDatabase } from './mysql.ts'
import { SETTINGS } from './settings.ts'
import { type Staff, staffAt } from './staff.ts'

export const ASSETS = fileURLToPath(new URL('../../dist/', import.meta.url))

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly fields: object
  readonly message: string
}

export interface TestServer {
  readonly origin: string
  readonly app: App
  readonly staff: Staff
  readonly log: readonly LogLine[]
  /** Moves the clock and lets every clock job have its turn. */
  pass(seconds: number): Promise<void>
  /** Moves the clock at once: the process was asleep. */
  sleep(seconds: number): Promise<void>
  /** Puts settings in force; what is not given is as in the file below. */
  settings(change: object): Promise<void>
  close(): Promise<void>
}

const onMysql = process.env.FRONTROOM_TEST_ENGINE === 'mysql'

const STEP_SECONDS = 10

/** Nowhere at all: most tests have no use for 150 MB of geography. */
const nowhere: Geo = { locate: async () => null, close: async () => undefined }

export async function startServer(
  options: { env?: Record<string, string>; settings?: object; geo?: Geo } = {},
): Promise<TestServer> {
  const lines: LogLine[] = []
  const write = (level: LogLine['level']) => (fields: object, message: string) =>
    void lines.push({ level, fields, message })
  const log: Log = { info: write('info'), warn: write('warn'), error: write('error') }
  let ahead = 0
  const clock = { now: () => Date.now() + ahead }
  const database = onMysql ? await createDatabase() : null
  const config = readConfig({
    PORT: '0',
    DATABASE_URL: database?.url ?? 'sqlite::memory:',
    ADMIN_EMAIL: 'admin@example.com',
    ADMIN_PASSWORD: 'correct horse',
    ...options.env,
  })
  const app = await createApp(config, {
    log,
    clock,
    geo: options.geo ?? nowhere,
    assetsDir: ASSETS,
    version: 'test',
  })
  const put = async (change: object) =>
    importSettings(app.store, readSettings({ ...SETTINGS, ...change }), clock)
  await put(options.settings ?? {})
  const origin = await app.listen()
  await app.ready()
  await app.tick()
  return {
    origin,
    app,
    staff: staffAt(`${origin}/sandbox`),
    log: lines,
    async pass(seconds) {
      // In steps: a clock that jumps looks like an outage of ours, and those end no chat.
      for (let left = seconds; left > 0; left -= STEP_SECONDS) {
        ahead += Math.min(left, STEP_SECONDS) * 1000
        await app.tick()
      }
    },
    async sleep(seconds) {
      ahead += seconds * 1000
      await app.tick()
    },
    async settings(change) {
      await put(change)
      await app.tick()
    },
    close: () => app.close().finally(database?.drop),
  }
}
