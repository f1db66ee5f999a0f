import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROBLEM_CODES } from '../../server/core/errors.ts'
import { apiPage } from '../../server/routes/api-page.ts'
import { openapi } from '../../server/routes/openapi.ts'
import { type ApiDescription, resolve, type Schema } from '../../server/routes/openapi-document.ts'
import { type Operation, operations } from '../../server/routes/operations.ts'
import { STATUS } from '../../server/routes/problem.ts'
import * as shapes from '../../server/routes/shapes.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { callsOf } from './fuzz/call.ts'
import { mistakes } from './fuzz/schema.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const document = openapi('1.2.3')
const calls = callsOf(document)

/** Every object inside, itself included. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Record<string, unknown>
  for (const inner of Object.values(value)) yield* objectsIn(inner)
}
const refsIn = (value: unknown): string[] =>
  [...objectsIn(value)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []))

describe('the description', () => {
  it('is served as it is made, to pages of any origin, with an ETag', async () => {
    const answer = await fetch(`${server.origin}/openapi.json`, { headers: { origin: 'https://a.example' } })
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect((await answer.json()) as ApiDescription).toEqual(openapi('test'))
    const etag = answer.headers.get('etag') ?? ''
    const again = await fetch(`${server.origin}/openapi.json`, { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(304)
  })

  it('repeats nothing: every shape of a name stands once, and the whole is small', () => {
    expect(JSON.stringify(document).length).toBeLessThan(60_000)
    expect(JSON.stringify(document).split('"idle_warning"')).toHaveLength(2)
  })

  it('refers to nothing that is not there, and has nothing that is not referred to', () => {
    const refs = refsIn(document)
    for (const $ref of refs) expect(() => resolve(document, { $ref } as object), $ref).not.toThrow()
    // Answers that share their status with another are there for whoever writes a client, by their codes.
    const { parameters, headers, schemas } = document.components
    const all = Object.entries({ parameters, headers, schemas }).flatMap(([kind, named]) =>
      Object.keys(named).map((name) => `#/components/${kind}/${name}`),
    )
    expect(all.filter((name) => !refs.includes(name))).toEqual([])
  })

  it('has every operation the router serves, and its address', () => {
    const served = Object.entries<Operation>(operations).map(([name, { method, path }]) => [
      name,
      method,
      `/api/v1${path.replace(/:(\w+)/g, '{$1}')}`,
    ])
    const described = calls
      .filter(({ path }) => path.startsWith('/api/v1'))
      .map(({ operationId, method, path }) => [operationId, method, path])
    expect(described.sort()).toEqual(served.sort())
    expect(new Set(calls.map(({ operationId }) => operationId)).size).toBe(calls.length)
  })

  it.each([...new Set(calls.map(({ path }) => path))])(
    'names the methods of %s, and no others',
    async (path) => {
      const refused = await fetch(`${server.origin}${path.replace('{id}', 'x')}`, { method: 'PUT' })
      expect(refused.status).toBe(405)
      const allowed = (refused.headers.get('allow') ?? '').split(', ').filter((method) => method !== 'HEAD')
      const described = calls.filter((call) => call.path === path).map(({ method }) => method.toUpperCase())
      expect(allowed.sort()).toEqual(described.sort())
    },
  )

  it.each(calls.map((call) => [call.operationId, call] as const))(
    'says what %s answers, and what may go wrong',
    (_name, { responses, requestBody, tags, summary, security, parameters = [], path }) => {
      expect(summary).not.toBe('')
      for (const tag of tags) expect(document.tags.map(({ name }) => name)).toContain(tag)
      expect(tags).toHaveLength(1)
      const statuses = Object.keys(responses).map(Number)
      expect(statuses.some((status) => status < 300)).toBe(true)
      expect(statuses).toEqual(expect.arrayContaining([405, 500]))
      if (path.startsWith('/api/v1')) expect(statuses).toContain(503)
      if (security) expect(statuses).toContain(401)
      if (path.includes('{')) {
        expect(statuses).toContain(404)
        expect(parameters.map((parameter) => resolve(document, parameter).name)).toContain('id')
      }
      if (requestBody && security !== undefined)
        expect(statuses).toEqual(expect.arrayContaining([400, 403, 413, 415]))
      for (const [status, of] of Object.entries(responses)) {
        const answer = resolve(document, of)
        expect(answer.description).not.toBe('')
        if (status !== '204' && status !== '304') expect(Object.keys(answer.content ?? {})).toHaveLength(1)
      }
    },
  )

  it('has every problem by its code, with the members and headers it comes with', () => {
    const used = calls.flatMap(({ responses }) => refsIn(responses)).join(' ')
    for (const code of PROBLEM_CODES) {
      const name = code.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
      expect(used).toMatch(new RegExp(`/${name}(Problem)?( |$)`))
      const { headers = {}, content = {} } = document.components.responses[name] ?? {}
      const { schema = {}, example } = content['application/problem+json'] ?? {}
      expect(mistakes(document, schema, example)).toEqual([])
      expect(example).toMatchObject({ code, status: STATUS[code][0] })
      expect(mistakes(document, schema, { ...(example as object), code: 'other' })).not.toEqual([])
      const expected = { 401: 'WWW-Authenticate', 405: 'Allow', 429: 'Retry-After', 503: 'Retry-After' }
      const needed = Object.entries(expected).find(([status]) => Number(status) === STATUS[code][0])?.[1]
      expect(Object.keys(headers)).toEqual(needed === undefined ? [] : [needed])
    }
    const closed = document.components.schemas.ClosedHoursProblem?.allOf?.[1]
    expect(Object.keys(closed?.properties ?? {})).toEqual(
      expect.arrayContaining(['reason', 'name', 'opensAt']),
    )
    expect(closed?.required).toEqual(['reason'])
  })

  it('gives examples that are right, for every body that must be sent', () => {
    const taken = new Map(Object.entries(shapes).map((named) => [named[0], named[1]] as const))
    for (const { requestBody } of calls.filter(({ path }) => path.startsWith('/api/v1'))) {
      if (!requestBody?.required) continue
      const { $ref = '' } = requestBody.content['application/json']?.schema ?? {}
      const name = $ref.slice($ref.lastIndexOf('/') + 1)
      const shape = taken.get(name)
      const { examples = [] } = document.components.schemas[name] ?? {}
      expect(examples.length, name).toBeGreaterThan(0)
      for (const example of examples)
        expect(typeof shape === 'object' && 'parse' in shape && shape.parse(example)).toBeTruthy()
    }
    for (const [name, schema] of Object.entries<Schema>(document.components.schemas))
      for (const example of schema.examples ?? [])
        expect([name, mistakes(document, schema, example)]).toEqual([name, []])
  })

  it('closes what is sent and leaves open what is answered', () => {
    const { NewMessage, Chat } = document.components.schemas
    expect(NewMessage?.additionalProperties).toBe(false)
    expect(Chat && 'additionalProperties' in Chat).toBe(false)
  })
})

describe('the page of the API', () => {
  const { page } = apiPage(document)
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1] ?? '')

  it('is served without a script or another host, under a policy that allows neither', async () => {
    const moved = await fetch(`${server.origin}/api`, { redirect: 'manual' })
    expect([moved.status, moved.headers.get('location')]).toEqual([302, '/api/'])
    const answer = await fetch(`${server.origin}/api/`)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; /)
    expect(policy).not.toMatch(/unsafe|https?:/)
    const html = await answer.text()
    expect(html).toBe(apiPage(openapi('test')).page)
    expect(html).not.toMatch(/<script|<link|<img|\son\w+=|\sstyle=|(?:href|src)="https?:|url\(/i)
  })

  it('has a place for every operation, shape and problem, and leads nowhere else', () => {
    expect(ids).toEqual(expect.arrayContaining(calls.map(({ operationId }) => operationId)))
    expect(ids).toEqual(expect.arrayContaining(PROBLEM_CODES.map((code) => `problem-${code}`)))
    expect(ids).toEqual(
      expect.arrayContaining(['shape-Event', 'shape-Chat', 'shape-Topic', 'problem-internal']),
    )
    expect(new Set(ids).size).toBe(ids.length)
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map((match) => match[1])
    expect(targets.filter((target) => !ids.includes(target ?? ''))).toEqual([])
  })

  it('shows a command for every operation, fit for a shell', () => {
    expect(page.match(/<code>curl /g)).toHaveLength(calls.length)
    expect(page).toContain('curl &quot;$host/api/v1/chats/$chat/events?after=0&amp;wait=25&quot;')
    expect(page).toContain('-d &#39;{&quot;state&quot;:&quot;here&quot;}&#39;')
    const odd = { ...document.components.schemas, Presence: { type: 'object', examples: [{ it: "isn't" }] } }
    const quoted = apiPage({ ...document, components: { ...document.components, schemas: odd } }).page
    expect(quoted).toContain('-d &#39;{&quot;it&quot;:&quot;isn&#39;\\&#39;&#39;t&quot;}&#39;')
  })

  it('takes every word of the document for text', () => {
    const evil = '<img src=x onerror=alert(1)>"\'&'
    const infect = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(infect)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [
          key,
          ['description', 'summary', 'title', 'version'].includes(key) && typeof inner === 'string'
            ? `${inner} ${evil} \`${evil}\``
            : infect(inner),
        ]),
      )
    }
    const infected = apiPage(infect(document) as ApiDescription).page
    expect(infected).not.toContain('<img')
    expect(infected.split('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;').length).toBeGreaterThan(100)
  })
})
