/** Finds a MySQL or MariaDB server for the tests, or starts one of its own where `mariadbd` is installed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'

const LOCAL = 'mysql://root@127.0.0.1:3306/'

/** The address to use, `start` when one has to be started, null when there is none to be had. */
export async function findMysql(): Promise<string | 'start' | null> {
  if (process.env.TEST_MYSQL_URL) return process.env.TEST_MYSQL_URL
  if (await answers(LOCAL)) return LOCAL
  return mariadbd() === null ? null : 'start'
}

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await createConnection({ uri: url, connectTimeout: 2_000 })
    await connection.end()
    return true
  } catch {
    return false
  }
}

function mariadbd(): string | null {
  for (const folder of (process.env.PATH ?? '').split(':').concat('/usr/sbin')) {
    if (existsSync(join(folder, 'mariadbd'))) return join(folder, 'mariadbd')
  }
  return null
}

/** A server of our own in a temporary folder, reached on a free port; gone with `stop`. */
export async function startMysql(): Promise<{ url: string; stop(): Promise<void> }> {
  const binary = mariadbd()
  if (binary === null) throw new Error('there is no mariadbd')
  const folder = mkdtempSync(join(tmpdir(), 'frontroom-mariadb-'))
  const data = join(folder, 'data')
  // MariaDB refuses to run as root unless it is told to.
  const asWhom = process.getuid?.() === 0 ? ['--user=root'] : []
  const made = [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    ...asWhom,
  ]
  execFileSync('mariadb-install-db', made, { stdio: 'ignore' })
  const port = 33_000 + Math.floor(Math.random() * 1_000)
  const server: ChildProcess = spawn(
    binary,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--port=${port}`,
      `--socket=${join(folder, 'socket')}`,
      '--bind-address=127.0.0.1',
      ...asWhom,
    ],
    { stdio: 'ignore' },
  )
  const url = `mysql://root@127.0.0.1:${port}/`
  for (const until = Date.now() + 60_000; !(await accepts(port)); ) {
    if (Date.now() > until || server.exitCode !== null)
      throw new Error('the MariaDB of the tests did not start')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return {
    url,
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.end())
  })
}
