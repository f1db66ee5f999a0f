/** The host page and one widget, over loopback, every text brotli at its best; it counts what it gave for the widget. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, constants } from 'node:zlib'
import type { Candidate } from './candidate.ts'
import { BLANK, HERO, hostPage } from './page.ts'

/** Bodies only: headers differ from server to server. */
export interface Traffic {
  readonly requests: number
  readonly raw: number
  readonly sent: number
  readonly paths: readonly string[]
}

export interface Host {
  readonly candidate: Candidate
  readonly origin: string
  /** What was given for the widget since the last call. */
  take(): Traffic
  /** Is an answer still owed? */
  busy(): boolean
  close(): Promise<void>
}

/** One nonce for all answers: what it keeps out is not what is measured. */
const NONCE = 'bench'
/** Without `unsafe-inline` or `unsafe-eval`; what it would have to let in for Trusted Types is only reported. */
const STRICT = {
  'content-security-policy': [
    "default-src 'none'",
    `script-src 'nonce-${NONCE}' 'strict-dynamic'`,
    ...['style', 'img', 'font', 'connect', 'frame', 'worker'].map((kind) => `${kind}-src 'self'`),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; '),
  'content-security-policy-report-only': "require-trusted-types-for 'script'",
}
const TEXT = /^(text|application\/(json|javascript|wasm)|image\/svg)/

export async function startHost(candidate: Candidate): Promise<Host> {
  const compressed = new Map<string | Buffer, Buffer>()
  const served: { path: string; raw: number; sent: number }[] = []
  let owed = 0
  const html = { 'content-type': 'text/html; charset=utf-8' }
  const whole = hostPage(candidate.snippet(NONCE))
  const ownPages: Record<string, { headers: Record<string, string>; body: string | Buffer }> = {
    '/': { headers: html, body: whole },
    '/strict': { headers: { ...html, ...STRICT }, body: whole },
    '/empty': { headers: html, body: hostPage('') },
    '/blank': { headers: html, body: BLANK },
    '/hero.png': { headers: { 'content-type': 'image/png' }, body: HERO },
    '/favicon.ico': { headers: { 'content-type': 'image/png' }, body: '' },
    '/nothing.js': { headers: { 'content-type': 'text/javascript' }, body: '' },
  }

  function squeeze(body: string | Buffer): Buffer {
    const known = compressed.get(body)
    if (known) return known
    const made = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
    compressed.set(body, made)
    return made
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', `http://${req.headers.host}`)
    const own = req.method === 'GET' ? ownPages[url.pathname] : undefined
    if (own) {
      res.writeHead(200, { 'cache-control': 'no-store', ...own.headers })
      res.end(own.body)
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    const found = (await candidate.answer({
      method: req.method ?? 'GET',
      url,
      headers: req.headers as Record<string, string>,
      body: Buffer.concat(chunks),
    })) ?? { status: 404, type: 'text/plain', body: '' }
    const raw = Buffer.byteLength(found.body)
    const small = TEXT.test(found.type) && raw > 0
    const body = small ? squeeze(found.body) : found.body
    served.push({ path: `${req.method} ${url.pathname}`, raw, sent: Buffer.byteLength(body) })
    res.writeHead(found.status ?? 200, {
      'content-type': found.type,
      'cache-control': 'no-store',
      ...(small && { 'content-encoding': 'br' }),
    })
    res.end(body)
  }

  const server = createServer((req, res) => {
    owed++
    res.once('close', () => owed--)
    answer(req, res).catch((error: unknown) => {
      console.error(`${candidate.name}: ${req.url}: ${error}`)
      res.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    candidate,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const all = served.splice(0)
      const sum = (of: 'raw' | 'sent') => all.reduce((total, each) => total + each[of], 0)
      return {
        requests: all.length,
        raw: sum('raw'),
        sent: sum('sent'),
        paths: all.map(({ path }) => path),
      }
    },
    busy: () => owed > 0,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await candidate.close?.()
    },
  }
}
