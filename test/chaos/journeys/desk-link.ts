/** Between the server and the sandbox: what goes wrong is decided call by call and room by room. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DeletedMessage } from '../logs.ts'

/** What becomes of one call. `late`: ms after its caller was answered. */
export type Fate =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly effect: boolean
      readonly retryAfter?: number
    }
  | { readonly kind: 'nonsense' }
  | { readonly kind: 'reset'; readonly effect: boolean }
  | { readonly kind: 'late'; readonly ms: number; readonly reset: boolean }
  /** Of a list: all but the newest so many. */
  | { readonly kind: 'lag'; readonly behind: number }

export interface Call {
  readonly method: string
  /** Without `/v1`. */
  readonly path: string
  readonly roomId: string
}

/** Moments of a call at which something else may strike. */
export type Moment = 'arrives' | 'took effect' | 'was answered'

export interface DeskLink {
  readonly apiUrl: string
  /** Says what goes wrong with a call; null: nothing. */
  fate(decide: (call: Call) => Fate | null): void
  /** Tells of the moments of every call, before it goes on. */
  watch(at: (call: Call, moment: Moment) => Promise<void>): void
  readonly deleted: readonly (DeletedMessage & { readonly roomId: string })[]
  /** Resolves when every late effect has come. */
  settled(): Promise<void>
  close(): Promise<void>
}

export async function createDeskLink(sandboxOrigin: string): Promise<DeskLink> {
  let decide: (call: Call) => Fate | null = () => null
  let at: (call: Call, moment: Moment) => Promise<void> = async () => undefined
  const deleted: (DeletedMessage & { roomId: string })[] = []
  const late = new Set<Promise<unknown>>()

  async function carry(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const url = new URL(req.url ?? '/', sandboxOrigin)
    const { authorization = '' } = req.headers
    const call: Call = {
      method: req.method ?? 'GET',
      path: url.pathname.replace(/^\/v1/, ''),
      roomId: url.searchParams.get('roomId') ?? roomIn(body),
    }
    const effect = () =>
      fetch(url, {
        method: call.method,
        headers: { authorization, ...(body.length > 0 && { 'content-type': 'application/json' }) },
        ...(body.length > 0 && { body: new Uint8Array(body) }),
      })
    const answer = (status: number, text: string, headers: Record<string, string> = {}) => {
      res.writeHead(status, { 'content-type': 'application/json', ...headers })
      res.end(text)
    }
    if (call.method === 'DELETE' && call.path.startsWith('/messages/')) await noteDeletion(url, authorization)
    await at(call, 'arrives')
    const fate = decide(call)
    if (fate?.kind === 'late') {
      const coming = new Promise((resolve) => setTimeout(resolve, fate.ms)).then(effect)
      late.add(coming)
      void coming.finally(() => late.delete(coming))
      if (fate.reset) res.destroy()
      else answer(504, '')
      return
    }
    const wanted = !fate || fate.kind === 'nonsense' || fate.kind === 'lag' || fate.effect
    const real = wanted ? await effect() : null
    const text = (await real?.text()) ?? ''
    await at(call, 'took effect')
    if (fate?.kind === 'reset') res.destroy()
    else if (fate?.kind === 'nonsense') answer(200, '<html>')
    else if (fate?.kind === 'answer')
      answer(fate.status, '', fate.retryAfter === undefined ? {} : { 'retry-after': String(fate.retryAfter) })
    else {
      const link = real?.headers.get('link')
      const shown = fate?.kind === 'lag' ? behind(text, fate.behind) : text
      const status = real?.status ?? 500
      if (status === 204) res.writeHead(204).end()
      else answer(status, shown, link ? { link } : {})
    }
    await at(call, 'was answered')
  }

  async function noteDeletion(url: URL, authorization: string): Promise<void> {
    const answer = await fetch(url, { headers: { authorization } })
    if (!answer.ok) return
    type Seen = Record<'id' | 'roomId' | 'text' | 'created' | 'personEmail', string>
    const { id, roomId, text, created, personEmail } = (await answer.json()) as Seen
    const by = personEmail.endsWith('@example.com') ? 'staff' : 'us'
    deleted.push({ id, roomId, text, by, at: Date.parse(created), deletedAt: Date.now() })
  }

  const server = createServer((req, res) => void carry(req, res).catch(() => res.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    fate(next) {
      decide = next
    },
    watch(next) {
      at = next
    },
    deleted,
    settled: async () => void (await Promise.all(late)),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function roomIn(body: Buffer): string {
  try {
    const value = JSON.parse(body.toString('utf8')) as { roomId?: unknown }
    return typeof value.roomId === 'string' ? value.roomId : ''
  } catch {
    return ''
  }
}

function behind(text: string, count: number): string {
  const list = JSON.parse(text) as { items?: unknown[] }
  return list.items ? JSON.stringify({ ...list, items: list.items.slice(count) }) : text
}
