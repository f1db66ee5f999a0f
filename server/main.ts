/** Reads the environment, starts, and stops on a signal. */
import { fileURLToPath } from 'node:url'
import pkg from '../package.json' with { type: 'json' }
import { createApp } from './app.ts'
import { readConfig } from './config.ts'
import { ConfigError } from './core/errors.ts'
import { readDotEnv } from './dot-env.ts'
import { createLog } from './log.ts'

/** After this long the process goes, whatever still hangs. */
const STOP_MS = 20_000

try {
  const config = readConfig(readDotEnv(process.env))
  const log = createLog(config.logLevel)
  const app = await createApp(config, {
    log,
    assetsDir: fileURLToPath(new URL('..', import.meta.url)),
    version: pkg.version,
  })

  let stopping = false
  const stop = (signal: string) => {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), STOP_MS).unref()
    app.close().then(
      () => log.info({}, 'stopped'),
      (error: unknown) => {
        log.error({ err: error }, 'the stop was not clean')
        process.exitCode = 1
      },
    )
  }
  process.once('SIGTERM', () => stop('SIGTERM'))
  process.once('SIGINT', () => stop('SIGINT'))

  const origin = await app.listen()
  log.info({ listening: origin, version: pkg.version }, 'listening')
  await app.ready()
  log.info({}, 'ready')
} catch (error) {
  // The one line an operator must be able to read without a tool.
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : String((error as Error).stack ?? error)}\n`,
  )
  process.exit(1)
}
