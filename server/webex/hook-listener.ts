/** Stands where the server will stand, to see whether the calls of Webex get there. */
import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { singleLine } from '../core/text.ts'
import type { HookRequest, Received } from '../ports.ts'
import { lineOf } from './advice.ts'

export const HOOK_PATH = '/hooks/webex'
const MAX_BODY = 64 * 1024

export interface HookListener {
  /** As reached from this machine. */
  readonly origin: string
  /** True once a call with a fitting signature named the room; false after `ms` or when `signal` ends the wait. */
  heard(roomId: string, ms: number, signal: AbortSignal): Promise<boolean>
  /** Why nothing was heard, as far as it can be told from here: asks `publicUrl` itself. */
  whyNot(publicUrl: string): Promise<string>
  close(): Promise<void>
}

/** @throws the listening error, e.g. with the code `EADDRINUSE` */
export async function listenForHooks(options: {
  readonly port: number
  readonly host: string | undefined
  readonly receive: (request: HookRequest) => Received
}): Promise<HookListener> {
  const { port, host, receive } = options
  const rooms = new Set<string>()
  const moved = new EventEmitter()
  // Told to whoever asks, so that an answer through PUBLIC_URL is known to be ours.
  const mark = randomBytes(16).toString('hex')
  let forged = 0
  let elsewhere: string | null = null

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(`http://hook.invalid${request.url?.startsWith('/') ? request.url : '/'}`)
    const reply = (status: number, text = '') =>
      void response.writeHead(status, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' }).end(text)
    if (url.pathname !== HOOK_PATH) {
      if (request.method === 'POST') elsewhere = singleLine(url.pathname, 200)
      return reply(404)
    }
    if (request.method === 'GET') return reply(200, mark)
    if (request.method !== 'POST') return reply(405)
    const rawBody = await bodyOf(request)
    if (rawBody === null) return reply(413)
    const headers: Record<string, string | undefined> = {}
    for (const [name, value] of Object.entries(request.headers))
      headers[name] = Array.isArray(value) ? value[0] : value
    const received = receive({ method: 'POST', url, headers, rawBody })
    if (!received.ok) {
      forged++
      return reply(401)
    }
    for (const room of received.rooms) rooms.add(room)
    moved.emit('room')
    return reply(204)
  }

  const server = createServer((request, response) => {
    // A caller that breaks off is nobody's mistake.
    answer(request, response).catch(() => response.destroy())
  })
  server.listen({ port, host })
  await once(server, 'listening')

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,

    async heard(roomId, ms, signal) {
      const timer = new AbortController()
      const timeout = setTimeout(() => timer.abort(), ms)
      const stop = () => timer.abort()
      signal.addEventListener('abort', stop)
      try {
        while (!rooms.has(roomId) && !signal.aborted) await once(moved, 'room', { signal: timer.signal })
      } catch (error) {
        if (!timer.signal.aborted) throw error
      } finally {
        clearTimeout(timeout)
        signal.removeEventListener('abort', stop)
      }
      return rooms.has(roomId)
    },

    async whyNot(publicUrl) {
      if (forged > 0)
        return 'Calls came, but their signature does not fit: something on the way changes them, or they are of another Frontroom. Proxies must pass the body on byte for byte.'
      if (elsewhere !== null)
        return `A call came for ${elsewhere} instead of ${HOOK_PATH}: the proxy must take the path of PUBLIC_URL away before it passes a call on.`
      const target = `${publicUrl}${HOOK_PATH}`
      const wrong = (what: string) =>
        `${what} Let the proxy or tunnel behind PUBLIC_URL pass everything on to port ${(server.address() as AddressInfo).port} of this machine.`
      try {
        const response = await fetch(target, { redirect: 'manual', signal: AbortSignal.timeout(10_000) })
        const text = await response.text()
        if (text === mark)
          return `${target} does lead here, seen from this machine. So Webex cannot reach it: look at its public name, its firewall, and its certificate (with all intermediate ones).`
        return wrong(`${target} does not lead here: it answers ${response.status}.`)
      } catch (error) {
        return wrong(`${target} cannot be reached from this machine (${lineOf(causeOf(error))}).`)
      }
    },

    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Null when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  // Without the option, leaving the loop would break the connection before it was answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** `fetch` says no more than that it failed; why is in its cause. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error
