import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createDialogflowEndpoint, type Fault } from '../../sandbox/dialogflow/index.ts'
import type { BotError } from '../../server/core/errors.ts'
import { botAt, failureOf, held, start, stepOf, talk, WIRES } from './start.ts'
import { stubBrain } from './stub-brain.ts'

/** For what never answers; what does is there long before, when the client is loaded. */
const SHORT_MS = 1000
/** Longer than a test may take: what ends before has not run into its deadline. */
const LONG_MS = 120_000

beforeAll(() => import('@google-cloud/dialogflow/build/src/v2/sessions_client.js'))

const refusals: readonly [Extract<Fault, { kind: 'refuse' }>['status'], BotError['kind']][] = [
  ['INVALID_ARGUMENT', 'invalid'],
  ['FAILED_PRECONDITION', 'invalid'],
  ['NOT_FOUND', 'invalid'],
  ['UNAUTHENTICATED', 'auth'],
  ['PERMISSION_DENIED', 'auth'],
  ['RESOURCE_EXHAUSTED', 'quota'],
  ['UNAVAILABLE', 'unavailable'],
  ['INTERNAL', 'unavailable'],
  ['UNKNOWN', 'unavailable'],
  ['DEADLINE_EXCEEDED', 'timeout'],
]

describe.each(WIRES)('a turn over %s that fails', (wire) => {
  it.each(refusals)('with %s is of the kind %s, was asked once, and the next works', async (status, kind) => {
    const { endpoint, say } = await start(wire)
    await say('next')
    endpoint.fault({ kind: 'refuse', status })
    const error = await failureOf(say('a secret'))
    expect(error.kind).toBe(kind)
    expect(error.message).not.toMatch(/a secret|Asked for by a test/)
    expect(endpoint.requests()).toHaveLength(2)
    expect(stepOf(await say('next'))).toBe(2)
  })

  it('because the answer cannot be read', async () => {
    const { endpoint, say } = await start(wire)
    endpoint.fault({ kind: 'malformed' })
    expect((await failureOf(say('hello'))).kind).toBe('bad_response')
    expect(stepOf(await say('next'))).toBe(1)
  })

  it('because the connection broke', async () => {
    const { endpoint, say } = await start(wire)
    endpoint.fault({ kind: 'cut' })
    expect((await failureOf(say('hello'))).kind).toBe('unavailable')
    expect(stepOf(await say('next'))).toBe(1)
  })

  it('because nobody is there works again as soon as somebody is', async () => {
    const first = await createDialogflowEndpoint({ brain: stubBrain })
    const { grpcPort, restPort } = first
    const { say } = talk(
      botAt(wire === 'grpc' ? `grpc://127.0.0.1:${grpcPort}` : `http://127.0.0.1:${restPort}`),
    )
    await say('hello')
    await first.close()
    // More than one: gRPC would wait longer after each before it connects again.
    for (let n = 0; n < 3; n++) expect((await failureOf(say('hello'))).kind).toBe('unavailable')
    const second = await createDialogflowEndpoint({ brain: stubBrain, grpcPort, restPort })
    onTestFinished(() => second.close())
    expect(stepOf(await say('next'))).toBe(1)
  })

  it('because its deadline passed is ended on the wire, too', async () => {
    const { endpoint, say } = await start(wire, { timeoutMs: SHORT_MS })
    await say('hello')
    endpoint.fault({ kind: 'hang' })
    const arrival = endpoint.arrival()
    const error = await failureOf(say('hello'))
    expect(error).toMatchObject({ kind: 'timeout', message: `no answer in ${SHORT_MS} ms` })
    expect(await (await arrival).ended).toBe('gone')
    expect(stepOf(await say('next'))).toBe(1)
  })

  it('because its answer comes too late', async () => {
    const { endpoint, say } = await start(wire, { timeoutMs: SHORT_MS })
    await say('hello')
    const { until, goOn } = held()
    endpoint.fault({ kind: 'delay', until })
    expect((await failureOf(say('next'))).kind).toBe('timeout')
    goOn()
    expect((await say('hello')).messages[0]?.text).toMatch(/hello$/)
  })

  it('because nobody waits for it any more is ended at once, on the wire, too', async () => {
    const { endpoint, say } = await start(wire, { timeoutMs: LONG_MS })
    await say('hello')
    endpoint.fault({ kind: 'hang' })
    const arrival = endpoint.arrival()
    const impatient = new AbortController()
    const turn = failureOf(say('hello', { signal: impatient.signal }))
    const { ended } = await arrival
    impatient.abort()
    expect((await turn).kind).toBe('timeout')
    expect(await ended).toBe('gone')
  })

  it('because nobody waited for it to begin with is not sent', async () => {
    const { endpoint, say } = await start(wire)
    expect((await failureOf(say('hello', { signal: AbortSignal.abort() }))).kind).toBe('timeout')
    expect(endpoint.requests()).toEqual([])
  })

  it('because the bot is closed', async () => {
    const { bot, endpoint, say } = await start(wire, { timeoutMs: LONG_MS })
    await say('hello')
    endpoint.fault({ kind: 'hang' })
    const arrival = endpoint.arrival()
    const turn = failureOf(say('hello'))
    const { ended } = await arrival
    await bot.close()
    expect((await turn).kind).toBe('unavailable')
    expect(await ended).toBe('gone')
    expect((await failureOf(say('hello'))).kind).toBe('unavailable')
    await bot.close()
  })

  it('takes no other turn with it', async () => {
    const { bot, endpoint } = await start(wire)
    const [anna, ben] = [talk(bot), talk(bot)]
    await anna.say('next')
    const { until, goOn } = held()
    endpoint.fault({ kind: 'delay', until, session: ben.sessionId })
    const arrival = endpoint.arrival()
    const slow = ben.say('next')
    await arrival
    endpoint.fault({ kind: 'refuse', status: 'UNAVAILABLE', session: anna.sessionId })
    await failureOf(anna.say('next'))
    expect(stepOf(await anna.say('next'))).toBe(2)
    goOn()
    expect(stepOf(await slow)).toBe(1)
  })

  it('because its connection died without a word does not leave the next to the same', async () => {
    const { apiUrl } = await start(wire)
    const link = await createLink(Number(new URL(apiUrl).port))
    const { say } = talk(botAt(apiUrl.replace(/\d+$/, String(link.port)), { timeoutMs: SHORT_MS }))
    await say('next')
    link.forget()
    expect((await failureOf(say('next'))).kind).toBe('timeout')
    expect(stepOf(await say('next'))).toBe(2)
  })
})

/** A firewall that can forget the connections it has: nothing goes through them any more, and nobody is told. */
async function createLink(to: number): Promise<{ port: number; forget(): void }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((client) => {
    const upstream = connect(to, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    forget() {
      for (const socket of sockets) socket.unpipe().pause()
    },
  }
}

describe('an answer over REST', () => {
  async function failure(listener: RequestListener): Promise<BotError> {
    const server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    return failureOf(talk(botAt(`http://127.0.0.1:${port}`, { timeoutMs: 2000 })).say('hello'))
  }

  const answer =
    (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
    (_req, res) =>
      res.writeHead(status, headers).end(body)

  it.each<[what: string, listener: RequestListener, kind: BotError['kind'], why: RegExp]>([
    ['that is the page of a proxy', answer(502, '<h1>Bad gateway</h1>'), 'unavailable', /HTTP 502/],
    ['that is a page', answer(200, '<h1>Hello</h1>'), 'bad_response', /SyntaxError/],
    ['that is empty', answer(200, ''), 'bad_response', /./],
    ['that is a word', answer(200, '"hello"'), 'bad_response', /./],
    ['that has no result', answer(200, '{"responseId":"1"}'), 'bad_response', /without a result/],
    ['with a status of its own', answer(418, '{"error":{}}'), 'invalid', /HTTP 418/],
    ['that is too many requests', answer(429, 'slow down'), 'quota', /HTTP 429/],
    ['that is none of a gateway', answer(504, ''), 'timeout', /HTTP 504/],
    [
      'that does not end',
      (_req, res) => {
        const more = () => {
          while (res.write('x'.repeat(65_536)));
        }
        res.writeHead(200).on('drain', more)
        more()
      },
      'bad_response',
      /./,
    ],
    [
      'that stops in the middle',
      (_req, res) => {
        res.writeHead(200, { 'content-length': '100' }).write('{"queryResult"')
        setImmediate(() => res.destroy())
      },
      'unavailable',
      /./,
    ],
    [
      'that begins and stays',
      (_req, res) => void res.writeHead(200, { 'content-length': '100' }).write('{'),
      'timeout',
      /2000 ms/,
    ],
  ])('%s', async (_what, listener, kind, why) => {
    const error = await failure(listener)
    expect(error).toMatchObject({ kind, message: expect.stringMatching(why) })
  })

  it('that leads elsewhere is not followed', async () => {
    let followed = 0
    const elsewhere: RequestListener = (req, res) => {
      if (req.url === '/elsewhere') followed++
      res.writeHead(req.url === '/elsewhere' ? 200 : 307, { location: '/elsewhere' }).end()
    }
    expect((await failure(elsewhere)).kind).toBe('bad_response')
    expect(followed).toBe(0)
  })
})

it('a gRPC answer that is larger than any bot needs is not taken for a quota', async () => {
  const large = 'x'.repeat(1100)
  const brain = {
    ...stubBrain,
    detect: (query: Parameters<typeof stubBrain.detect>[0]) => ({
      ...stubBrain.detect(query),
      messages: Array.from({ length: 1000 }, () => ({ kind: 'text' as const, text: large })),
    }),
  }
  const { say } = await start('grpc', { brain })
  expect((await failureOf(say('hello'))).kind).toBe('bad_response')
})
