/**
 * A thin client of the Webex REST API (https://developer.webex.com/docs/basics). Not an SDK: what counts here is to know,
 * of every attempt, whether it surely had no effect or may have had one, because Webex has no idempotency keys.
 */
import { z } from 'zod'
import { DeliveryError } from '../core/errors.ts'
import { singleLine } from '../core/text.ts'
import { type Gate, StrangeAnswer } from './gate.ts'

/** Where access tokens come from. */
export interface TokenSource {
  get(): Promise<string>
  /** A token that was refused; answers another one, or throws when there is none to be had. */
  renew(refused: string): Promise<string>
}

export interface Call {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export interface WebexClient {
  /** Over within 10 s, the time for a token included. @throws DeliveryError */
  call<T>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    answer: z.ZodType<T>,
    call?: Call,
  ): Promise<T>
  /**
   * Pages of a list, following `Link: rel="next"`; a page may be empty while there is a next one. Items that make no sense are
   * left out: one odd message must not hide a whole room.
   * Links that lead away from the API are not followed: the token goes to the API host only.
   */
  pages<T>(path: string, item: z.ZodType<T>, query: Readonly<Record<string, string>>): AsyncGenerator<T[]>
}

const TIMEOUT_MS = 10_000
const MAX_PAGES = 50

/** Failures that happen before the first byte of a request is written. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
])

/** @param options.gate who says whether a call may be made now; without it every call is made. */
export function createWebexClient(options: {
  apiUrl: string
  tokens: TokenSource
  gate?: Gate | undefined
  timeoutMs?: number
}): WebexClient {
  const { apiUrl, tokens, gate, timeoutMs = TIMEOUT_MS } = options

  /** One call and its answer, within the time there is for both. @param what is called, without its query */
  async function ask<T>(
    what: { readonly method: string; readonly path: string; readonly url: string },
    call: Call,
    read: (response: Response, called: string) => Promise<T>,
  ): Promise<T> {
    const passage = gate?.enter(what.method, what.path)
    // Not `AbortSignal.timeout`: joined with `any` it can be collected before it fires
    // (https://github.com/nodejs/node/issues/57736). It also ends the reading of a body that never ends.
    const tooLate = new AbortController()
    const timer = setTimeout(
      () => tooLate.abort(new DOMException('no answer in time', 'TimeoutError')),
      timeoutMs,
    )
    const signal = call.signal ? AbortSignal.any([tooLate.signal, call.signal]) : tooLate.signal
    try {
      const response = await send(what.method, what.url, call.body, signal)
      const result = await read(response, `${what.method} ${what.path}`)
      passage?.answered()
      return result
    } catch (error) {
      passage?.failed(error, call.signal?.aborted === true)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** One authorised request; a 401 is answered with a new token, once. It was not carried out, so nothing is doubled. */
  async function send(method: string, url: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const token = await authorised(tokens.get(), signal)
    const response = await exchange(method, url, body, token, signal)
    if (response.status !== 401) return response
    await response.body?.cancel()
    return exchange(method, url, body, await authorised(tokens.renew(token), signal), signal)
  }

  async function exchange(method: string, url: string, body: unknown, token: string, signal: AbortSignal) {
    try {
      return await fetch(url, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          Accept: 'application/json',
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // A redirect would carry the token to another place.
        redirect: 'manual',
        signal,
      })
    } catch (error) {
      throw networkError(`${method} ${new URL(url).pathname}`, error)
    }
  }

  async function answerOf<T>(response: Response, what: string, answer: z.ZodType<T>): Promise<T> {
    if (!response.ok) throw await refusal(response, what)
    const text = await bodyOf(response, what)
    const parsed = answer.safeParse(parseJson(text))
    if (parsed.success) return parsed.data
    // 2xx, so it was probably done; but what came back is not what Webex says.
    throw new StrangeAnswer(`${what}: ${response.status} with an answer that makes no sense`)
  }

  const urlOf = (path: string, query: Readonly<Record<string, string>> = {}) => {
    const search = new URLSearchParams(query).toString()
    return `${apiUrl}${path}${search === '' ? '' : `?${search}`}`
  }

  return {
    call: (method, path, answer, call = {}) =>
      ask({ method, path, url: urlOf(path, call.query) }, call, (response, called) =>
        answerOf(response, called, answer),
      ),

    async *pages(path, item, query) {
      const page = z.object({ items: z.array(z.unknown()) })
      let url: string | undefined = urlOf(path, query)
      for (let n = 0; url !== undefined && n < MAX_PAGES; n++) {
        const { items, next }: { items: unknown[]; next: string | undefined } = await ask(
          { method: 'GET', path, url },
          {},
          async (response, called) => ({
            items: (await answerOf(response, called, page)).items,
            next: nextLink(response.headers.get('link'), apiUrl),
          }),
        )
        yield items.flatMap((each) => {
          const parsed = item.safeParse(each)
          return parsed.success ? [parsed.data] : []
        })
        url = next
      }
    },
  }
}

/**
 * A call that got no token was not made: that is never an answer to the call itself, however the token server put it, and
 * passes when somebody logs in again.
 */
async function authorised(token: Promise<string>, signal: AbortSignal): Promise<string> {
  try {
    return await unlessAborted(token, signal)
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    const { retryAfter } = error.outcome
    throw new DeliveryError(error.message, {
      effect: 'no',
      status: 401,
      ...(retryAfter !== undefined && { retryAfter }),
    })
  }
}

/** For waiting on what has no effect of its own: gives up with the signal. @throws DeliveryError */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  // When we give up first nobody else is there to hear of its failure.
  promise.catch(() => undefined)
  const tooLate = () => new DeliveryError('no answer in time', { effect: 'no' })
  if (signal.aborted) throw tooLate()
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => reject(tooLate())
    signal.addEventListener('abort', giveUp)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}

/** The `next` target of a Link header, when it stays on the API's origin. */
export function nextLink(header: string | null, apiUrl: string): string | undefined {
  for (const match of (header ?? '').matchAll(/<([^>]+)>\s*;[^,]*\brel="?next"?/g)) {
    const target = match[1] ?? ''
    if (!URL.canParse(target, apiUrl)) continue
    const url = new URL(target, apiUrl)
    if (url.origin === new URL(apiUrl).origin) return url.href
  }
  return undefined
}

export function networkError(what: string, error: unknown): DeliveryError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (cause as { code?: unknown } | undefined)?.code
  const name = error instanceof Error ? error.name : ''
  const why = typeof code === 'string' ? code : name === 'TimeoutError' ? 'no answer in time' : String(error)
  const effect = typeof code === 'string' && NEVER_SENT.has(code) ? 'no' : 'unknown'
  return new DeliveryError(`${what}: ${why}`, { effect })
}

/** What a status other than 2xx means. Error bodies may be HTML or nothing at all, so none is read. */
export async function refusal(response: Response, what: string): Promise<DeliveryError> {
  const { status } = response
  await response.body?.cancel()
  // Not what Webex says about it: that may repeat a visitor's words or somebody's address, and errors are logged. With the
  // tracking id Webex's support finds all of it.
  const trackingId = response.headers.get('trackingid')
  const message = `${what}: ${status}${trackingId ? ` (${singleLine(trackingId, 100)})` : ''}`
  const retryAfter = readRetryAfter(response.headers.get('retry-after'))
  const waits = retryAfter !== undefined && { retryAfter }
  // 5xx and redirects come after the request was read: it may have been carried out.
  if (status >= 500 || status < 400)
    return new DeliveryError(message, { effect: 'unknown', status, ...waits })
  const again = status === 401 || status === 408 || status === 423 || status === 429
  return new DeliveryError(message, { effect: 'no', status, permanent: !again, ...waits })
}

/** Seconds, from the number or the date a Retry-After header holds; at most an hour. */
export function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.min(3600, Math.max(1, Math.ceil(seconds))) : undefined
}

async function bodyOf(response: Response, what: string): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    throw networkError(what, error)
  }
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
