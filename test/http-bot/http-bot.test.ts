import { once } from 'node:events'
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { BotError } from '../../server/core/errors.ts'
import { createHttpBot } from '../../server/http-bot/index.ts'
import { signatureOf } from '../../server/http-bot/signature.ts'
import type { BotTurn } from '../../server/ports.ts'
import { bodyOf, isOurs, type Served, serve } from './bot-server.ts'

const secret = 'correct horse battery staple 1234'
const NOW = Date.parse('2026-01-01T00:00:00.700Z')

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function served(listener: RequestListener): Promise<Served> {
  const server = await serve(listener)
  closing.push(server.close)
  return server
}

async function bot(listener: RequestListener, more: { timeoutMs?: number; query?: string } = {}) {
  const { query = '', ...options } = more
  const { url } = await served(listener)
  const made = createHttpBot({ url: `${url}${query}`, secret, clock: { now: () => NOW }, ...options })
  closing.push(made.close)
  return made
}

const turn: BotTurn = {
  sessionId: '3f8c0b52-7c1e-4d5a-9d3e-0a1b2c3d4e5f',
  input: { kind: 'text', text: 'When are you open?' },
  lang: 'en',
  state: null,
  restore: false,
  variables: {},
  signal: new AbortController().signal,
}

const answer =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end(body)
  }
const json = (value: unknown) => answer(200, JSON.stringify(value))
const hello = { messages: [{ text: 'Hello' }] }

async function failure(listener: RequestListener, more = {}): Promise<BotError> {
  const error = await (await bot(listener, more)).turn(turn).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(BotError)
  return error as BotError
}

describe('a turn over HTTP', () => {
  const heard: { headers: IncomingHttpHeaders; body: Buffer; method: string | undefined }[] = []
  const listen: RequestListener = async (request, response) => {
    heard.push({ headers: request.headers, method: request.method, body: await bodyOf(request) })
    response.end(JSON.stringify(hello))
  }
  afterEach(() => void heard.splice(0))

  it('is one signed POST of JSON that holds the whole turn', async () => {
    const state = { step: 2 }
    await (await bot(listen)).turn({
      ...turn,
      lang: 'pl',
      state,
      restore: true,
      variables: { topic: 'sales' },
    })
    const [call] = heard
    if (!call) throw new Error('there was no call')
    expect(heard).toHaveLength(1)
    expect(call.method).toBe('POST')
    expect(call.headers['content-type']).toBe('application/json')
    expect(JSON.parse(call.body.toString())).toEqual({
      version: 1,
      session: turn.sessionId,
      input: { type: 'text', text: 'When are you open?' },
      lang: 'pl',
      state,
      restore: true,
      variables: { topic: 'sales' },
    })
    const signature = String(call.headers['x-frontroom-signature'])
    expect(isOurs(signature, call.body, secret, NOW)).toBe(true)
    expect(isOurs(signature, call.body, `${secret}x`, NOW)).toBe(false)
    expect(isOurs(signature, Buffer.concat([call.body, Buffer.from(' ')]), secret, NOW)).toBe(false)
  })

  it('tells an event by its name', async () => {
    await (await bot(listen)).turn({ ...turn, input: { kind: 'event', name: 'welcome' } })
    expect(JSON.parse(String(heard[0]?.body))).toMatchObject({ input: { type: 'event', name: 'welcome' } })
  })

  it('is signed over the bytes that are sent, whatever the visitor writes', async () => {
    const talker = await bot(listen)
    for (const text of ['zażółć 😀', '\u2028 \u202e </script>', '"\\"', '😀'.repeat(4000)])
      await talker.turn({ ...turn, input: { kind: 'text', text } })
    expect(heard).toHaveLength(4)
    for (const { headers, body } of heard)
      expect(isOurs(String(headers['x-frontroom-signature']), body, secret, NOW)).toBe(true)
  })

  it('cannot be replayed later than five minutes', async () => {
    await (await bot(listen)).turn(turn)
    const [recorded] = heard
    if (!recorded) throw new Error('there was no call')
    const { headers, body } = recorded
    const signature = String(headers['x-frontroom-signature'])
    for (const [minutes, taken] of [
      [4.9, true],
      [5.1, false],
      [-5.1, false],
    ] as const)
      expect(isOurs(signature, body, secret, NOW + minutes * 60_000)).toBe(taken)
    const newer = signature.replace(/t=\d+/, `t=${Math.floor(NOW / 1000) + 600}`)
    expect(isOurs(newer, body, secret, NOW + 600_000)).toBe(false)
  })

  it('has the signature that docs/bots.md gives as an example', () => {
    // Made with: printf '1767225600.{"version":1}' | openssl dgst -sha256 -hmac 'correct horse battery staple 1234'
    expect(signatureOf('{"version":1}', secret, 1767225600)).toBe(
      't=1767225600,v1=57140b4d910a357e7218eb2962e0b6c9a98950836bb674e8a4a7c2449953e24d',
    )
  })

  it('shares its bot with many others at once, and warns of nothing', async () => {
    const warnings: Error[] = []
    const warned = (warning: Error) => void warnings.push(warning)
    process.on('warning', warned)
    const talker = await bot(listen)
    const one = () => talker.turn({ ...turn, signal: new AbortController().signal })
    await Promise.all(Array.from({ length: 50 }, one))
    // Warnings come with a later tick.
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', warned)
    expect(heard).toHaveLength(50)
    expect(warnings).toEqual([])
  })
})

describe('a bot that cannot be asked', () => {
  it.each<[string, RequestListener, Partial<BotError>]>([
    ['400', answer(400), { kind: 'invalid' }],
    ['404', answer(404, '<html>nothing here</html>'), { kind: 'invalid' }],
    ['413', answer(413), { kind: 'invalid' }],
    ['401', answer(401), { kind: 'auth' }],
    ['403', answer(403), { kind: 'auth' }],
    ['429', answer(429), { kind: 'quota', retryAfter: undefined }],
    ['429 with seconds', answer(429, '', { 'Retry-After': '7' }), { kind: 'quota', retryAfter: 7 }],
    [
      '429 with a date',
      answer(429, '', { 'Retry-After': 'Thu, 01 Jan 2026 00:01:00 GMT' }),
      { kind: 'quota', retryAfter: 60 },
    ],
    ['429 with a year', answer(429, '', { 'Retry-After': '31536000' }), { kind: 'quota', retryAfter: 3600 }],
    [
      '429 with nonsense',
      answer(429, '', { 'Retry-After': 'soon' }),
      { kind: 'quota', retryAfter: undefined },
    ],
    ['500', answer(500), { kind: 'unavailable' }],
    ['502', answer(502, '<html>bad gateway</html>'), { kind: 'unavailable' }],
    ['503', answer(503, '', { 'Retry-After': '30' }), { kind: 'unavailable', retryAfter: 30 }],
    ['204', answer(204), { kind: 'bad_response' }],
    ['a hang-up', (request) => request.socket.destroy(), { kind: 'unavailable' }],
    [
      'a hang-up in the middle',
      (request, response) => {
        response.writeHead(200, { 'Content-Length': '1000' })
        response.write('{"messages":', () => request.socket.destroy())
      },
      { kind: 'unavailable' },
    ],
    ['what is no HTTP', (request) => request.socket.end('hello\r\n\r\n'), { kind: 'unavailable' }],
    ['silence', () => undefined, { kind: 'timeout' }],
  ])('%s', async (_what, listener, expected) => {
    const error = await failure(listener, { timeoutMs: _what === 'silence' ? 50 : 5_000 })
    expect(error.kind).toBe(expected.kind)
    expect(error.retryAfter).toBe(expected.retryAfter)
  })

  it.each([301, 302, 303, 307, 308])('%i leads nobody away', async (status) => {
    let visits = 0
    const elsewhere = await served((_request, response) => {
      visits++
      response.end(JSON.stringify(hello))
    })
    const error = await failure(answer(status, '', { Location: elsewhere.url }))
    expect(error.kind).toBe('bad_response')
    expect(visits).toBe(0)
  })

  it('is unavailable when nobody listens', async () => {
    const { url, close } = await serve(answer(200))
    await close()
    const gone = createHttpBot({ url, secret, clock: { now: () => NOW } })
    await expect(gone.turn(turn)).rejects.toMatchObject({ kind: 'unavailable', retryAfter: undefined })
  })

  it('gets no longer for a reply that drips than for none', async () => {
    const drip: RequestListener = (_request, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
    }
    expect((await failure(drip, { timeoutMs: 100 })).kind).toBe('timeout')
  })

  it('is told of in words that hold neither its address, nor the secret, nor what was said', async () => {
    const words = [turn.input.kind === 'text' ? turn.input.text : '', 'k3y', secret, '127.0.0.1']
    const echo: RequestListener = async (request, response) => {
      const body = await bodyOf(request)
      response.writeHead(Number(request.headers['x-status'] ?? 400)).end(body)
    }
    const wrong = json({ messages: [{ text: 5 }], parameters: { [words[0] ?? '']: 5 } })
    const key = json({ messages: [], parameters: { [words[0] ?? '']: 5 } })
    for (const listener of [echo, wrong, key, answer(500), () => undefined]) {
      const error = await failure(listener, { query: '?key=k3y', timeoutMs: 100 })
      for (const word of words) expect(`${error.message} ${error.stack}`).not.toContain(word)
    }
  })
})

describe('a turn that is not waited for', () => {
  it('is given up at once, and its connection with it', async () => {
    const impatient = new AbortController()
    let closed: Promise<unknown> = Promise.resolve()
    const talker = await bot((_request, response) => {
      closed = once(response, 'close')
      impatient.abort()
    })
    await expect(talker.turn({ ...turn, signal: impatient.signal })).rejects.toMatchObject({
      kind: 'timeout',
    })
    await closed
  })

  it('is given up in the middle of the reply too', async () => {
    const impatient = new AbortController()
    const talker = await bot((_request, response) => {
      response.write('{', () => impatient.abort())
    })
    await expect(talker.turn({ ...turn, signal: impatient.signal })).rejects.toMatchObject({
      kind: 'timeout',
    })
  })

  it('is not even sent when nobody waits from the start', async () => {
    let calls = 0
    const talker = await bot((_request, response) => {
      calls++
      response.end(JSON.stringify(hello))
    })
    await expect(talker.turn({ ...turn, signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'timeout',
    })
    await talker.turn(turn)
    expect(calls).toBe(1)
  })

  it('ends when the bot is closed, and no other one begins', async () => {
    let calls = 0
    const talker = await bot(() => {
      calls++
      void talker.close()
    })
    const closed = { kind: 'unavailable', message: expect.stringContaining('closed') }
    await expect(talker.turn(turn)).rejects.toMatchObject(closed)
    await expect(talker.turn(turn)).rejects.toMatchObject(closed)
    expect(calls).toBe(1)
  })
})

describe('a reply that is too large', () => {
  it.each<[string, RequestListener]>([
    ['by its length', answer(200, JSON.stringify({ ...hello, note: 'x'.repeat(65_536) }))],
    [
      'without end',
      (_request, response) => {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(16_384, 'x')));
          response.once('drain', more)
        }
        more()
      },
    ],
    [
      'once it is unfolded',
      answer(200, gzipSync(JSON.stringify({ ...hello, note: 'x'.repeat(50_000_000) })), {
        'Content-Encoding': 'gzip',
      }),
    ],
  ])('is not read to its end: %s', async (_what, listener) => {
    expect(await failure(listener)).toMatchObject({
      kind: 'bad_response',
      message: expect.stringContaining('65536'),
    })
  })

  it('may be compressed when it is not', async () => {
    const zipped = answer(200, gzipSync(JSON.stringify(hello)), { 'Content-Encoding': 'gzip' })
    expect((await (await bot(zipped)).turn(turn)).messages).toEqual(hello.messages)
  })
})
