/** A bot identity at a sandbox, called by it over HTTP; its thread is built as it is shipped. */
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import { createSandbox } from '../../sandbox/index.ts'
import type { DirectLine, HookRequest, Received } from '../../server/ports.ts'
import { type BotIdentityOptions, createBotIdentity } from '../../server/webex/bot-identity.ts'
import { createWebexClient } from '../../server/webex/client.ts'
import { fixedToken } from '../../server/webex/oauth.ts'

export const SECRET = 'a secret of at least thirty-two characters: ąę'
export const ANNA = 'Anna.Kowalska@example.com'
export const BOT = 'frontroom@webex.bot'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Built {
  /** Beside each other, as in `dist/`. Packages are found because it is inside node_modules. */
  readonly identity: URL
  readonly worker: URL
  /** A file of a few lines in the same folder. */
  file(name: string): string
  remove(): void
}

/** Node 20 runs no TypeScript, neither in a Worker nor in a process of its own. */
export async function buildIdentity(): Promise<Built> {
  mkdirSync(`${root}node_modules/.cache`, { recursive: true })
  const folder = mkdtempSync(`${root}node_modules/.cache/bot-identity-`)
  await build({
    entryPoints: {
      identity: `${root}server/webex/bot-identity.ts`,
      client: `${root}server/webex/client.ts`,
      oauth: `${root}server/webex/oauth.ts`,
      'bot-identity-worker': `${root}server/webex/bot-identity-worker.ts`,
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  })
  return {
    identity: pathToFileURL(`${folder}/identity.js`),
    worker: pathToFileURL(`${folder}/bot-identity-worker.js`),
    file: (name) => `${folder}/${name}`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export const sign = (body: string | Buffer) => createHmac('sha1', SECRET).update(body).digest('hex')

export const hookRequest = (rawBody: Buffer, signature: string | undefined): HookRequest => ({
  method: 'POST',
  url: new URL('http://hook.invalid/hooks/webex/bot'),
  headers: { 'x-spark-signature': signature },
  rawBody,
})

type End = () => void | Promise<void>
/** Takes what is to be done at the end, of a test unless something else is said. */
export type AtEnd = (end: End) => void

/** Listens on a port of its own until the end. Returns its origin. */
export async function serve(listener: RequestListener, atEnd: AtEnd = onTestFinished): Promise<string> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A sandbox, called over HTTP as everybody. */
async function startWebex(atEnd: AtEnd) {
  const sandbox = await createSandbox({ basePath: '', stateFile: null, viewDir: root })
  const origin = await serve(sandbox.handle, atEnd)
  atEnd(() => sandbox.close())
  async function call<T>(method: string, path: string, token: string | null, body?: unknown): Promise<T> {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text === '' ? 'null' : text) as T
  }
  const { accounts, handle } = sandbox
  const as =
    (token: string) =>
    <T = unknown>(method: string, path: string, body?: unknown) =>
      call<T>(method, `/v1${path}`, token, body)
  return {
    accounts,
    handle,
    apiUrl: `${origin}/v1`,
    rest: as(accounts.integrationToken),
    bot: as(accounts.botToken),
    /** The sandbox's own: what people do there, and what shall go wrong. */
    api: <T = unknown>(method: string, path: string, body?: unknown) =>
      call<T>(method, `/api${path}`, null, body),
  }
}

export interface Call {
  readonly raw: Buffer
  readonly signature: string
  readonly resource: string
}

/** Where Webex calls; `take` can be set and changed. Every call is kept. */
async function startHooks(atEnd: AtEnd) {
  const calls: Call[] = []
  const hooks = {
    calls,
    url: '',
    take: async (_request: HookRequest): Promise<Received> => ({ ok: true, rooms: [] }),
  }
  const origin = await serve(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
    const raw = Buffer.concat(chunks)
    const signature = String(req.headers['x-spark-signature'] ?? '')
    const { resource } = JSON.parse(raw.toString('utf8')) as Call
    calls.push({ raw, signature, resource })
    const received = await hooks.take(hookRequest(raw, signature))
    res.writeHead(received.ok ? 204 : 401).end()
  }, atEnd)
  hooks.url = `${origin}/hooks/webex/bot`
  return hooks
}

export interface Hook {
  readonly id: string
  readonly name: string
  readonly targetUrl: string
  readonly resource: string
  readonly event: string
}

export interface Scene {
  readonly webex: Awaited<ReturnType<typeof startWebex>>
  readonly hooks: Awaited<ReturnType<typeof startHooks>>
}

export async function scene(atEnd: AtEnd = onTestFinished): Promise<Scene> {
  return { webex: await startWebex(atEnd), hooks: await startHooks(atEnd) }
}

/** An identity of the sandbox's bot that gets the calls of `hooks`, until the end. */
export function identityAt(
  { webex, hooks }: Scene,
  options: Partial<BotIdentityOptions> = {},
  atEnd: AtEnd = onTestFinished,
) {
  const rooms: string[] = []
  const lines: DirectLine[] = []
  const logged: string[] = []
  const log = (fields: object, message: string) =>
    void logged.push(`${message} ${JSON.stringify(fields)} ${String((fields as { err?: Error }).err?.stack)}`)
  const { token = webex.accounts.botToken, apiUrl = webex.apiUrl } = options
  const identity = createBotIdentity({
    token,
    apiUrl,
    hookUrl: hooks.url,
    hookSecret: SECRET,
    client: createWebexClient({ apiUrl, tokens: fixedToken(token, 'bot') }),
    heard: { room: (roomId) => rooms.push(roomId), direct: (line) => lines.push(line) },
    log: { info: log, warn: log, error: log },
    ...options,
  })
  hooks.take = identity.receive
  atEnd(() => identity.close())
  return { identity, rooms, lines, logged, texts: () => lines.map((line) => line.text) }
}

export async function webhooksOf({ webex }: Scene): Promise<readonly Hook[]> {
  return (await webex.bot<{ items: Hook[] }>('GET', '/webhooks')).items
}

/** A room of the integration account with the bot and somebody in it. */
export async function roomWithBot({ webex }: Scene): Promise<string> {
  const room = await webex.rest<{ id: string }>('POST', '/rooms', { title: 'Sales · Anna · C-7F3KQ2' })
  for (const personEmail of [BOT, ANNA]) {
    await webex.rest('POST', '/memberships', { roomId: room.id, personEmail })
  }
  return room.id
}

export const sayInRoom = ({ webex }: Scene, roomId: string, words: string) =>
  webex.rest<{ id: string }>('POST', '/messages', { roomId, markdown: `<@personEmail:${BOT}> ${words}` })

export const sayDirectly = ({ webex }: Scene, text: string) =>
  webex.api<{ id: string; roomId: string }>('POST', '/direct', { as: ANNA, to: BOT, text })

export const fault = ({ webex }: Scene, ...rules: object[]) => webex.api('POST', '/faults', rules)

/** What the bot account asked Webex, such as `GET /people/me`. */
export async function requestsOf({ webex }: Scene): Promise<readonly string[]> {
  const { items } = await webex.api<{ items: { method: string; path: string; who: string | null }[] }>(
    'GET',
    '/requests',
  )
  return items.filter(({ who }) => who === BOT).map(({ method, path }) => `${method} ${path}`)
}
