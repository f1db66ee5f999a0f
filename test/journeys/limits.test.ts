import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { type Answer, call, startChat, visitorOf } from '../support/visitor.ts'

let server: TestServer
afterEach(() => server.close())

/** The test is the trusted proxy, and its visitors are whoever it says they are. */
const serve = (limits?: object, proxies = '127.0.0.0/8') =>
  startServer({ env: { TRUSTED_PROXIES: proxies }, settings: limits ? { limits } : {} }).then((started) => {
    server = started
  })

const from = (ip: string) => ({ 'x-forwarded-for': ip })
const newSession = async () => (await call(server.origin, 'POST', '/sessions', { body: {} })).body.token
const start = (ip: string, token?: string, body: object = { topic: 'sales' }) =>
  call(server.origin, 'POST', '/chats', { body, token, headers: from(ip) })
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort()
const all = <T>(count: number, ask: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, n) => ask(n)))
const roomCount = async () => (await server.staff.rooms()).length
const sessionCount = async () => {
  const rows = await server.app.store.db('sessions').count({ count: '*' })
  return Number(rows[0]?.count)
}

/** Checks the refusal, and returns how many seconds it asks for. */
function refusal(answer: Answer): number {
  expect([answer.status, answer.body.code]).toEqual([429, 'rate_limited'])
  const seconds = Number(answer.headers.get('retry-after'))
  expect(seconds).toBeGreaterThanOrEqual(1)
  expect(Number.isInteger(seconds)).toBe(true)
  return seconds
}

describe('starts by address', () => {
  it('are refused beyond the limit, and only to the visitor who is over it', async () => {
    await serve({ startsPerIpPerMinute: 2 })
    expect(statuses([await start('8.8.8.8'), await start('8.8.8.8')])).toEqual([201, 201])
    const [sessions, rooms] = [await sessionCount(), await roomCount()]
    const token = await newSession()
    const seconds = refusal(await start('8.8.8.8'))
    expect(seconds).toBeLessThanOrEqual(30)
    refusal(await start('8.8.8.8', token))

    // Nothing came of it: no room, no session, no chat.
    expect([await sessionCount(), await roomCount()]).toEqual([sessions + 1, rooms])
    expect((await start('9.9.9.9')).status).toBe(201)

    await server.pass(seconds)
    expect((await start('8.8.8.8', token)).status).toBe(201)
    refusal(await start('8.8.8.8'))
  })

  it('go by the address the proxy saw, not by what the visitor claims', async () => {
    await serve({ startsPerIpPerMinute: 1 })
    expect((await start('1.1.1.1, 8.8.8.8')).status).toBe(201)
    refusal(await start('2.2.2.2, 8.8.8.8'))
    refusal(await start('3.3.3.3, 8.8.8.8, 127.0.0.7'))
    refusal(await start('::ffff:8.8.8.8'))
  })

  it('go by the connection where no proxy is trusted', async () => {
    await serve({ startsPerIpPerMinute: 1 }, '10.0.0.0/8')
    expect((await start('8.8.8.8')).status).toBe(201)
    refusal(await start('9.9.9.9'))
  })

  it('count a whole IPv6 network of /64 as one visitor', async () => {
    await serve({ startsPerIpPerMinute: 1 })
    expect((await start('2a00:1450:4001:81b::1')).status).toBe(201)
    refusal(await start('2a00:1450:4001:81b:ffff:ffff:ffff:ffff'))
    expect((await start('2a00:1450:4001:81c::1')).status).toBe(201)
  })

  it('do not count what joins a chat, nor what is refused for another reason', async () => {
    await serve({ startsPerIpPerMinute: 2, roomsPerMinute: 2 })
    expect((await start('8.8.8.8', undefined, { topic: 'weather' })).status).toBe(400)
    expect((await start('8.8.8.8', undefined, { topic: 'billing' })).status).toBe(422)
    const token = await newSession()
    expect(statuses(await all(6, () => start('8.8.8.8', token)))).toEqual([200, 200, 200, 200, 200, 201])
    expect((await start('8.8.8.8')).status).toBe(201)
    refusal(await start('8.8.8.8'))
    expect((await start('8.8.8.8', token)).status).toBe(200)
    expect((await start('8.8.8.8', token, { topic: 'billing' })).status).toBe(409)
  })

  it('of one session that come at the same moment count once', async () => {
    let looked = 0
    let open = () => {}
    const gate = new Promise<null>((resolve) => {
      open = () => resolve(null)
    })
    const locate = () => {
      looked++
      return gate
    }
    server = await startServer({
      settings: { limits: { startsPerIpPerMinute: 1, roomsPerMinute: 1 } },
      geo: { locate, close: async () => undefined },
    })
    const token = await newSession()
    const starts = all(4, () => start('8.8.8.8', token))
    // None of them can see another's chat by now.
    await expect.poll(() => looked).toBe(4)
    open()
    expect(statuses(await starts)).toEqual([200, 200, 200, 201])
    refusal(await start('8.8.8.8'))
  })

  it('hold under a rush', async () => {
    await serve({ startsPerIpPerMinute: 3 })
    const answers = await all(8, () => start('8.8.8.8'))
    expect(statuses(answers)).toEqual([201, 201, 201, 429, 429, 429, 429, 429])
    expect(await roomCount()).toBe(3)
  })
})

describe('rooms of everybody', () => {
  it('are capped, and a visitor who is refused has not used up a start of their own', async () => {
    await serve({ startsPerIpPerMinute: 1, roomsPerMinute: 2 })
    expect(statuses([await start('8.8.8.1'), await start('8.8.8.2')])).toEqual([201, 201])
    const seconds = refusal(await start('8.8.8.3'))
    expect(await roomCount()).toBe(2)
    await server.pass(seconds)
    expect((await start('8.8.8.3')).status).toBe(201)
    expect(await roomCount()).toBe(3)
  })

  it('are not used up by a visitor who is over their own limit', async () => {
    await serve({ startsPerIpPerMinute: 1, roomsPerMinute: 2 })
    expect((await start('8.8.8.1')).status).toBe(201)
    for (let n = 0; n < 5; n++) refusal(await start('8.8.8.1'))
    expect((await start('8.8.8.2')).status).toBe(201)
  })
})

describe('lines of a visitor', () => {
  it('are refused beyond the limit, each visitor for themselves, and can be sent again after the wait', async () => {
    await serve({ messagesPerMinute: 3 })
    const [anna, ben] = [await startChat(server.origin), await startChat(server.origin)]
    for (const text of ['1', '2', '3']) expect((await anna.send(text)).status).toBe(201)
    const clientId = randomUUID()
    const seconds = refusal(await anna.send('4', clientId))
    expect(seconds).toBeLessThanOrEqual(20)
    expect((await ben.send('hello')).status).toBe(201)
    const lines = async () =>
      (await anna.events()).body.events.flatMap((e) => (e.type === 'message' ? [e.message.text] : []))
    expect(await lines()).toEqual(['1', '2', '3'])

    await server.pass(seconds)
    expect((await anna.send('4', clientId)).status).toBe(201)
    refusal(await anna.send('5'))
    expect(await lines()).toEqual(['1', '2', '3', '4'])
  })

  it('are counted once however often they are repeated, and a repetition is answered also beyond the limit', async () => {
    await serve({ messagesPerMinute: 2 })
    const visitor = await startChat(server.origin)
    const clientId = randomUUID()
    const first = await visitor.send('once', clientId)
    for (let n = 0; n < 5; n++) expect((await visitor.send('once', clientId)).status).toBe(200)
    expect((await visitor.send('two')).status).toBe(201)
    refusal(await visitor.send('three'))
    const repeated = await visitor.send('once', clientId)
    expect([repeated.status, repeated.body.event]).toEqual([200, first.body.event])
    expect((await visitor.send('something else', clientId)).body.code).toBe('idempotency_mismatch')
  })

  it('of a chat that is closed, or of somebody else, count for nobody', async () => {
    await serve({ messagesPerMinute: 1 })
    const [anna, ben] = [await startChat(server.origin), await startChat(server.origin)]
    for (let n = 0; n < 3; n++) {
      expect((await visitorOf(server.origin, ben.token, anna.chatId).send('boo')).status).toBe(404)
    }
    expect((await ben.send('mine')).status).toBe(201)
    await anna.call('POST', '/close')
    for (let n = 0; n < 3; n++) expect((await anna.send('late')).body.code).toBe('chat_closed')
  })
})

describe('held polls by address', () => {
  const poll = (
    ip: string,
    visitor: { token: string; chatId: string },
    query: string,
    signal?: AbortSignal,
  ) =>
    call(server.origin, 'GET', `/chats/${visitor.chatId}/events?${query}`, {
      token: visitor.token,
      headers: from(ip),
      ...(signal && { signal }),
    })
  const held = async () => {
    const headers = {
      authorization: `Basic ${Buffer.from('admin@example.com:correct horse').toString('base64')}`,
    }
    const status = await fetch(`${server.origin}/admin/status.json`, { headers })
    return ((await status.json()) as { heldPolls: number }).heldPolls
  }

  it('are refused beyond the limit, and only those that would be held', async () => {
    await serve({ heldPollsPerIp: 2 })
    const visitors = await all(4, () => startChat(server.origin))
    const [anna, ben, chris, dora] = visitors
    if (!anna || !ben || !chris || !dora) throw new Error('four were started')
    const waiting = [poll('8.8.8.8', anna, 'after=1&wait=25'), poll('8.8.8.8', ben, 'after=1&wait=25')]
    await expect.poll(held).toBe(2)

    expect(refusal(await poll('8.8.8.8', chris, 'after=1&wait=25'))).toBeLessThanOrEqual(25)
    expect(await held()).toBe(2)
    // What can be answered at once is.
    expect((await poll('8.8.8.8', chris, 'after=0&wait=25')).body.cursor).toBe(1)
    expect((await poll('8.8.8.8', chris, 'after=1&wait=0')).status).toBe(200)
    const elsewhere = poll('9.9.9.9', dora, 'after=1&wait=25')
    await expect.poll(held).toBe(3)

    // One that is answered makes room for another.
    await anna.send('hello')
    expect((await waiting[0])?.status).toBe(200)
    waiting[0] = poll('8.8.8.8', chris, 'after=1&wait=25')
    await expect.poll(held).toBe(3)
    refusal(await poll('8.8.8.8', dora, 'after=1&wait=25'))

    for (const visitor of [ben, chris, dora]) await visitor.send('bye')
    expect(statuses([...(await Promise.all(waiting)), await elsewhere])).toEqual([200, 200, 200])
  })

  it('are told when the first of those held will be over', async () => {
    await serve({ heldPollsPerIp: 1 })
    const [anna, ben] = [await startChat(server.origin), await startChat(server.origin)]
    const waiting = poll('8.8.8.8', anna, 'after=1&wait=2')
    await expect.poll(held).toBe(1)
    expect(refusal(await poll('8.8.8.8', ben, 'after=1&wait=25'))).toBeLessThanOrEqual(2)
    expect((await waiting).status).toBe(200)
    const next = poll('8.8.8.8', ben, 'after=1&wait=25')
    await expect.poll(held).toBe(1)
    await ben.send('bye')
    expect((await next).status).toBe(200)
  })

  it('make room when the visitor goes away without a word', async () => {
    await serve({ heldPollsPerIp: 1 })
    const visitor = await startChat(server.origin)
    const gone = new AbortController()
    const broken = poll('8.8.8.8', visitor, 'after=1&wait=25', gone.signal).catch(() => 'broken')
    await expect.poll(held).toBe(1)
    gone.abort()
    expect(await broken).toBe('broken')
    await expect.poll(held).toBe(0)
    const next = poll('8.8.8.8', visitor, 'after=1&wait=25')
    await expect.poll(held).toBe(1)
    await visitor.send('bye')
    expect((await next).status).toBe(200)
  })

  it('that are refused still show that the visitor is there', async () => {
    await serve({ heldPollsPerIp: 1 })
    const [anna, ben] = [await startChat(server.origin), await startChat(server.origin)]
    const waiting = poll('8.8.8.8', anna, 'after=1&wait=25')
    await expect.poll(held).toBe(1)
    for (let n = 0; n < 4; n++) {
      await server.pass(100)
      refusal(await poll('8.8.8.8', ben, 'after=1&wait=25'))
    }
    expect((await ben.call('GET', '')).body.chat.state).toBe('waiting')
    await anna.send('bye')
    await waiting
  })
})

describe('limits', () => {
  it('are off by default', async () => {
    await serve()
    expect(new Set(statuses(await all(10, () => start('8.8.8.8'))))).toEqual(new Set([201]))
    const visitor = await startChat(server.origin)
    const sent = await all(30, (n) => visitor.send(`line ${n}`))
    expect(new Set(statuses(sent))).toEqual(new Set([201]))
  })

  it('are switched on, changed and off by an import, at once', async () => {
    await serve()
    const visitor = await startChat(server.origin)
    await visitor.send('before')
    await server.settings({ limits: { startsPerIpPerMinute: 1, messagesPerMinute: 1 } })
    expect((await start('8.8.8.8')).status).toBe(201)
    refusal(await start('8.8.8.8'))
    expect((await visitor.send('one')).status).toBe(201)
    refusal(await visitor.send('two'))
    await server.settings({ limits: { startsPerIpPerMinute: 2, messagesPerMinute: 2 } })
    // A higher limit fills faster; it does not start over.
    expect(refusal(await start('8.8.8.8'))).toBeLessThanOrEqual(30)
    expect(refusal(await visitor.send('two'))).toBeLessThanOrEqual(30)
    await server.settings({})
    expect((await start('8.8.8.8')).status).toBe(201)
    expect((await visitor.send('two')).status).toBe(201)
  })

  it('may be a fraction: one in two minutes', async () => {
    await serve({ startsPerIpPerMinute: 0.5 })
    expect((await start('8.8.8.8')).status).toBe(201)
    const seconds = refusal(await start('8.8.8.8'))
    expect(seconds).toBeGreaterThan(100)
    await server.pass(seconds)
    expect((await start('8.8.8.8')).status).toBe(201)
  })
})
