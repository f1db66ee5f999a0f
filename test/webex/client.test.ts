import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DeliveryError } from '../../server/core/errors.ts'
import { createWebexClient, nextLink, readRetryAfter, type TokenSource } from '../../server/webex/client.ts'
import { createGate } from '../../server/webex/gate.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

const fixed: TokenSource = {
  get: async () => 'one',
  renew: async () => {
    throw new DeliveryError('no other', { effect: 'no', status: 401 })
  },
}
const Made = z.object({ id: z.string() })

async function failure(listener: RequestListener, timeoutMs = 2_000): Promise<DeliveryError> {
  const client = createWebexClient({ apiUrl: await serve(listener), tokens: fixed, timeoutMs })
  const error = await client.call('POST', '/messages', Made, { body: {} }).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(DeliveryError)
  return error as DeliveryError
}

const answer =
  (status: number, body = '', headers: Record<string, string> = {}): RequestListener =>
  (_req, res) => {
    res.writeHead(status, headers)
    res.end(body)
  }

describe('what an attempt that failed may have done', () => {
  it.each([
    [
      '429 with JSON',
      answer(429, '{"message":"slow"}', { 'retry-after': '3' }),
      { effect: 'no', permanent: false, retryAfter: 3 },
    ],
    [
      '429 with HTML',
      answer(429, '<html>slow</html>', { 'retry-after': '9' }),
      { effect: 'no', permanent: false, retryAfter: 9 },
    ],
    ['400', answer(400, '{"message":"no"}'), { effect: 'no', permanent: true }],
    ['404 with nothing', answer(404), { effect: 'no', permanent: true }],
    ['423', answer(423, '', { 'retry-after': '2' }), { effect: 'no', permanent: false, retryAfter: 2 }],
    ['500', answer(500), { effect: 'unknown' }],
    ['502 with HTML', answer(502, '<html>'), { effect: 'unknown' }],
    ['503 that says when', answer(503, '', { 'retry-after': '5' }), { effect: 'unknown', retryAfter: 5 }],
    [
      'a redirect',
      answer(302, '', { location: 'https://elsewhere.example/' }),
      { effect: 'unknown', status: 302 },
    ],
    ['200 with HTML', answer(200, '<html>ok</html>'), { effect: 'unknown' }],
    ['200 with nothing', answer(200), { effect: 'unknown' }],
    ['200 with another shape', answer(200, '{"items":[]}'), { effect: 'unknown' }],
    ['a connection that breaks', ((req) => req.socket.destroy()) as RequestListener, { effect: 'unknown' }],
    [
      'half an answer',
      ((_req, res) => {
        res.writeHead(200, { 'content-length': '100' })
        res.write('{"id"')
        res.socket?.destroy()
      }) as RequestListener,
      { effect: 'unknown' },
    ],
  ])('%s', async (_name, listener, outcome) => {
    expect((await failure(listener)).outcome).toMatchObject(outcome)
  })

  it('no answer in time', async () => {
    expect((await failure(() => undefined, 50)).outcome.effect).toBe('unknown')
  })

  it('nobody listening: surely nothing', async () => {
    const apiUrl = await serve(() => undefined)
    for (const close of closing.splice(0)) close()
    const client = createWebexClient({ apiUrl, tokens: fixed })
    const error = await client.call('POST', '/messages', Made, { body: {} }).catch((e: unknown) => e)
    expect((error as DeliveryError).outcome.effect).toBe('no')
  })

  it('never repeats what was said in its message', async () => {
    const error = await failure(answer(500, 'a visitor said hunter2'))
    expect(error.message).not.toContain('hunter2')
  })
})

describe('a gate', () => {
  /** What is asked at a server that answers like that, through a gate whose time stands still. */
  async function gated(listener: RequestListener, timeoutMs = 2_000) {
    const seen: string[] = []
    const ends = new Map<string, number>()
    const now = Date.now()
    const apiUrl = await serve((req, res) => {
      seen.push(`${req.method} ${req.url}`)
      listener(req, res)
    })
    const throttle = {
      until: (family: string) => ends.get(family) ?? 0,
      pause: (family: string, until: number) => void ends.set(family, until - now),
    }
    const gate = createGate({ account: 'integration', throttle, clock: { now: () => now } })
    const client = createWebexClient({ apiUrl, tokens: fixed, gate, timeoutMs })
    const outcome = (asked: Promise<unknown>) =>
      asked.then(
        () => 'answered' as const,
        (error: DeliveryError) => error.outcome,
      )
    const post = (signal?: AbortSignal) =>
      outcome(client.call('POST', '/messages', Made, { body: {}, ...(signal && { signal }) }))
    const list = async () => {
      for await (const page of client.pages('/rooms', Made, {})) expect(page).toEqual([])
    }
    return { seen, ends, gate, post, list: () => outcome(list()), now }
  }

  it('lets nothing be sent during a pause, and tells how long it is', async () => {
    const { seen, ends, post, list, now } = await gated(answer(200, '{"items":[],"id":"m"}'))
    ends.set('integration POST /messages', now + 12_000)
    ends.set('integration GET /rooms', now + 3_000)
    expect(await post()).toEqual({ effect: 'no', status: 429, retryAfter: 12 })
    expect(await list()).toEqual({ effect: 'no', status: 429, retryAfter: 3 })
    expect(seen).toEqual([])
    ends.clear()
    expect([await post(), await list()]).toEqual(['answered', 'answered'])
    expect(seen).toEqual(['POST /v1/messages', 'GET /v1/rooms'])
  })

  it('hears of the pauses that Webex asks for, also for lists', async () => {
    const { ends, post, list } = await gated(answer(429, '<html>', { 'retry-after': '8' }))
    await post()
    await list()
    expect(Object.fromEntries(ends)).toEqual({
      'integration POST /messages': 8_000,
      'integration GET /rooms': 8_000,
    })
  })

  it.each<[string, RequestListener]>([
    ['connections that break', (req) => req.socket.destroy()],
    [
      'answers that break off',
      (_req, res) => {
        res.writeHead(200, { 'content-length': '100' })
        res.write('{"id"')
        res.socket?.destroy()
      },
    ],
    ['no answers in time', () => undefined],
    ['500s', answer(500)],
  ])('closes after five of them, before anything is sent: %s', async (_name, listener) => {
    const { seen, post } = await gated(listener, 100)
    for (let n = 0; n < 5; n++) expect(await post()).toMatchObject({ effect: 'unknown' })
    expect(await post()).toEqual({ effect: 'no', status: 503, retryAfter: 5 })
    expect(seen).toHaveLength(5)
  })

  it('stays open for what Webex refuses, however often, and for calls that somebody gave up', async () => {
    const refusing = await gated(answer(404))
    for (let n = 0; n < 20; n++) expect(await refusing.post()).toMatchObject({ status: 404 })
    let giveUp = new AbortController()
    const slow = await gated(() => giveUp.abort())
    for (let n = 0; n < 7; n++) {
      giveUp = new AbortController()
      expect(await slow.post(giveUp.signal)).toMatchObject({ effect: 'unknown' })
    }
    expect([refusing.gate.resting(), slow.gate.resting()]).toEqual([[], []])
  })
})

describe('tokens', () => {
  it('that are slow to come take of the time of the call: it was not made', async () => {
    let calls = 0
    const apiUrl = await serve(() => void calls++)
    const never: TokenSource = { get: () => new Promise(() => undefined), renew: async () => 'x' }
    const client = createWebexClient({ apiUrl, tokens: never, timeoutMs: 50 })
    const error = await client.call('POST', '/messages', Made).catch((e: unknown) => e)
    expect((error as DeliveryError).outcome).toEqual({ effect: 'no', status: 401 })
    expect(calls).toBe(0)
  })

  it('are renewed once when refused, and the call is made again', async () => {
    const seen: string[] = []
    const apiUrl = await serve((req, res) => {
      seen.push(req.headers.authorization ?? '')
      res.writeHead(req.headers.authorization === 'Bearer two' ? 200 : 401)
      res.end('{"id":"m"}')
    })
    const tokens: TokenSource = { get: async () => 'one', renew: async () => 'two' }
    const client = createWebexClient({ apiUrl, tokens })
    expect(await client.call('POST', '/messages', Made)).toEqual({ id: 'm' })
    expect(seen).toEqual(['Bearer one', 'Bearer two'])
  })

  it('that cannot be had say nothing for good about the call: it was never made', async () => {
    const refused = new DeliveryError('POST /access_token: 400', {
      effect: 'no',
      permanent: true,
      status: 400,
    })
    const unsure = new DeliveryError('POST /access_token: no answer in time', { effect: 'unknown' })
    for (const trouble of [refused, unsure]) {
      let calls = 0
      const apiUrl = await serve((_req, res) => {
        calls++
        res.writeHead(401)
        res.end()
      })
      const fail = () => Promise.reject(trouble)
      for (const tokens of [
        { get: fail, renew: fail },
        { get: async () => 'one', renew: fail },
      ]) {
        const error = await createWebexClient({ apiUrl, tokens })
          .call('POST', '/messages', Made)
          .catch((e: unknown) => e)
        expect((error as DeliveryError).outcome).toEqual({ effect: 'no', status: 401 })
      }
      expect(calls).toBe(1)
    }
  })

  it('go to the API host only, whatever a next link says', async () => {
    let calls = 0
    const apiUrl = await serve((_req, res) => {
      calls++
      res.writeHead(200, { link: '<https://elsewhere.example/v1/rooms?cursor=2>; rel="next"' })
      res.end('{"items":[{"id":"r"}]}')
    })
    const client = createWebexClient({ apiUrl, tokens: fixed })
    const pages: unknown[] = []
    for await (const page of client.pages('/rooms', Made, {})) pages.push(page)
    expect([pages, calls]).toEqual([[[{ id: 'r' }]], 1])
  })
})

describe('paging', () => {
  it('follows next links, also past an empty page', async () => {
    const apiUrl: string = await serve((req, res) => {
      const n = Number(new URL(req.url ?? '', apiUrl).searchParams.get('n') ?? 0)
      const next = n < 2 ? { link: `<${apiUrl}/rooms?n=${n + 1}>; rel="next"` } : {}
      res.writeHead(200, next)
      res.end(JSON.stringify({ items: n === 1 ? [] : [{ id: `r${n}` }] }))
    })
    const client = createWebexClient({ apiUrl, tokens: fixed })
    const ids: string[] = []
    for await (const page of client.pages('/rooms', Made, {})) ids.push(...page.map((room) => room.id))
    expect(ids).toEqual(['r0', 'r2'])
  })

  it.each([
    [null, undefined],
    ['', undefined],
    ['<https://a.example/v1/x?c=1>; rel="next"', 'https://a.example/v1/x?c=1'],
    ['<https://a.example/v1/p>; rel="prev", <https://a.example/v1/n>; rel=next', 'https://a.example/v1/n'],
    ['<https://b.example/v1/x>; rel="next"', undefined],
    ['<not a url', undefined],
  ])('reads %j', (header, next) => expect(nextLink(header, 'https://a.example/v1')).toBe(next))
})

describe('Retry-After', () => {
  it.each([
    [null, undefined],
    ['3', 3],
    ['0', 1],
    ['999999', 3600],
    ['soon', undefined],
  ])('%j', (header, seconds) => expect(readRetryAfter(header)).toBe(seconds))
  it('may be a date', () => {
    const wait = readRetryAfter(new Date(Date.now() + 30_000).toUTCString())
    expect(wait).toBeGreaterThan(25)
    expect(wait).toBeLessThan(32)
  })
})
