import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProblemAnswer } from '../../server/routes/shapes.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { call, startChat, type Visitor } from '../support/visitor.ts'

let server: TestServer
let visitor: Visitor
beforeAll(async () => {
  server = await startServer()
  visitor = await startChat(server.origin)
})
afterAll(() => server.close())

const json = { 'content-type': 'application/json' }
const line = (text: unknown, clientId: unknown = randomUUID()) => ({ clientId, text })

describe('a wrong request is told what is wrong with it, and changes nothing', () => {
  const table: [
    name: string,
    method: string,
    path: string,
    body: unknown,
    status: number,
    code: string,
    path?: string,
  ][] = [
    ['no text', 'POST', '/chats/:id/messages', { clientId: randomUUID() }, 400, 'invalid', 'text'],
    ['an empty text', 'POST', '/chats/:id/messages', line(''), 400, 'invalid', 'text'],
    ['blanks for a text', 'POST', '/chats/:id/messages', line(' \n\t\u00a0'), 400, 'invalid', 'text'],
    ['a number for a text', 'POST', '/chats/:id/messages', line(7), 400, 'invalid', 'text'],
    ['4001 characters', 'POST', '/chats/:id/messages', line('😀'.repeat(4001)), 400, 'invalid', 'text'],
    ['a NUL', 'POST', '/chats/:id/messages', line('a\0b'), 400, 'invalid', 'text'],
    [
      'half a surrogate pair',
      'POST',
      '/chats/:id/messages',
      '{"clientId":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","text":"\\ud83d"}',
      400,
      'invalid',
      'text',
    ],
    ['a clientId that is none', 'POST', '/chats/:id/messages', line('hi', '1'), 400, 'invalid', 'clientId'],
    [
      'an unknown field',
      'POST',
      '/chats/:id/messages',
      { ...line('hi'), from: 'agent' },
      400,
      'invalid',
      'from',
    ],
    ['a list for a body', 'POST', '/chats/:id/messages', [], 400, 'invalid', ''],
    ['null for a body', 'POST', '/chats/:id/messages', 'null', 400, 'invalid', ''],
    ['broken JSON', 'POST', '/chats/:id/messages', '{"text":', 400, 'invalid', ''],
    ['a prototype for a key', 'POST', '/sessions', '{"__proto__":{"a":1}}', 400, 'invalid', '__proto__'],
    [
      'a prototype for a parameter',
      'POST',
      '/sessions',
      '{"parameters":{"__proto__":"x"}}',
      400,
      'invalid',
      '__proto__',
    ],
    ['a language that is none', 'POST', '/sessions', { lang: '../en' }, 400, 'invalid', 'lang'],
    [
      'too long a parameter',
      'PATCH',
      '/session',
      { parameters: { a: 'x'.repeat(257) } },
      400,
      'invalid',
      'parameters.a',
    ],
    [
      'too long a key',
      'PATCH',
      '/session',
      { parameters: { ['k'.repeat(65)]: 'x' } },
      400,
      'invalid',
      `parameters.${'k'.repeat(65)}`,
    ],
    ['an unknown presence', 'POST', '/chats/:id/presence', { state: 'gone' }, 400, 'invalid', 'state'],
    [
      'a name of 101 characters',
      'POST',
      '/chats',
      { topic: 'sales', name: 'x'.repeat(101) },
      400,
      'invalid',
      'name',
    ],
    ['a cursor that is no number', 'GET', '/chats/:id/events?after=last', undefined, 400, 'invalid', 'after'],
    ['a cursor beyond the end', 'GET', '/chats/:id/events?after=99999', undefined, 400, 'invalid', 'after'],
    ['a negative cursor', 'GET', '/chats/:id/events?after=-1', undefined, 400, 'invalid', 'after'],
    ['too long a wait', 'GET', '/chats/:id/events?wait=26', undefined, 400, 'invalid', 'wait'],
    ['a cursor given twice', 'GET', '/chats/:id/events?after=1&after=2', undefined, 400, 'invalid', 'after'],
    ['an unknown chat', 'GET', '/chats/nothing', undefined, 404, 'not_found'],
    ['an unknown path', 'GET', '/chat', undefined, 404, 'not_found'],
    ['a wrong method', 'PUT', '/chats/:id', {}, 405, 'method_not_allowed'],
    ['a wrong method', 'DELETE', '/config', undefined, 405, 'method_not_allowed'],
  ]
  it.each(table)('%s: %s %s', async (_name, method, path, body, status, code, wrong) => {
    const before = (await visitor.events()).body
    const answer = await call(server.origin, method, path.replace(':id', visitor.chatId), {
      token: visitor.token,
      body,
    })
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(ProblemAnswer.parse(answer.body)).toMatchObject({ status, code })
    expect(answer.body.detail).not.toBe('')
    if (wrong !== undefined) expect(answer.body.errors.map((e) => e.path)).toContain(wrong)
    if (status === 405) expect(answer.headers.get('allow')).toMatch(/GET/)
    expect((await visitor.events()).body).toEqual(before)
  })

  it('a body that is not JSON, not UTF-8, packed, or too large', async () => {
    const path = `/chats/${visitor.chatId}/messages`
    const headers = { authorization: `Bearer ${visitor.token}` }
    const post = (body: BodyInit, more: Record<string, string>) =>
      fetch(`${server.origin}/api/v1${path}`, { method: 'POST', body, headers: { ...headers, ...more } })
    const body = JSON.stringify(line('hi'))
    expect((await post(body, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await post(body, { 'content-type': 'application/json; charset=latin1' })).status).toBe(415)
    expect((await post(body, { ...json, 'content-encoding': 'gzip' })).status).toBe(415)
    expect((await post(new Uint8Array([0x7b, 0xff, 0xfe]), json)).status).toBe(400)
    expect((await post('x'.repeat(64 * 1024 + 1), json)).status).toBe(413)
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(16 * 1024).fill(32)),
    })
    // A stream has no length to tell it by: it is cut off while it is read.
    const cutOff = await fetch(`${server.origin}/api/v1${path}`, {
      method: 'POST',
      body: endless,
      headers: { ...headers, ...json },
      ...{ duplex: 'half' },
    }).then(
      (answer) => answer.status,
      () => 413,
    )
    expect(cutOff).toBe(413)
  })

  it("a token that is missing, mangled, or somebody else's", async () => {
    const other = await startChat(server.origin)
    const path = `/chats/${visitor.chatId}`
    for (const authorization of [
      '',
      'Bearer',
      'Bearer x',
      `Basic ${visitor.token}`,
      `Bearer ${'A'.repeat(43)}`,
    ]) {
      const answer = await call(server.origin, 'GET', path, { headers: { authorization } })
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized'])
    }
    for (const [method, rest, body] of [
      ['GET', ''],
      ['GET', '/events'],
      ['POST', '/messages', line('hi')],
      ['POST', '/presence', { state: 'here' }],
      ['POST', '/handover'],
      ['POST', '/close'],
    ] as const) {
      const answer = await call(server.origin, method, `${path}${rest}`, {
        token: other.token,
        ...(body && { body }),
      })
      expect([method, rest, answer.status]).toEqual([method, rest, 404])
    }
    expect((await call(server.origin, 'GET', `${path}?token=${visitor.token}`)).status).toBe(401)
  })

  it('a twenty-first parameter', async () => {
    const { token } = (await call(server.origin, 'POST', '/sessions', { body: {} })).body
    const some = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${from + n}`, 'v']))
    expect(
      (await call(server.origin, 'PATCH', '/session', { token, body: { parameters: some(0, 20) } })).status,
    ).toBe(200)
    const answer = await call(server.origin, 'PATCH', '/session', {
      token,
      body: { parameters: some(20, 1) },
    })
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid'])
  })

  it('a request that is no HTTP at all ends that connection only', async () => {
    const socket = connect(Number(new URL(server.origin).port), '127.0.0.1')
    socket.end('\x16\x03\x01 nonsense\r\n\r\n')
    const said = await new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString()
      })
      socket.on('close', () => resolve(text))
    })
    expect(said).toMatch(/^HTTP\/1\.1 400/)
    expect((await visitor.events()).status).toBe(200)
  })

  it('pages addresses and titles are cut, not refused', async () => {
    const url = `https://www.example.com/?q=${'x'.repeat(5000)}`
    const started = await call(server.origin, 'POST', '/chats', { body: { topic: 'sales', page: { url } } })
    expect(started.status).toBe(201)
  })
})

describe('websites', () => {
  const origin = 'https://www.example.com'
  const ask = (method: string, headers: Record<string, string>) =>
    fetch(`${server.origin}/api/v1/sessions`, { method, headers, ...(method === 'POST' && { body: '{}' }) })

  it('of the settings may use the API, and read what they need', async () => {
    const preflight = await ask('OPTIONS', {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(
      /Authorization.*Content-Type.*If-None-Match/i,
    )
    const answer = await ask('POST', { ...json, origin })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    expect(answer.headers.get('access-control-expose-headers')).toMatch(/ETag.*Retry-After/)
    expect(answer.headers.get('vary')).toMatch(/Origin/)
  })

  it.each([
    'https://www.example.com.evil.net',
    'https://evil-www.example.com',
    'http://www.example.com',
    'https://www.example.com:444',
    'https://WWW.example.com',
    'null',
  ])('such as %s may not', async (foreign) => {
    const refused = await ask('POST', { ...json, origin: foreign })
    expect(refused.status).toBe(403)
    expect(refused.headers.get('access-control-allow-origin')).toBeNull()
    expect(await refused.json()).toMatchObject({ code: 'forbidden_origin' })
    const read = await fetch(`${server.origin}/api/v1/config`, { headers: { origin: foreign } })
    expect(read.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('of our own may, and so may programs that name no origin', async () => {
    expect((await ask('POST', { ...json, origin: server.origin })).status).toBe(201)
    expect((await ask('POST', json)).status).toBe(201)
  })
})

describe('GET /config', () => {
  it('answers in the language asked for, and 304 while nothing changed', async () => {
    const polish = await call(server.origin, 'GET', '/config?lang=pl-PL')
    expect(polish.body).toMatchObject({
      lang: 'pl',
      open: { open: true },
      topics: [{ id: 'sales', title: 'Sprzedaż' }, {}],
    })
    const etag = polish.headers.get('etag') ?? ''
    const again = await fetch(`${server.origin}/api/v1/config?lang=pl-PL`, {
      headers: { 'if-none-match': etag },
    })
    expect(again.status).toBe(304)
    expect((await call(server.origin, 'GET', '/config?lang=xx')).body).toMatchObject({ lang: 'en' })
    // What pages write into `<html lang>` is no reason to refuse their visitors.
    for (const [written, lang] of [
      ['pl_PL', 'pl'],
      ['C', 'en'],
      ['no good', 'en'],
      ['', 'en'],
    ] as const) {
      const { status, body } = await call(server.origin, 'GET', `/config?lang=${encodeURIComponent(written)}`)
      expect([status, body]).toMatchObject([200, { lang }])
    }
    expect(JSON.stringify(polish.body)).not.toMatch(/anna@|ben@|eva@|chris@/)
  })
})
