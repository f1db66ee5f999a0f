import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Sandbox, SandboxOptions } from '../../sandbox/index.ts'
import { createSandbox } from '../../sandbox/index.ts'

export type Json = Record<string, unknown>

export interface Answered<Body = Json> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

/** A sandbox on an ephemeral port, closed with the test. */
export async function startSandbox(options: Partial<SandboxOptions> = {}) {
  const lines: string[] = []
  const sandbox: Sandbox = await createSandbox({
    basePath: '/sandbox',
    stateFile: null,
    viewDir: join(import.meta.dirname, '../../sandbox/view'),
    log: (line) => lines.push(line),
    ...options,
  })
  const server = http.createServer(sandbox.handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const base = `${origin}${options.basePath ?? '/sandbox'}`
  let closed: Promise<void> | undefined
  function close(): Promise<void> {
    closed ??= sandbox.close().then(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    })
    return closed
  }
  onTestFinished(close)

  async function call<Body = Json>(
    url: string,
    method: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answered<Body>> {
    const response = await fetch(url, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
    })
    const text = await response.text()
    const json = response.headers.get('content-type')?.includes('json') && text !== ''
    return {
      status: response.status,
      headers: response.headers,
      body: (json ? JSON.parse(text) : { text }) as Body,
    }
  }

  /** A REST call as somebody; the path is below `/v1`, or an absolute `next` address. */
  function as(token: string) {
    return <Body = Json>(method: string, path: string, body?: unknown) =>
      call<Body>(path.startsWith('http') ? path : `${base}/v1${path}`, method, body, {
        authorization: `Bearer ${token}`,
      })
  }

  return {
    sandbox,
    origin,
    base,
    port,
    lines,
    close,
    as,
    rest: as(sandbox.accounts.integrationToken),
    bot: as(sandbox.accounts.botToken),
    /** The sandbox's own API, below `/api`. */
    api: <Body = Json>(method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
      call<Body>(`${base}/api${path}`, method, body, headers),
  }
}

export type Started = Awaited<ReturnType<typeof startSandbox>>

/** A room of the integration account with these people in it; returns its id. */
export async function openRoom({ rest }: Started, people: readonly string[] = []): Promise<string> {
  const room = await rest<{ id: string }>('POST', '/rooms', { title: 'Sales · Anna · C-7F3KQ2' })
  for (const personEmail of people) await rest('POST', '/memberships', { roomId: room.body.id, personEmail })
  return room.body.id
}

export interface Hooked {
  readonly raw: Buffer
  readonly signature: string | undefined
  readonly json: Json & { data: Json }
}

/** A receiver of webhooks; `answer` decides the status of each call. */
export async function startReceiver(answer: () => number = () => 200) {
  const calls: Hooked[] = []
  const server = http.createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
    const raw = Buffer.concat(chunks)
    const signature = req.headers['x-spark-signature']
    calls.push({ raw, signature: String(signature ?? ''), json: JSON.parse(raw.toString('utf8')) })
    res.writeHead(answer()).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { calls, url: `http://127.0.0.1:${port}/hooks/webex` }
}

/** Addresses named by `Link: <…>; rel="next"`. */
export function nextOf(headers: Headers): string | null {
  return /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1] ?? null
}
