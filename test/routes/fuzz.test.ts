/**
 * What the description promises holds for requests nobody thought of. 500 of them for each operation, or as many as `FUZZ`
 * says; a failure prints its seed, and `FUZZ_SEED` runs that one again.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openapi } from '../../server/routes/openapi.ts'
import { type Answer, resolve } from '../../server/routes/openapi-document.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { SETTINGS } from '../support/settings.ts'
import { call as ask, startChat } from '../support/visitor.ts'
import { type Call, callsAt, callsOf } from './fuzz/call.ts'
import { createClient, type Heard, type Wire } from './fuzz/http.ts'
import { type Draft, type Person, requestsFor, type Who } from './fuzz/requests.ts'
import { mistakes } from './fuzz/schema.ts'

const RUNS = Number(process.env.FUZZ ?? 500)
const SEED = process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) }
const MOST_EVENTS = 300

const document = openapi('test')
const calls = callsOf(document)
/** Whatever is asked for, wherever. */
const ANYWHERE = [403, 404, 405]

let server: TestServer
let client: ReturnType<typeof createClient>
let people: Record<Who, Person>
const rejections: unknown[] = []
const onRejection = (reason: unknown) => void rejections.push(reason)

beforeAll(async () => {
  process.on('unhandledRejection', onRejection)
  server = await startServer({
    settings: {
      topics: [...SETTINGS.topics, { ...SETTINGS.topics[0], id: 'never', calendar: { hours: [] } }],
    },
  })
  client = createClient(server.origin)
  people = {
    live: await newcomers.live(),
    closed: await newcomers.closed(),
    plain: await newcomers.plain(),
    ended: await newcomers.live(),
    other: await newcomers.live(),
  }
  await ask(server.origin, 'DELETE', '/session', { token: people.ended.token })
})
afterAll(async () => {
  client.close()
  await server.close()
  process.off('unhandledRejection', onRejection)
})

const newcomers = {
  live: (): Promise<Person> => startChat(server.origin),
  async closed(): Promise<Person> {
    const visitor = await startChat(server.origin)
    await visitor.call('POST', '/close')
    return visitor
  },
  async plain(): Promise<Person> {
    const { token } = (await ask(server.origin, 'POST', '/sessions', { body: {} })).body
    return { token, chatId: 'nothing-yet' }
  },
}

/** The members of any answer that tell of the state of its chat. */
interface Told {
  readonly code?: string
  readonly chat?: { readonly state?: string }
  readonly cursor?: number
  readonly event?: { readonly seq: number }
}

/** Whoever lost the session or the chat by this answer gets new ones; so does who has a long chat, as it is read again and again. */
async function replace({ who, signed }: Draft, status: number, told: Told): Promise<void> {
  if (!signed || who === null || who === 'ended' || who === 'other') return
  const isOver = who === 'live' && (told.code === 'chat_closed' || told.chat?.state === 'closed')
  const isLong = Math.max(told.cursor ?? 0, told.event?.seq ?? 0) > MOST_EVENTS
  const { token } = people[who]
  const isEnded = status === 401 || (status === 204 && (await see(token)) === 401)
  if (isOver || isLong || isEnded) people[who] = await newcomers[who]()
}

/** 401 for a token that opens nothing. */
const see = async (token: string) => (await ask(server.origin, 'GET', '/chats/x', { token })).status

/** The answer the description gives for this one. @throws when there is none */
function promised(draft: Draft, wire: Wire, { status }: Heard): Answer | null {
  const at = callsAt(calls, wire.path.replace(/^http:\/\/[^/]+/, '').replace(/\?.*/s, ''))
  const method = wire.method === 'HEAD' ? 'GET' : wire.method
  const asked = at.find((call) => call.method.toUpperCase() === method)
  const answer = asked?.responses[status]
  if (answer) return resolve(document, answer)
  const elsewhere = asked ? draft.bent : true
  const options = wire.method === 'OPTIONS' && at.length > 0 && [200, 204].includes(status)
  if (options) return null
  if (elsewhere && ANYWHERE.includes(status)) return problemOf(status)
  throw new Error(`${status} is no documented answer of ${asked?.operationId ?? 'nothing'}`)
}

const problemOf = (status: number): Answer => {
  const name = { 403: 'ForbiddenOrigin', 404: 'NotFound', 405: 'MethodNotAllowed' }[status] ?? ''
  return resolve<Answer>(document, { $ref: `#/components/responses/${name}` })
}

/** @throws where the answer is not as described */
function check(draft: Draft, wire: Wire, heard: Heard): unknown {
  const answer = promised(draft, wire, heard)
  if (heard.status >= 500 && heard.status !== 503) throw new Error(`${heard.status}: ${heard.text}`)
  if (!answer) return {}
  for (const [name, header] of Object.entries(answer.headers ?? {})) {
    const value = heard.headers[name.toLowerCase()]
    const { required, schema } = resolve(document, header)
    const typed = schema.type === 'integer' ? Number(value) : value
    if (value === undefined ? required : mistakes(document, schema, typed).length > 0)
      throw new Error(`the header ${name} is ${String(value)}`)
  }
  if (wire.method === 'HEAD') return {}
  const [content] = Object.entries(answer.content ?? {})
  if (!content) {
    if (heard.text !== '') throw new Error(`a body where none is described: ${heard.text}`)
    return {}
  }
  const [type, { schema }] = content
  if (!heard.headers['content-type']?.startsWith(type))
    throw new Error(`${type} was promised, ${heard.headers['content-type']} came`)
  if (!type.endsWith('json')) return {}
  const body: unknown = JSON.parse(heard.text)
  const wrong = mistakes(document, schema, body)
  if (wrong.length > 0) throw new Error(`${heard.status} ${heard.text.slice(0, 1_000)}\n${wrong.join('\n')}`)
  return body
}

describe(`${RUNS} requests`, () => {
  it.each(calls.map((call): [string, Call] => [call.operationId, call]))(
    'are answered as described: %s',
    { timeout: 60_000 + RUNS * 50 },
    async (_name, call) => {
      const statuses = new Set<number>()
      const logged = server.log.length
      await fc.assert(
        fc.asyncProperty(requestsFor(document, call, ['sales', 'billing', 'never']), async (draft) => {
          const wire = draft.wire(people)
          const heard = await client.send(wire)
          statuses.add(heard.status)
          const told = check(draft, wire, heard) as Told
          if (call.security) await replace(draft, heard.status, told)
          // Not every error: the sandbox drops its oldest rooms, and what is still owed to them is refused for good.
          expect(server.log.slice(logged).filter(({ message }) => message === 'a request failed')).toEqual([])
          expect(rejections).toEqual([])
        }),
        { numRuns: RUNS, ...SEED },
      )
      // Without a request that was right after all, the rest would prove little; a signature of Webex nobody guesses.
      if (call.operationId !== 'webexHook') expect([...statuses].some((status) => status < 300)).toBe(true)
    },
  )
})

describe('the check itself', () => {
  const event = { seq: 1, at: '2026-11-20T15:00:00.000Z', type: 'message.deleted', messageId: 'm' }
  it.each([
    ['nothing', event, 0],
    ['a member nobody described', { ...event, by: 'anna@example.com' }, 1],
    ['a member of a wrong type', { ...event, seq: '1' }, 1],
    ['a missing member', { ...event, messageId: undefined }, 1],
    ['a type there is not', { ...event, type: 'message.read' }, 1],
  ])('finds %s', (_what, value, count) => {
    const found = mistakes(
      document,
      { $ref: '#/components/schemas/Event' },
      JSON.parse(JSON.stringify(value)),
    )
    expect(found).toHaveLength(count)
  })
})
