import { randomUUID } from 'node:crypto'
import type http from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { Person, Token } from '../data.ts'
import type { createDelivery } from '../delivery.ts'
import type { Faults } from '../faults.ts'
import type { Reply } from '../http.ts'
import { createRouter, parseBody, Refused, readBody, send } from '../http.ts'
import type { CallFault } from '../rules.ts'
import { createWaits } from '../waits.ts'
import type { World } from '../world.ts'
import type { RestCall } from './call.ts'
import { membershipRoutes } from './memberships.ts'
import { messageRoutes } from './messages.ts'
import type { createOAuth, OAuthCall } from './oauth.ts'
import { peopleRoutes } from './people.ts'
import { roomRoutes } from './rooms.ts'
import { webhookRoutes } from './webhooks.ts'

/** One line of the request log; nothing of bodies or tokens. */
export interface Logged {
  readonly at: string
  readonly method: string
  /** Without `/v1` and without a query. */
  readonly path: string
  readonly query: string
  /** null: no answer was given (hang, reset). */
  readonly status: number | null
  /** E-mail address, null when the token was not accepted or none was needed. */
  readonly who: string | null
  readonly fault: boolean
}

const MAX_LOGGED = 500

/** https://developer.webex.com/docs/integrations#scopes; a webhook needs the read scope of what it listens to. */
function scopesFor(method: string, path: string, body: RestCall['body']): string[] {
  const reads = method === 'GET' || method === 'HEAD'
  const resource = path.split('/')[1] ?? ''
  if (resource === 'webhooks') {
    if (method !== 'POST') return []
    const listened = body.resource === 'all' ? ['messages', 'memberships', 'rooms'] : [String(body.resource)]
    return listened.flatMap((name) =>
      ['messages', 'memberships', 'rooms'].includes(name) ? [`spark:${name}_read`] : [],
    )
  }
  if (resource === 'contents') return ['spark:messages_read']
  return [`spark:${resource}_${reads ? 'read' : 'write'}`]
}

/** The Webex REST API below `/v1`, with its faults. */
export function createRest(options: {
  world: World
  delivery: ReturnType<typeof createDelivery>
  oauth: ReturnType<typeof createOAuth>
  faults: Faults
  basePath: string
}) {
  const { world, faults, oauth, basePath } = options
  const find = createRouter<RestCall>({
    ...peopleRoutes(world),
    ...roomRoutes(world),
    ...membershipRoutes(world),
    ...messageRoutes(world),
    ...webhookRoutes(world, options.delivery),
  })
  const findOAuth = createRouter<OAuthCall>(oauth.routes)
  const logged: Logged[] = []
  const held = new Set<http.ServerResponse>()
  const waits = createWaits()
  let closing = false

  function tokenOf(req: http.IncomingMessage): Token | null {
    const value = /^Bearer ([\w.~+/=-]+)$/i.exec(req.headers.authorization ?? '')?.[1]
    const token = value === undefined ? undefined : world.tokens.get(value)
    return token && (token.expiresAt === null || token.expiresAt > world.now()) ? token : null
  }

  /** One call as it came in. */
  interface Received {
    readonly req: http.IncomingMessage
    readonly url: URL
    readonly path: string
    readonly raw: Buffer
    readonly token: Token | null
    /** Milliseconds a list is behind. */
    readonly lag: number | null
  }

  function run({ req, url, path, raw, token, lag }: Received): Reply {
    const method = req.method ?? 'GET'
    const base = `http://${req.headers.host}${basePath}/v1`
    if (path === '/authorize' || path === '/access_token') {
      const { handler, params } = findOAuth(method, path)
      return handler({ query: url.searchParams, body: parseBody(req, raw) }, params)
    }
    if (!token) {
      throw new Refused(
        401,
        'The request requires a valid access token set in the Authorization request header.',
      )
    }
    const { handler, params } = find(method, path)
    const body = parseBody(req, raw)
    const { scopes } = token
    if (scopes && !scopes.includes('spark:all')) {
      const missing = scopesFor(method, path, body).filter((scope) => !scopes.includes(scope))
      if (missing.length > 0)
        throw new Refused(403, `The access token lacks the scope ${missing.join(', ')}.`)
    }
    const person = world.person(token.personId)
    const call = { person, query: url.searchParams, body, base, path: path.replace(/\/$/, '') }
    return handler({ ...call, upTo: lag === null ? Number.POSITIVE_INFINITY : world.now() - lag }, params)
  }

  /** The answer to a call, never an exception: whatever Webex would refuse has its error body. */
  function answer(trackingId: string, call: () => Reply): Reply {
    try {
      return call()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const { message, status } = error
      return { status, body: { message, errors: [{ description: message }], trackingId } }
    }
  }

  function faultReply(fault: CallFault, trackingId: string): Reply | null {
    const wanted = fault.answer
    if (!wanted) return null
    const message = 'This answer was asked for.'
    const error = { message, errors: [{ description: message }], trackingId }
    const body = wanted.html
      ? (wanted.body ?? `<html><body><h1>${wanted.status}</h1></body></html>`)
      : (wanted.body ?? error)
    return {
      status: wanted.status,
      body,
      headers: {
        ...(wanted.html ? {} : { 'content-type': 'application/json;charset=UTF-8' }),
        ...(wanted.retryAfter === undefined ? {} : { 'retry-after': String(wanted.retryAfter) }),
      },
    }
  }

  /** Until the caller was answered or its connection is gone. */
  function gone(res: http.ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      if (res.destroyed) resolve()
      else res.once('close', resolve)
    })
  }

  /** Answers one call. `path` is below `/v1`. */
  async function handle(req: http.IncomingMessage, res: http.ServerResponse, url: URL, path: string) {
    const trackingId = `SANDBOX_${randomUUID()}`
    const method = req.method ?? 'GET'
    const token = tokenOf(req)
    const who: Person | undefined = token ? world.people.get(token.personId) : undefined
    const fault = faults.takeCall(method, path.replace(/\/$/, ''))
    const lag = faults.takeLag(method, path.replace(/\/$/, ''))

    function note(status: number | null): void {
      const query = path === '/authorize' ? '' : url.search
      const at = world.instant()
      const faulty = fault !== null || lag !== null
      logged.push({ at, method, path, query, status, who: who?.email ?? null, fault: faulty })
      if (logged.length > MAX_LOGGED) logged.shift()
    }
    function finish(reply: Reply): void {
      note(reply.status)
      send(res, { ...reply, headers: { trackingid: trackingId, ...reply.headers } })
    }

    let raw: Buffer
    try {
      raw = await readBody(req)
    } catch (error) {
      // What is left of an oversized body is not read, so the connection cannot be used again.
      const reply = answer(trackingId, () => {
        throw error
      })
      finish({ ...reply, headers: { connection: 'close' } })
      return
    }
    const perform = () => answer(trackingId, () => run({ req, url, path, raw, token, lag }))
    const done = fault?.effect === 'before' ? perform() : null
    const late = fault?.effect === 'late'
    if (fault && !late && fault.lateMs > 0) await waits.wait(fault.lateMs)
    if (fault?.hang) {
      note(null)
      if (closing) res.destroy()
      held.add(res)
      res.once('close', () => held.delete(res))
    } else if (fault?.reset) {
      note(null)
      res.destroy()
    } else finish((fault && faultReply(fault, trackingId)) ?? done ?? perform())
    if (!fault || !late) return
    await gone(res)
    if (closing) return
    await waits.wait(fault.lateMs)
    perform()
  }

  return {
    handle,
    logged,
    /** Ends what faults keep waiting: late answers and late effects come now, hung connections break. */
    async close(): Promise<void> {
      closing = true
      waits.endAll()
      for (const res of held) res.destroy()
      held.clear()
      // What was let go runs before this returns, so that the state and the webhooks still get it.
      await setImmediate()
    },
  }
}
