/** Requests for one operation: most of them nearly right. */
import fc from 'fast-check'
import { type ApiDescription, type Parameter, resolve } from '../../../server/routes/openapi-document.ts'
import type { Call } from './call.ts'
import type { Wire } from './http.ts'
import { bytesOf, changed, valueFor } from './values.ts'

/** Whose token, whose chat. `live` talks, `closed` did, `plain` has no chat yet, `ended` is gone, `other` is a stranger. */
export const PEOPLE = ['live', 'closed', 'plain', 'ended', 'other'] as const
export type Who = (typeof PEOPLE)[number]
export interface Person {
  readonly token: string
  readonly chatId: string
}

export interface Draft {
  /** Null: no token at all. */
  readonly who: Who | null
  /** The token was sent as it should be. */
  readonly signed: boolean
  /** The path was bent: it may lead elsewhere or nowhere. */
  readonly bent: boolean
  wire(people: Readonly<Record<Who, Person>>): Wire
}

/** The first of the choices nearly always. */
const mostly = <T>(weight: number, first: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: fc.constantFrom(...others) })

const ODD_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'LOCK', 'TRACE']
const ODD_IDS = [
  '',
  '.',
  '..',
  '..%2f..%2fsession',
  '%',
  '%zz',
  '%00',
  '%ff',
  '%ED%A0%80',
  '%2F',
  '__proto__',
  'a;b',
  "'--",
  '%F0%9F%98%80',
  'x'.repeat(2_000),
]
const ODD_VALUES = [
  '',
  '-1',
  '+1',
  '%201',
  '1.5',
  '1e3',
  '0x10',
  'NaN',
  '9'.repeat(30),
  '%00',
  '%ff',
  '%ED%A0%80',
]
const ODD_PAIRS = [
  '__proto__=1',
  'constructor=x',
  'after[]=1',
  'after=0&after=0',
  'lang=en&lang=pl',
  'wait',
  '&&=',
  '%=%',
  'token=x',
  `page=${'x'.repeat(3_000)}`,
]
const BENDS: ((path: string) => string)[] = [
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => `${path}/x`,
  (path) => path.toUpperCase(),
  (path) => path.replace('/v1', '/v2'),
  (path) => path.replace('/v1/', '/v1//'),
  (path) => path.replace('/v1/', '/v1/./'),
  (path) => path.slice(0, -1),
  (path) => path.replace(/\w$/, (last) => `%${last.charCodeAt(0).toString(16)}`),
  (path) => `${path};a=b`,
  (path) => `http://elsewhere.example${path}`,
]
const AUTHORIZATIONS: ((token: string) => string)[] = [
  () => '',
  () => 'Bearer',
  (token) => `bearer  ${token}`,
  (token) => `Basic ${token}`,
  (token) => `Bearer ${token}x`,
  (token) => `Bearer ${token} ${token}`,
  (token) => token,
  () => `Bearer ${'A'.repeat(1_000)}`,
  () => 'Bearer \u00ff\u00fe',
]
const CONTENT_TYPES = [
  'text/plain',
  'application/json; charset=latin1',
  'application/json; charset="UTF-8"',
  'application/JSON',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json, text/plain',
  '',
]
const EXTRA_HEADERS: Readonly<Record<string, string>>[] = [
  { origin: 'https://www.example.com' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: '\u00ff' },
  { 'content-encoding': 'gzip' },
  { 'if-none-match': '*' },
  { 'if-none-match': 'W/"x", "y' },
  { accept: 'text/html' },
  { accept: '\u00ff;;;q=x' },
  { 'x-http-method-override': 'DELETE' },
  { 'x-forwarded-for': '::ffff:999.1.1.1, <x>' },
  { 'user-agent': '\u00ff'.repeat(2_000) },
  { 'access-control-request-method': 'POST', origin: 'https://www.example.com' },
  { 'x-spark-signature': '\u00ff' },
]

function querying(document: ApiDescription, parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const pairs = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema }) =>
      fc.oneof(
        { weight: 3, arbitrary: fc.constant('') },
        {
          weight: 6,
          arbitrary: valueFor(document, schema).map(
            (value) => `${name}=${encodeURIComponent(Buffer.from(String(value)).toString())}`,
          ),
        },
        { weight: 1, arbitrary: fc.constantFrom(...ODD_VALUES).map((value) => `${name}=${value}`) },
      ),
    )
  return (
    fc
      .tuple(fc.tuple(...pairs), mostly(12, '', ...ODD_PAIRS))
      .map(([known, odd]) => [...known, odd].filter((pair) => pair !== '').join('&'))
      // Node itself refuses a head of more than 16 KB, before anything of ours is asked.
      .map((query) => query.slice(0, 4_000))
      .map((query) => (/\bwait=0*[1-9]/.test(query) ? query.replace(/\bafter=\d+/g, 'after=0') : query))
  )
}

/** @param topics ids worth trying beside the examples of the description */
export function requestsFor(
  document: ApiDescription,
  call: Call,
  topics: readonly string[],
): fc.Arbitrary<Draft> {
  const parameters = (call.parameters ?? []).map((parameter) => resolve(document, parameter))
  const schema = call.requestBody?.content['application/json']?.schema
  const value = schema ? changed(valueFor(document, schema)) : fc.constant({})
  const withTopic = fc.tuple(value, mostly(3, null, ...topics)).map(([body, topic]) => {
    const asks = topic !== null && typeof body === 'object' && body !== null && 'topic' in body
    return asks ? { ...body, topic } : body
  })
  const endsSession = call.operationId === 'endSession'
  const endsChat = endsSession || call.operationId === 'closeChat'
  return fc
    .record({
      // What is lost has to be made good each time, by a start.
      who: fc.oneof(
        { weight: endsChat ? 1 : 60, arbitrary: fc.constant('live' as const) },
        { weight: endsSession ? 1 : 15, arbitrary: fc.constant('closed' as const) },
        { weight: 10, arbitrary: fc.constant('plain' as const) },
        { weight: 5, arbitrary: fc.constant('ended' as const) },
        { weight: 5, arbitrary: fc.constant(null) },
      ),
      authorization: mostly(12, (token: string) => `Bearer ${token}`, ...AUTHORIZATIONS),
      id: mostly(8, '{own}', '{other}', ...ODD_IDS),
      method: mostly(20, call.method.toUpperCase(), ...ODD_METHODS),
      bend: mostly(20, (path: string) => path, ...BENDS),
      query: querying(document, parameters),
      contentType: mostly(20, 'application/json', ...CONTENT_TYPES),
      extra: mostly(5, {}, ...EXTRA_HEADERS),
      body: schema
        ? bytesOf(withTopic)
        : fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, bytesOf(value)),
    })
    .map((made): Draft => {
      const { who, query, method, contentType, extra } = made
      const wire = (people: Readonly<Record<Who, Person>>): Wire => {
        const id = made.id
          .replace('{own}', people[who ?? 'live'].chatId)
          .replace('{other}', people.other.chatId)
        const path = made.bend(call.path.replace('{id}', () => id)) + (query === '' ? '' : `?${query}`)
        const authorization = who === null ? '' : made.authorization(people[who].token)
        return {
          method,
          path,
          headers: {
            ...(authorization !== '' && { authorization }),
            ...(contentType !== '' && made.body && { 'content-type': contentType }),
            ...extra,
          },
          body: made.body,
        }
      }
      const sample = Object.fromEntries(PEOPLE.map((one) => [one, { token: 'T', chatId: 'C' }])) as Record<
        Who,
        Person
      >
      const shown = wire(sample)
      return {
        who,
        signed: shown.headers.authorization === 'Bearer T',
        bent: made.bend(call.path) !== call.path || made.id === '',
        wire,
        // What a failure prints.
        [fc.toStringMethod]: () =>
          JSON.stringify({
            who,
            ...shown,
            path: shown.path.slice(0, 500),
            body: shown.body?.toString('latin1').slice(0, 500),
          }),
      } as Draft
    })
}
