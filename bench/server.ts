/** The built server as a process, and how it is spoken to. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const DIST = fileURLToPath(new URL('../', import.meta.url))

export interface Server {
  readonly origin: string
  readonly startedInMs: number
  rssMb(): number
  stop(): Promise<void>
}

export function startServer(env: Record<string, string>): Promise<Server> {
  const began = performance.now()
  const child = spawn(process.execPath, [join(DIST, 'server/main.js')], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${said}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const origin = /"listening":"([^"]+)"/.exec(said)?.[1]
      if (origin === undefined || !said.includes('"msg":"ready"')) return
      child.stdout.removeAllListeners('data').resume()
      resolve({
        origin,
        startedInMs: performance.now() - began,
        rssMb: () =>
          Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
        stop: () =>
          new Promise((done) => {
            child.removeAllListeners('exit').once('exit', () => done())
            child.kill('SIGTERM')
          }),
      })
    })
  })
}

export interface Event {
  readonly seq: number
  readonly type: string
  readonly message?: { readonly text: string }
}
const json = { 'content-type': 'application/json' }
export async function api<T>(method: string, url: string, token?: string, body?: unknown): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: { ...json, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}
