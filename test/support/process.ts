/** The built server as a process of its own, to be killed; and a sandbox outside of it that lives on. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSandbox } from '../../sandbox/index.ts'
import { createDatabase } from './mysql.ts'
import { type Staff, staffAt } from './staff.ts'

const MAIN = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url))
const VIEW = fileURLToPath(new URL('../../sandbox/view/', import.meta.url))

export interface OutsideSandbox {
  readonly apiUrl: string
  readonly staff: Staff
  readonly accounts: Awaited<ReturnType<typeof createSandbox>>['accounts']
  close(): Promise<void>
}

export async function startSandbox(): Promise<OutsideSandbox> {
  const sandbox = await createSandbox({ basePath: '', stateFile: null, viewDir: VIEW })
  const server = createServer(sandbox.handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    apiUrl: `${origin}/v1`,
    staff: staffAt(origin),
    accounts: sandbox.accounts,
    async close() {
      await sandbox.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export interface Folder {
  readonly path: string
  remove(): void
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'frontroom-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A folder to run a server process in, and the database of the lane's engine for it. */
export async function workplace(): Promise<{ path: string; databaseUrl: string; remove(): Promise<void> }> {
  const folder = temporaryFolder()
  const database = process.env.FRONTROOM_TEST_ENGINE === 'mysql' ? await createDatabase() : null
  return {
    path: folder.path,
    databaseUrl: database?.url ?? `sqlite:${join(folder.path, 'test.db')}`,
    async remove() {
      folder.remove()
      await database?.drop()
    },
  }
}

export interface ServerProcess {
  readonly origin: string
  /** What it has said so far: standard output and error. */
  said(): string
  signal(name: NodeJS.Signals): void
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** Starts the server and waits until it is ready. @throws with what it said when it ends instead */
export async function startProcess(env: Record<string, string>, cwd: string): Promise<ServerProcess> {
  const child = runMain(env, cwd)
  const origin = await child.firstMatch(/"listening":"([^"]+)"/)
  await child.firstMatch(/"msg":"(ready)"/)
  return { origin, said: child.said, signal: (name) => void child.process.kill(name), ended: child.ended }
}

/** Runs the server with nothing of our own environment but the path. */
export function runMain(env: Record<string, string>, cwd: string) {
  const process_: ChildProcess = spawn(process.execPath, [MAIN], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const listeners = new Set<() => void>()
  for (const stream of [process_.stdout, process_.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      for (const listener of listeners) listener()
    })
  }
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    process_.once('close', (code, signal) => {
      resolve(code ?? signal ?? 0)
      for (const listener of listeners) listener()
    })
  })
  return {
    process: process_,
    ended,
    said: () => said,
    firstMatch: (pattern: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(said)?.[1]
          if (found === undefined && process_.exitCode === null && process_.signalCode === null) return
          listeners.delete(look)
          if (found !== undefined) resolve(found)
          else reject(new Error(`the server ended:\n${said}`))
        }
        listeners.add(look)
        look()
      }),
  }
}
