/** The built server as a process, and how it is spoken to. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
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
const KEPT_OPEN = new Agent({ keepAlive: true })
const json = { 'content-type': 'application/json' }
export async function api<T>(method: string, url: string, token?: string, body?: unknown): Promise<T> {
  const headers = { ...json, ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  // Node's bare client: what `fetch` costs would be counted as ours.
  const call = request(url, { method, headers, agent: KEPT_OPEN })
  call.end(body === undefined ? undefined : JSON.stringify(body))
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  const text = Buffer.concat(await response.toArray()).toString()
  if ((response.statusCode ?? 500) >= 400) throw new Error(`${method} ${url}: ${response.statusCode} ${text}`)
  return JSON.parse(text) as T
}

/**
 * The stand-in for Webex as a process of its own, as Webex is: on the thread that takes the times its work would be counted as
 * ours.
 */
export async function startSandbox() {
  const child = spawn(process.execPath, [join(DIST, 'sandbox/main.js'), '0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { api: address, accounts } = JSON.parse(line) as {
    api: string
    accounts: { integrationToken: string }
  }
  return {
    origin: new URL(address).origin,
    integrationToken: accounts.integrationToken,
    stop: () => void child.kill('SIGTERM'),
  }
}
