/**
 * Google's client fails in many tongues: numbers of gRPC (https://grpc.io/docs/guides/status-codes/), HTTP statuses when it
 * speaks REST, codes of sockets, names of exceptions. The two kinds of numbers do not overlap: gRPC ends at 16.
 */
import { BotError } from '../core/errors.ts'

type Kind = BotError['kind']

const OF_GRPC: readonly (readonly [name: string, kind: Kind])[] = [
  ['OK', 'bad_response'],
  ['CANCELLED', 'unavailable'],
  ['UNKNOWN', 'unavailable'],
  ['INVALID_ARGUMENT', 'invalid'],
  ['DEADLINE_EXCEEDED', 'timeout'],
  // The project has no agent, or no such environment: as long as nobody changes it, so it stays.
  ['NOT_FOUND', 'invalid'],
  ['ALREADY_EXISTS', 'invalid'],
  ['PERMISSION_DENIED', 'auth'],
  ['RESOURCE_EXHAUSTED', 'quota'],
  ['FAILED_PRECONDITION', 'invalid'],
  ['ABORTED', 'unavailable'],
  ['OUT_OF_RANGE', 'invalid'],
  ['UNIMPLEMENTED', 'invalid'],
  ['INTERNAL', 'unavailable'],
  ['UNAVAILABLE', 'unavailable'],
  ['DATA_LOSS', 'bad_response'],
  ['UNAUTHENTICATED', 'auth'],
]

const OF_HTTP: Readonly<Record<number, Kind>> = {
  401: 'auth',
  403: 'auth',
  408: 'timeout',
  429: 'quota',
  499: 'unavailable',
  504: 'timeout',
}

const OF_NAME: Readonly<Record<string, Kind>> = {
  AbortError: 'timeout',
  TimeoutError: 'timeout',
  ETIMEDOUT: 'timeout',
  SyntaxError: 'bad_response',
}

/** grpc-js gives what it cannot read the codes of a server's own troubles. */
const UNREADABLE = /^Received message larger than max|parsing error|^Error parsing response/

const SENTENCES: Readonly<Record<Kind, string>> = {
  invalid: 'Dialogflow refuses the turn',
  auth: 'Dialogflow does not let us in',
  quota: 'Dialogflow has had too many turns of us',
  unavailable: 'Dialogflow cannot be reached or is broken',
  timeout: 'Dialogflow did not answer in time',
  bad_response: 'Dialogflow gave an answer that is none',
}

/**
 * Whatever was thrown by Google's client as a `BotError`. What the provider wrote about it is left out: it may repeat what the
 * visitor has said.
 */
export function botErrorOf(error: unknown): BotError {
  if (error instanceof BotError) return error
  const { kind, why } = reasonOf(error)
  return new BotError(kind, `${SENTENCES[kind]} (${why})`)
}

/** `why` is a code: `UNAVAILABLE`, `HTTP 502`, `ECONNRESET`. */
export function reasonOf(error: unknown): { readonly kind: Kind; readonly why: string } {
  for (let one = error, depth = 0; typeof one === 'object' && one !== null && depth < 5; depth++) {
    const { code, name, details, cause } = one as Readonly<Record<string, unknown>>
    // Names first: a DOMException has a number, too, which is none of these (20 is AbortError).
    for (const word of [name, code])
      if (typeof word === 'string' && Object.hasOwn(OF_NAME, word))
        return { kind: OF_NAME[word] ?? 'unavailable', why: word }
    if (typeof code === 'number') return ofNumber(code, details)
    // A socket's (ECONNRESET, ENOTFOUND …), or one of OpenSSL, which refuses a key that is none.
    if (typeof code === 'string')
      return { kind: /^ERR_(?:OSSL|CRYPTO)/.test(code) ? 'auth' : 'unavailable', why: code.slice(0, 60) }
    one = cause
  }
  // An answer was there, and the client stumbled over it.
  return { kind: 'bad_response', why: 'it makes no sense' }
}

function ofNumber(code: number, details: unknown) {
  const [why, kind] = OF_GRPC[code] ?? [`HTTP ${code}`, ofHttp(code)]
  const unreadable = typeof details === 'string' && UNREADABLE.test(details)
  return unreadable ? { kind: 'bad_response' as const, why: 'it cannot be read' } : { kind, why }
}

const ofHttp = (status: number): Kind =>
  OF_HTTP[status] ?? (status >= 500 ? 'unavailable' : status >= 400 ? 'invalid' : 'bad_response')
