/**
 * A visitor API of one chat whose every word the test says, with the widget built from the sources and a page of a strict
 * policy around it.
 */
import { EventEmitter, once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildWidget } from '../../widget/build.js'
import type { ChatEvent, ChatState, Message } from '../../widget/chat/wire.ts'

const LOOK = { accent: '#0b6e4f', onAccent: '#fff', position: 'right', logo: null, title: { en: 'Chat' } }
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'"

type Reply = readonly [status: number, body?: object]

export interface VisitorApi {
  readonly origin: string
  /** `POST /a/path` of every call so far. */
  readonly calls: readonly string[]
  /** What the visitor wrote. */
  readonly written: readonly string[]
  say(from: Message['from'], text: string, choices?: readonly string[]): void
  become(state: ChatState, reason?: string): void
  warn(closesAt: string): void
  /** The next call whose line ends with `what` is answered so; `until` holds the answer back. */
  answer(what: string, reply: Reply, until?: Promise<void>): void
  /** The next file of that kind is not there. */
  lose(kind: 'bot'): void
  /** The next chat begins from nothing, with the bot. */
  forget(): void
  close(): Promise<void>
}

/** `texts` and `lang` as `GET /config` gives them. */
export async function startVisitorApi(texts: object, lang = 'en'): Promise<VisitorApi> {
  const folder = await mkdtemp(join(tmpdir(), 'frontroom-bot-'))
  const files = await buildWidget(folder)
  const events: ChatEvent[] = []
  const calls: string[] = []
  const written: string[] = []
  const planned: { what: string; reply: Reply; until: Promise<void> | undefined }[] = []
  const lost = new Set<string>()
  let state: ChatState = 'bot'
  const news = new EventEmitter()

  function add(event: object): void {
    events.push({ seq: events.length + 1, at: new Date().toISOString(), ...event } as ChatEvent)
    news.emit('event')
  }
  const since = (after: number) => ({
    events: events.slice(after),
    cursor: Math.max(after, events.length),
    chat: { state },
  })

  async function reply(what: string, url: URL, body: { clientId?: string; text?: string }): Promise<Reply> {
    const plan = planned.findIndex((each) => what.endsWith(each.what))
    const [found] = plan < 0 ? [] : planned.splice(plan, 1)
    await found?.until
    if (found) return found.reply
    switch (what) {
      case 'GET /config': {
        const topics = [{ id: 'sales', title: 'Sales', open: true, form: { fields: [] } }]
        return [200, { open: { open: true }, topics, texts, lang }]
      }
      case 'POST /sessions':
        return [201, { session: { id: 's1' }, token: 'token' }]
      case 'POST /chats':
        return [201, { ...since(0), chat: { id: 'c1', state, topic: 'sales' } }]
      case 'GET /chats/c1/events': {
        const after = Number(url.searchParams.get('after'))
        if (after >= events.length && url.searchParams.get('wait') !== '0') await once(news, 'event')
        return [200, since(after)]
      }
      case 'POST /chats/c1/messages': {
        const { clientId, text = '' } = body
        written.push(text)
        add({ type: 'message', message: { id: `m${events.length}`, from: 'visitor', text, clientId } })
        return [201, { event: events.at(-1) }]
      }
      case 'POST /chats/c1/handover':
        return [202]
      default:
        return [204]
    }
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://host')
    const send = (type: string, text: string) => res.setHeader('Content-Type', type).end(text)
    if (url.pathname === '/') {
      res.setHeader('Content-Security-Policy', POLICY)
      const tag = `<script async src="/widget.js" data-lang="${lang}"></script>`
      return void send(
        'text/html; charset=utf-8',
        `<!doctype html><html lang="en"><title>Shop</title><main><h1>Shop</h1></main>${tag}</html>`,
      )
    }
    if (url.pathname === '/widget.js') {
      const settings = { chat: `/widget/${files.chat}`, look: LOOK, bubble: { en: 'Open chat' } }
      const loader = await readFile(join(folder, files.loader), 'utf8')
      return void send(
        'text/javascript',
        loader.replace('__FRONTROOM__', () => JSON.stringify(settings)),
      )
    }
    const file = [files.chat, files.bot].find((name) => url.pathname === `/widget/${name}`)
    if (file && !lost.delete(file)) {
      calls.push(`GET ${file}`)
      return void send('text/javascript; charset=utf-8', await readFile(join(folder, file), 'utf8'))
    }
    if (!url.pathname.startsWith('/api/v1')) return void res.writeHead(404).end()
    let raw = ''
    for await (const chunk of req) raw += chunk
    const what = `${req.method} ${url.pathname.slice('/api/v1'.length)}`
    calls.push(what)
    const [status, body] = await reply(what, url, raw ? JSON.parse(raw) : {})
    res.writeHead(status, { 'Content-Type': 'application/json' }).end(body && JSON.stringify(body))
  }

  const server = createServer((req, res) => void serve(req, res))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    written,
    say(from, text, choices) {
      add({ type: 'message', message: { id: `m${events.length}`, from, text, ...(choices && { choices }) } })
    },
    become(next, reason) {
      state = next
      add({ type: 'state', state: next, reason })
    },
    warn: (closesAt) => add({ type: 'idle_warning', closesAt }),
    answer: (what, answered, until) => void planned.push({ what, reply: answered, until }),
    lose: (kind) => void lost.add(files[kind]),
    forget() {
      events.length = 0
      state = 'bot'
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true })
    },
  }
}
