import { expect, it } from 'vitest'
import { BotError } from '../../server/core/errors.ts'
import { botErrorOf } from '../../server/dialogflow/errors.ts'

const coded = (code: unknown, over: object = {}) => Object.assign(new Error('a secret'), { code, ...over })
const named = (name: string) => Object.assign(new Error('a secret'), { name })

it.each<[what: string, error: unknown, kind: BotError['kind'], why: string]>([
  ['1 of gRPC', coded(1), 'unavailable', 'CANCELLED'],
  ['2', coded(2), 'unavailable', 'UNKNOWN'],
  ['3', coded(3), 'invalid', 'INVALID_ARGUMENT'],
  ['4', coded(4), 'timeout', 'DEADLINE_EXCEEDED'],
  ['5', coded(5), 'invalid', 'NOT_FOUND'],
  ['6', coded(6), 'invalid', 'ALREADY_EXISTS'],
  ['7', coded(7), 'auth', 'PERMISSION_DENIED'],
  ['8', coded(8), 'quota', 'RESOURCE_EXHAUSTED'],
  ['9', coded(9), 'invalid', 'FAILED_PRECONDITION'],
  ['10', coded(10), 'unavailable', 'ABORTED'],
  ['11', coded(11), 'invalid', 'OUT_OF_RANGE'],
  ['12', coded(12), 'invalid', 'UNIMPLEMENTED'],
  ['13', coded(13), 'unavailable', 'INTERNAL'],
  ['14', coded(14), 'unavailable', 'UNAVAILABLE'],
  ['15', coded(15), 'bad_response', 'DATA_LOSS'],
  ['16', coded(16), 'auth', 'UNAUTHENTICATED'],
  [
    '8 that is our own limit',
    coded(8, { details: 'Received message larger than max (5 vs. 4)' }),
    'bad_response',
    'read',
  ],
  [
    '13 that is our own reader',
    coded(13, { details: 'Response message parsing error: index' }),
    'bad_response',
    'read',
  ],
  ['HTTP 302', coded(302), 'bad_response', 'HTTP 302'],
  ['HTTP 400', coded(400), 'invalid', 'HTTP 400'],
  ['HTTP 401', coded(401), 'auth', 'HTTP 401'],
  ['HTTP 403', coded(403), 'auth', 'HTTP 403'],
  ['HTTP 404', coded(404), 'invalid', 'HTTP 404'],
  ['HTTP 408', coded(408), 'timeout', 'HTTP 408'],
  ['HTTP 429', coded(429), 'quota', 'HTTP 429'],
  ['HTTP 499', coded(499), 'unavailable', 'HTTP 499'],
  ['HTTP 500', coded(500), 'unavailable', 'HTTP 500'],
  ['HTTP 502', coded(502), 'unavailable', 'HTTP 502'],
  ['HTTP 503', coded(503), 'unavailable', 'HTTP 503'],
  ['HTTP 504', coded(504), 'timeout', 'HTTP 504'],
  ['ECONNRESET', coded('ECONNRESET'), 'unavailable', 'ECONNRESET'],
  ['ECONNREFUSED', coded('ECONNREFUSED'), 'unavailable', 'ECONNREFUSED'],
  ['ENOTFOUND', coded('ENOTFOUND'), 'unavailable', 'ENOTFOUND'],
  ['ETIMEDOUT', coded('ETIMEDOUT'), 'timeout', 'ETIMEDOUT'],
  ['a key that is none', coded('ERR_OSSL_UNSUPPORTED'), 'auth', 'ERR_OSSL_UNSUPPORTED'],
  ['AbortError', new DOMException('a secret', 'AbortError'), 'timeout', 'AbortError'],
  ['TimeoutError of a signal', new DOMException('a secret', 'TimeoutError'), 'timeout', 'TimeoutError'],
  ['AbortError of gaxios', coded('AbortError'), 'timeout', 'AbortError'],
  ['TimeoutError', named('TimeoutError'), 'timeout', 'TimeoutError'],
  ['SyntaxError', new SyntaxError('a secret'), 'bad_response', 'SyntaxError'],
  [
    'what lies below',
    new TypeError('fetch failed', { cause: coded('ECONNRESET') }),
    'unavailable',
    'ECONNRESET',
  ],
  ['a stumble', new TypeError('a secret'), 'bad_response', 'no sense'],
  ['a word', 'The client has already been closed.', 'bad_response', 'no sense'],
  ['nothing', undefined, 'bad_response', 'no sense'],
])('Google’s client fails with %s', (_what, error, kind, why) => {
  const ours = botErrorOf(error)
  expect(ours).toBeInstanceOf(BotError)
  expect(ours).toMatchObject({ kind, message: expect.stringContaining(why) })
  expect(ours.message).not.toContain('a secret')
})

it('An error of ours stays as it is', () => {
  const ours = new BotError('quota', 'enough')
  expect(botErrorOf(ours)).toBe(ours)
})

it('A cause that is its own cause comes to an end', () => {
  const error: Error & { cause?: unknown } = new Error('round')
  error.cause = error
  expect(botErrorOf(error).kind).toBe('bad_response')
})
