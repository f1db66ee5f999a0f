/** A MariaDB of the crash test: somebody's server, in which it has a database of its own; or a whole one that it may kill. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createConnection, type RowDataPacket } from 'mysql2/promise'

export interface Database {
  readonly port: number
  /** For servers that reach it at this port of ours. */
  urlAt(port: number): string
  rows<T>(sql: string): Promise<T[]>
  /** SIGKILL, and up again after a while; null where the server is not ours. */
  readonly kill: ((downMs: number) => Promise<void>) | null
  remove(): Promise<void>
}

/** @param url where a database may be made; null: a server of our own */
export async function openDatabase(url: string | null): Promise<Database> {
  const server = url === null ? await ownServer() : null
  const root = new URL(server?.url ?? url ?? '')
  const name = `frontroom_test_${randomBytes(6).toString('hex')}`
  const run = async <T>(sql: string, database = ''): Promise<T[]> => {
    const at = new URL(root)
    at.pathname = `/${database}`
    const connection = await createConnection({ uri: at.href, connectTimeout: 5_000, timezone: 'Z' })
    try {
      return (await connection.query<RowDataPacket[]>(sql))[0] as T[]
    } finally {
      await connection.end()
    }
  }
  await run(`create database ${name}`)
  return {
    port: Number(root.port || 3306),
    urlAt(port) {
      const at = new URL(root)
      Object.assign(at, { host: `127.0.0.1:${port}`, pathname: `/${name}` })
      return at.href
    },
    rows: (sql) => run(sql, name),
    kill: server?.kill ?? null,
    async remove() {
      await run(`drop database ${name}`)
      await server?.stop()
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

async function ownServer() {
  const binary = ['/usr/sbin/mariadbd', '/usr/bin/mariadbd', '/usr/local/sbin/mariadbd'].find(existsSync)
  if (!binary) throw new Error('there is no mariadbd on this machine; name a server with --mysql')
  const folder = mkdtempSync(join(tmpdir(), 'frontroom-chaos-'))
  const data = join(folder, 'data')
  // MariaDB refuses to run as root unless it is told to.
  const asWhom = process.getuid?.() === 0 ? ['--user=root'] : []
  execFileSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...asWhom,
    ],
    { stdio: 'ignore' },
  )
  const port = await freePort()
  const url = `mysql://root@127.0.0.1:${port}/`
  const start = async (): Promise<ChildProcess> => {
    const socket = `--socket=${join(folder, 'socket')}`
    const options = [
      '--no-defaults',
      `--datadir=${data}`,
      `--port=${port}`,
      socket,
      '--bind-address=127.0.0.1',
    ]
    const child = spawn(binary, [...options, ...asWhom], { stdio: 'ignore' })
    for (const until = Date.now() + 60_000; !(await answers(url)); ) {
      if (Date.now() > until || child.exitCode !== null) throw new Error('MariaDB did not start')
      await pause(100)
    }
    return child
  }
  let running = await start()
  process.once('exit', () => running.kill('SIGKILL'))
  const end = async (signal: NodeJS.Signals) => {
    const ended = once(running, 'exit')
    running.kill(signal)
    await ended
  }
  return {
    url,
    async kill(downMs: number) {
      await end('SIGKILL')
      await pause(downMs)
      running = await start()
    },
    async stop() {
      await end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function answers(uri: string): Promise<boolean> {
  try {
    await (await createConnection({ uri, connectTimeout: 1_000 })).end()
    return true
  } catch {
    return false
  }
}
