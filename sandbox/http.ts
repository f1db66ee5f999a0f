import type http from 'node:http'

export interface Reply {
  readonly status: number
  /** A string is sent as it is (HTML unless headers say otherwise), everything else as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A call that Webex would refuse with this status. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'Refused'
    this.status = status
  }
}

export type Params = Readonly<Record<string, string>>
export type Handler<Call> = (call: Call, params: Params) => Reply

/** Routes by keys such as `GET /rooms/:id`; the first that fits wins. A trailing slash is the same path: the SDK sends `/people/?id=`. */
export function createRouter<Call>(table: Readonly<Record<string, Handler<Call>>>) {
  const routes = Object.entries(table).map(([key, handler]) => {
    const [method = '', pattern = ''] = key.split(' ')
    return { method, parts: pattern.split('/').slice(1), handler }
  })

  /** Throws `Refused` 404 for an unknown path, 405 for a known path with another method. */
  return (method: string, path: string): { handler: Handler<Call>; params: Params } => {
    const parts = path.replace(/\/$/, '').split('/').slice(1)
    let known = false
    for (const route of routes) {
      if (route.parts.length !== parts.length) continue
      const params: Record<string, string> = {}
      const fits = route.parts.every((part, index) => {
        const actual = parts[index] ?? ''
        if (!part.startsWith(':')) return part === actual
        params[part.slice(1)] = decoded(actual)
        return actual !== ''
      })
      if (!fits) continue
      known = true
      if (route.method === method || (method === 'HEAD' && route.method === 'GET')) {
        return { handler: route.handler, params }
      }
    }
    if (known) throw new Refused(405, 'Method Not Allowed')
    throw new Refused(404, 'The requested resource could not be found.')
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refused(400, 'The path is not valid.')
  }
}

const MAX_BODY = 1024 * 1024

/** Throws `Refused` 413 beyond one megabyte. */
export async function readBody(req: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  // Without this option, leaving the loop would destroy the socket and with it the answer.
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) throw new Refused(413, 'The request body is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export function mediaType(req: http.IncomingMessage): string {
  return (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** A JSON or form body as an object; an empty body is an empty object. Throws `Refused` 400 or 415. */
export function parseBody(req: http.IncomingMessage, raw: Buffer): Record<string, unknown> {
  if (raw.length === 0) return {}
  const type = mediaType(req)
  if (type === 'application/x-www-form-urlencoded') {
    return Object.fromEntries(new URLSearchParams(raw.toString('utf8')))
  }
  if (type !== 'application/json')
    throw new Refused(415, 'Content type is not supported; send application/json.')
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw))
  } catch {
    throw new Refused(400, 'The request body is not valid JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refused(400, 'The request body must be a JSON object.')
  }
  return value as Record<string, unknown>
}

export function send(res: http.ServerResponse, reply: Reply): void {
  if (res.destroyed || res.headersSent) return
  const { body } = reply
  const payload =
    body === undefined || reply.status === 204 || reply.status === 304
      ? null
      : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const type = typeof body === 'string' ? 'text/html; charset=utf-8' : 'application/json;charset=UTF-8'
  res.writeHead(reply.status, {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(payload ? { 'content-type': type, 'content-length': String(payload.length) } : {}),
    ...reply.headers,
  })
  res.end(payload ?? undefined)
}

/** `localhost`, 127.0.0.0/8 and `[::1]`; the form `URL.hostname` has. */
export function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
}

function isLoopbackAddress(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address ?? '')
}

/**
 * The sandbox hands out everything to everyone, so only this very machine may ask. The Host header is looked at because
 * a foreign page may point its own name at 127.0.0.1 (DNS rebinding); forwarding headers because behind a proxy every
 * visitor's socket is local.
 */
export function refusalOf(req: http.IncomingMessage): string | null {
  if (!isLoopbackAddress(req.socket.remoteAddress)) return 'The sandbox answers this machine only.'
  const { headers } = req
  if (
    headers['x-forwarded-for'] ||
    headers.forwarded ||
    headers['x-real-ip'] ||
    headers['x-forwarded-host']
  ) {
    return 'The sandbox does not answer through a proxy.'
  }
  const host = headers.host ?? ''
  if (
    !URL.canParse(`http://${host}`) ||
    /[/?#@\\]/.test(host) ||
    !isLoopbackName(new URL(`http://${host}`).hostname)
  ) {
    return 'The sandbox answers to localhost only.'
  }
  return null
}
