/**
 * A site and a visitor API of one chat whose every word the test says, with the widget built from the sources and a page of
 * a strict policy around it.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ChatState, Message } from '../../../widget/chat/wire.ts'
import { hostPage, POLICY } from './host-page.ts'
import { createOneChat } from './one-chat.ts'
import { widgetFiles } from './widget-files.ts'

const LOOK = { accent: '#0b6e4f', onAccent: '#fff', position: 'right', logo: null, title: { en: 'Chat' } }
const SALES = { id: 'sales', title: 'Sales', open: true, form: { fields: [] } }
/** For pages whose origin is nobody's: a sandboxed frame. */
const FOR_ANY = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Allow-Methods': '*',
}

type Reply = readonly [status: number, body?: object]
type Body = { readonly clientId?: string; readonly text?: string; readonly [other: string]: unknown }

interface Plan {
  readonly what: string
  readonly reply: Reply | null
  readonly until: Promise<void> | undefined
  /** The call has had its effect before it waits. */
  readonly isDone?: boolean
}

/** A call as it came. `page` is the page that made it, as far as its address is told. */
export interface Call {
  readonly what: string
  readonly body: Body
  readonly page: string
}

export interface VisitorApi {
  readonly origin: string
  /** `POST /a/path` of every call so far. */
  readonly calls: readonly string[]
  readonly requests: readonly Call[]
  /** What `GET /config` was asked with. */
  readonly asked: readonly URLSearchParams[]
  /** What the visitor wrote. */
  readonly written: readonly string[]
  /** The whole conversation: `agent: Hello`. */
  readonly lines: readonly string[]
  /** Pages whose poll is held at this moment. */
  readonly polling: readonly string[]
  /** The most polls that were ever held at once. */
  readonly mostPolling: number
  /** What browsers reported of broken policies. */
  readonly reports: readonly string[]
  say(from: Message['from'], text: string, choices?: readonly string[]): void
  /** What became of the line that reads so; `now` is its text from then on. */
  tell(what: 'delivered' | 'failed' | 'edited' | 'deleted', text: string, now?: string): void
  become(state: ChatState, reason?: string): void
  warn(closesAt: string): void
  /** The next call whose line ends with `what` is answered so; null is as usual. `until` holds the answer back. */
  answer(what: string, reply: Reply | null, until?: Promise<void>): void
  /** The next such call has its effect, but is answered 503, and only after `until`. */
  loseAnswer(what: string, until?: Promise<void>): void
  /** Part of what `GET /config` answers. */
  configure(part: { open?: object; topics?: readonly object[] }): void
  /** Every `n`th call is answered 503, by turns before and after it had its effect; 0 is none. */
  failEvery(n: number): void
  /** How many were. */
  readonly failures: number
  /** Whether every call is answered 503, those that are held included. */
  down(isDown: boolean): void
  /** Puts a page at `path`. */
  serve(path: string, html: string, headers?: Readonly<Record<string, string>>): void
  /** The next file of that kind is not there. */
  lose(kind: string): void
  /** The next chat begins from nothing, with the bot. */
  forget(): void
  close(): Promise<void>
}

/** `texts` and `lang` as `GET /config` gives them. */
export async function startVisitorApi(texts: object, lang = 'en'): Promise<VisitorApi> {
  const { manifest, code } = await widgetFiles()
  const chat = createOneChat()
  const requests: Call[] = []
  const asked: URLSearchParams[] = []
  const written: string[] = []
  const reports: string[] = []
  const held: string[] = []
  const planned: Plan[] = []
  const lost = new Set<string>()
  const pages = new Map<string, { html: string; headers: Readonly<Record<string, string>> }>()
  let config: object = { open: { open: true }, topics: [SALES] }
  let sessions = 0
  let token: string | undefined
  let every = 0
  let count = 0
  let failed = 0
  let isDown = false
  let chats = 1
  let most = 0

  pages.set('/', {
    html: hostPage({ tag: `data-lang="${lang}"` }),
    headers: { 'Content-Security-Policy': POLICY },
  })

  function effect(what: string, url: URL, body: Body): Reply {
    switch (what) {
      case 'GET /config':
        asked.push(url.searchParams)
        return [200, { ...config, texts, lang }]
      case 'POST /sessions':
        sessions++
        token = `token-${sessions}`
        return [201, { session: { id: `s${sessions}` }, token }]
      case 'PATCH /session':
        return [200, {}]
      case 'DELETE /session':
        token = undefined
        if (chat.state !== 'closed') chat.become('closed', 'logout')
        return [204]
      case 'POST /chats':
        return [201, { ...chat.since(0), chat: { id: `c${chats}`, state: chat.state, topic: body.topic } }]
      case 'GET /chats/c1/events':
        return [200, chat.since(Number(url.searchParams.get('after')))]
      case 'POST /chats/c1/messages': {
        const { clientId, text = '' } = body
        written.push(text)
        return [201, { event: chat.write(clientId, text) }]
      }
      case 'POST /chats/c1/handover':
        return [202]
      case 'POST /chats/c1/close':
        if (chat.state !== 'closed') chat.become('closed', 'visitor_ended')
        return [200, { chat: { id: `c${chats}`, state: 'closed' } }]
      default:
        return [204]
    }
  }

  /** Held until there is something to say, as long as was asked for, or until nobody waits any more. */
  async function hold(url: URL, page: string, res: ServerResponse): Promise<void> {
    const seconds = Number(url.searchParams.get('wait'))
    if (!seconds || isDown || chat.state === 'closed' || !chat.isQuiet(Number(url.searchParams.get('after'))))
      return
    const over = new AbortController()
    const timer = setTimeout(() => over.abort(), seconds * 1000)
    res.on('close', () => over.abort())
    held.push(page)
    most = Math.max(most, held.length)
    await once(chat.news, 'event', over).catch(() => undefined)
    held.splice(held.indexOf(page), 1)
    clearTimeout(timer)
  }

  async function reply(
    what: string,
    url: URL,
    body: Body,
    page: string,
    res: ServerResponse,
  ): Promise<Reply> {
    const plan = planned.findIndex((each) => what.endsWith(each.what))
    const [found] = plan < 0 ? [] : planned.splice(plan, 1)
    if (!found?.isDone) await found?.until
    if (found?.reply) return found.reply
    if (what.endsWith('/events')) await hold(url, page, res)
    if (isDown) return [503]
    const isBad = every > 0 && ++count % every === 0
    // By turns: a call that never came through, and one whose answer was lost.
    if (isBad && ++failed % 2) return [503]
    const isKnown = /config|sessions$/.test(what) || res.req.headers.authorization === `Bearer ${token}`
    const done: Reply = isKnown ? effect(what, url, body) : [401, { code: 'unauthorized' }]
    if (found?.isDone) await found.until
    return isBad || found?.isDone ? [503] : done
  }

  function file(name: string): string | undefined {
    if (name === '/widget.js') {
      const settings = { chat: `/widget/${manifest.chat}`, look: LOOK, bubble: { en: 'Open chat' } }
      return code.get(manifest.loader ?? '')?.replace('__FRONTROOM__', () => JSON.stringify(settings))
    }
    const text = name.startsWith('/widget/') ? code.get(name.slice('/widget/'.length)) : undefined
    if (text === undefined || lost.delete(name.slice('/widget/'.length))) return undefined
    requests.push({ what: `GET ${name.slice('/widget/'.length)}`, body: {}, page: '' })
    return text
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://host')
    for (const [name, value] of Object.entries(FOR_ANY)) res.setHeader(name, value)
    if (req.method === 'OPTIONS') return void res.writeHead(204).end()
    let raw = ''
    for await (const chunk of req) raw += chunk
    if (url.pathname === '/favicon.ico') return void res.writeHead(204).end()
    if (url.pathname === '/csp-report') {
      reports.push(raw)
      return void res.writeHead(204).end()
    }
    const page = pages.get(url.pathname)
    if (page) {
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...page.headers })
      return void res.end(page.html)
    }
    if (!url.pathname.startsWith('/api/v1')) {
      const text = file(url.pathname)
      if (text === undefined) return void res.writeHead(404).end()
      return void res.setHeader('Content-Type', 'text/javascript; charset=utf-8').end(text)
    }
    // There is one chat at a time; what is asked of a later one is told under the name of the first.
    const path = url.pathname.slice('/api/v1'.length).replace(/^\/chats\/c\d+/, '/chats/c1')
    const what = `${req.method} ${path}`
    const from = req.headers.referer?.replace(/^https?:\/\/[^/]+/, '') ?? ''
    const body: Body = raw ? JSON.parse(raw) : {}
    requests.push({ what, body, page: from })
    const [status, answer] = await reply(what, url, body, from, res)
    res.writeHead(status, { 'Content-Type': 'application/json' }).end(answer && JSON.stringify(answer))
  }

  const server = createServer((req, res) => void serve(req, res).catch(() => res.destroy()))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get calls() {
      return requests.map(({ what }) => what)
    },
    requests,
    asked,
    written,
    get lines() {
      return chat.lines
    },
    polling: held,
    get mostPolling() {
      return most
    },
    reports,
    say: chat.say,
    tell(what, text, now) {
      const messageId = chat.idOf(text)
      if (messageId === undefined) throw new Error(`nobody said: ${text}`)
      chat.add({ type: `message.${what}`, messageId, ...(now !== undefined && { text: now }) })
    },
    become: chat.become,
    warn: (closesAt) => void chat.add({ type: 'idle_warning', closesAt }),
    answer: (what, answered, until) => void planned.push({ what, reply: answered, until }),
    loseAnswer: (what, until) => void planned.push({ what, reply: null, until, isDone: true }),
    configure(part) {
      config = { ...config, ...part }
    },
    failEvery(n) {
      every = n
    },
    get failures() {
      return failed
    },
    down(now) {
      isDown = now
      chat.news.emit('event')
    },
    serve: (path, html, headers = {}) => void pages.set(path, { html, headers }),
    lose: (kind) => void lost.add(manifest[kind] ?? kind),
    forget() {
      chats++
      chat.forget()
    },
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
