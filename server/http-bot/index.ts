/** A bot of somebody's own behind HTTP: one signed POST a turn. The protocol is told in docs/bots.md. */
import { BotError } from '../core/errors.ts'
import type { Bot, BotReply, BotTurn, Clock } from '../ports.ts'
import { MAX_BYTES, nonsense, readReply } from './reply.ts'
import { SIGNATURE_HEADER, signatureOf } from './signature.ts'

const TIMEOUT_MS = 5_000

/** `timeoutMs` is for a whole turn, from the first byte sent to the last one read. */
export function createHttpBot(options: {
  url: string
  secret: string
  timeoutMs?: number
  clock: Clock
}): Bot {
  const { url, secret, timeoutMs = TIMEOUT_MS, clock } = options
  const underWay = new Set<AbortController>()
  let closed = false

  async function exchange(body: string, signal: AbortSignal): Promise<BotReply> {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'User-Agent': 'Frontroom',
        [SIGNATURE_HEADER]: signatureOf(body, secret, Math.floor(clock.now() / 1000)),
      },
      body,
      // A redirect would carry what the visitor said to another place.
      redirect: 'manual',
      signal,
    })
    if (!response.ok) throw await refusal(response, clock.now())
    return readReply(await bytesOf(response))
  }

  return {
    name: 'http',

    async turn(turn) {
      // One controller of our own, held by its timer: `AbortSignal.any` of a time-out may be collected before it fires
      // (https://github.com/nodejs/node/issues/57736).
      const stop = new AbortController()
      const giveUp = () => stop.abort(new BotError('timeout', 'nobody waits for this turn any more'))
      const tooLate = () => stop.abort(new BotError('timeout', `the HTTP bot took more than ${timeoutMs} ms`))
      const timer = setTimeout(tooLate, timeoutMs)
      turn.signal.addEventListener('abort', giveUp)
      underWay.add(stop)
      try {
        if (turn.signal.aborted) giveUp()
        if (closed) stop.abort(shut())
        return await exchange(JSON.stringify(requestOf(turn)), stop.signal)
      } catch (error) {
        throw failure(error)
      } finally {
        clearTimeout(timer)
        turn.signal.removeEventListener('abort', giveUp)
        underWay.delete(stop)
      }
    },

    async close() {
      closed = true
      for (const turn of underWay) turn.abort(shut())
    },
  }
}

const shut = () => new BotError('unavailable', 'the HTTP bot is closed')

function requestOf({ sessionId, input, lang, state, restore, variables }: BotTurn): object {
  const { kind, ...what } = input
  return { version: 1, session: sessionId, input: { type: kind, ...what }, lang, state, restore, variables }
}

/** Reads no more than a reply may have; compressed ones are counted as they unfold. */
async function bytesOf(response: Response): Promise<Uint8Array> {
  const reader = response.body?.getReader()
  const chunks: Uint8Array[] = []
  for (let length = 0; reader; ) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    chunks.push(value)
    if (length <= MAX_BYTES) continue
    await reader.cancel()
    throw nonsense(`more than ${MAX_BYTES} bytes`)
  }
  return Buffer.concat(chunks)
}

/** What a status other than 2xx means. What the body says is not read: it may repeat the visitor's words. */
async function refusal(response: Response, now: number): Promise<BotError> {
  const { status, headers } = response
  await response.body?.cancel()
  if (status < 400) return nonsense(`status ${status}`)
  const kind = kindOf(status)
  const waits = kind === 'quota' || kind === 'unavailable'
  const seconds = waits ? secondsOf(headers.get('retry-after'), now) : undefined
  return new BotError(kind, `the HTTP bot answered ${status}`, seconds)
}

function kindOf(status: number): BotError['kind'] {
  if (status === 429) return 'quota'
  if (status === 401 || status === 403) return 'auth'
  return status < 500 ? 'invalid' : 'unavailable'
}

/** Seconds, from the number or the date a Retry-After header holds (RFC 9110, 10.2.3); at most an hour. */
function secondsOf(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now) / 1000
  return Number.isFinite(seconds) ? Math.min(3600, Math.max(1, Math.ceil(seconds))) : undefined
}

/** The address is not named: it may hold a key. */
function failure(error: unknown): BotError {
  // Also what a turn was ended with: fetch throws the reason it was given.
  if (error instanceof BotError) return error
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (cause as { code?: unknown } | undefined)?.code
  const why = typeof code === 'string' ? code : cause instanceof Error ? cause.name : 'no connection'
  return new BotError('unavailable', `the HTTP bot cannot be reached: ${why}`)
}
