/** Desks at a sandbox, and at a Webex that answers what no sandbox says. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { RoomRef } from '../../server/ports.ts'
import { createWebexClient } from '../../server/webex/client.ts'
import { createWebexDesk } from '../../server/webex/desk.ts'
import { fixedToken } from '../../server/webex/oauth.ts'
import { openRoom, type Started, startSandbox } from '../sandbox/start.ts'

export const ANNA = 'anna@example.com'
export const NOW = Date.parse('2026-11-20T12:00:00Z')
export const SECRET = 's'.repeat(32)

interface Settings {
  readonly tokens?: { readonly integration: string; readonly bot: string | null }
  readonly hookUrl?: string | null
  readonly now?: () => number
}

export function deskAt(apiUrl: string, settings: Settings = {}) {
  const { tokens = { integration: 'one', bot: 'two' }, hookUrl = null, now = () => NOW } = settings
  const client = (token: string) => createWebexClient({ apiUrl, tokens: fixedToken(token, 'test') })
  return createWebexDesk({
    integration: client(tokens.integration),
    bot: tokens.bot === null ? null : client(tokens.bot),
    hookUrl,
    hookSecret: SECRET,
    clock: { now },
  })
}

export const roomRef = (id: string): RoomRef => ({ id, details: { ref: 'C-7F3KQ2', roomId: id } })

/** A desk at a sandbox, with a room that has Anna in it. */
export async function furnished(settings: Omit<Settings, 'tokens'> = {}) {
  const started = await startSandbox()
  const { integrationToken, botToken } = started.sandbox.accounts
  const desk = deskAt(`${started.base}/v1`, {
    ...settings,
    tokens: { integration: integrationToken, bot: botToken },
  })
  const roomId = await openRoom(started, [ANNA])
  return { started, desk, roomId, room: roomRef(roomId) }
}

export const fault = (started: Started, rule: object) => started.api('POST', '/faults', rule)

interface Logged {
  readonly method: string
  readonly path: string
  readonly status: number
}

/** Calls made so far, as `POST /messages 400`. */
export async function calls(started: Started, pattern: RegExp): Promise<string[]> {
  const { body } = await started.api<{ items: Logged[] }>('GET', '/requests')
  return body.items
    .map(({ method, path, status }) => `${method} ${path} ${status}`)
    .filter((call) => pattern.test(call))
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** A Webex that answers what it is told to, for what the sandbox never says; keeps what was asked. */
export async function oddWebex(
  answer: (path: string, query: URLSearchParams, method: string) => Answer | Promise<Answer>,
  settings: Settings = {},
) {
  const asked: string[] = []
  const server = createServer(async (req: IncomingMessage, res) => {
    const url = new URL(req.url ?? '/', 'http://x')
    const path = url.pathname.slice('/v1'.length)
    asked.push(`${req.method} ${path}${url.search}`)
    const isBot = req.headers.authorization === 'Bearer two'
    const me = {
      id: isBot ? 'bot' : 'desk',
      emails: [isBot ? 'desk@webex.bot' : 'desk@example.com'],
      displayName: 'Desk',
    }
    const {
      status = 200,
      body = {},
      headers = {},
    } = path === '/people/me' ? { body: me } : await answer(path, url.searchParams, req.method ?? '')
    req.resume()
    res.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, desk: deskAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, settings) }
}
