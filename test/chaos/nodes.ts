/** The servers under test: real processes, each with links of its own that can go wrong. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './database.ts'
import { createProxy, type Link } from './proxy.ts'

export interface Node {
  readonly origin: string
  readonly port: number
  readonly toDatabase: Link
  readonly toWebex: Link
  isUp(): boolean
  /** SIGKILL, and started again after a while. */
  kill(downMs: number): Promise<void>
  /** SIGSTOP, then SIGCONT. */
  freeze(ms: number): Promise<void>
  stop(): Promise<void>
}

export interface NodeParts {
  readonly main: string
  readonly folder: string
  readonly name: string
  readonly databasePort: number
  readonly webexPort: number
  /** Milliseconds by which its clock is wrong. */
  readonly skewMs: number
  /** Without what depends on the node's own ports. */
  env(ports: {
    readonly database: number
    readonly webex: number
    readonly own: number
  }): Record<string, string>
}

const READY_MS = 60_000

/** Loaded before the server: its machine's clock is wrong, while what measures durations is not. */
const WRONG_CLOCK = `data:text/javascript,${encodeURIComponent(`
  const Right = Date
  const wrong = () => Right.now() + Number(process.env.CHAOS_SKEW_MS)
  globalThis.Date = class extends Right {
    constructor(...given) { given.length > 0 ? super(...given) : super(wrong()) }
    static now() { return wrong() }
  }
`)}`

export async function startNode({
  main,
  folder,
  name,
  databasePort,
  webexPort,
  skewMs,
  env,
}: NodeParts): Promise<Node> {
  const [toDatabase, toWebex, port] = await Promise.all([
    createProxy(databasePort),
    createProxy(webexPort),
    freePort(),
  ])
  const origin = `http://127.0.0.1:${port}`
  const log = createWriteStream(join(folder, `${name}.log`))
  const variables = env({ database: toDatabase.port, webex: toWebex.port, own: port })
  let child: ChildProcess
  let isUp = false
  /** What happens to a node happens one after the other. */
  let last: Promise<void> = Promise.resolve()

  function spawnIt(): ChildProcess {
    const started = spawn(process.execPath, ['--import', WRONG_CLOCK, '--enable-source-maps', main], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', ...variables, CHAOS_SKEW_MS: String(skewMs) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [started.stdout, started.stderr]) stream?.pipe(log, { end: false })
    return started
  }

  /** A start in the middle of a dead database ends; like any operator's supervisor we try again. */
  async function start(): Promise<void> {
    child = spawnIt()
    for (const until = Date.now() + READY_MS; ; ) {
      const ready = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => null)
      if (ready?.status === 200) break
      if (Date.now() > until) throw new Error(`${name} does not get ready; see ${folder}`)
      if (child.exitCode !== null || child.signalCode !== null) child = spawnIt()
      await pause(100)
    }
    isUp = true
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    isUp = false
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  const after = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work)
    return last
  }

  process.once('exit', () => child.kill('SIGKILL'))
  await start()
  return {
    origin,
    port,
    toDatabase,
    toWebex,
    isUp: () => isUp,
    kill: (downMs) =>
      after(async () => {
        await end('SIGKILL')
        await pause(downMs)
        await start()
      }),
    freeze: (ms) =>
      after(async () => {
        isUp = false
        child.kill('SIGSTOP')
        await pause(ms)
        child.kill('SIGCONT')
        isUp = true
      }),
    async stop() {
      await after(() => end('SIGTERM'))
      await Promise.all([toDatabase.close(), toWebex.close()])
      log.end()
    },
  }
}
