import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseSettings } from '../../server/settings/index.ts'
import { type CheckOptions, check } from '../../server/webex/check.ts'
import { createWebexClient } from '../../server/webex/client.ts'
import { listenForHooks } from '../../server/webex/hook-listener.ts'
import { fixedToken, SCOPES } from '../../server/webex/oauth.ts'
import { receive } from '../../server/webex/receive.ts'
import { type Started, startSandbox } from '../sandbox/start.ts'

const CLI = fileURLToPath(new URL('../../dist/server/webex.js', import.meta.url))
const SECRET = 'a secret of at least thirty-two characters'
const LONG_MS = 15_000

const clientOf = ({ base }: Started, token: string) =>
  createWebexClient({ apiUrl: `${base}/v1`, tokens: fixedToken(token, 'test') })

async function run(started: Started, change: Partial<CheckOptions> = {}) {
  const { integrationToken, botToken } = started.sandbox.accounts
  const lines: string[] = []
  const ok = await check({
    apiUrl: `${started.base}/v1`,
    integration: clientOf(started, integrationToken),
    account: 'login',
    bot: clientOf(started, botToken),
    hookSecret: SECRET,
    publicUrl: null,
    port: 0,
    host: undefined,
    me: 'you@example.com',
    database: async () => undefined,
    clock: { now: Date.now },
    say: (line) => lines.push(line),
    signal: new AbortController().signal,
    waitMs: LONG_MS,
    ...change,
  })
  return { ok, lines, text: lines.join('\n'), wrong: lines.filter((line) => line.startsWith('✗')) }
}

interface Call {
  readonly method: string
  readonly path: string
  readonly status: number | null
  readonly who: string | null
}

const requests = async (started: Started) =>
  (await started.api<{ items: Call[] }>('GET', '/requests')).body.items
const fault = (started: Started, ...rules: object[]) => started.api('POST', '/faults', rules)

async function expectNothingLeft(started: Started): Promise<void> {
  expect((await started.api('GET', '/rooms')).body).toEqual({ items: [] })
  expect((await started.api('GET', '/webhooks')).body).toEqual({ items: [] })
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('a check where everything works', () => {
  it('makes a room with you and the bot, is called by Webex, reads what it wrote, and leaves nothing behind', async () => {
    const started = await startSandbox()
    const { ok, lines } = await run(started)
    expect(lines.map((line) => line.replace(/K-[\dA-F]{8}/, 'K-…').replace(/\d{4,5}/g, '…'))).toEqual([
      '✓ reach the database',
      '✓ account: Frontroom Desk <desk@sandbox.example>',
      '✓ bot account: Frontroom <frontroom@webex.bot>',
      '✓ listen on port …, where the server will',
      '✓ make the room "Frontroom check · K-…"',
      '✓ add you@example.com to it',
      '✓ add the bot to it',
      '✓ attach the webhook to http://127.0.0.1:…/hooks/webex',
      '✓ post a message',
      '✓ be called by Webex at http://127.0.0.1:…/hooks/webex, with the right signature',
      '✓ post a message as the bot',
      '✓ find the message among them',
      '✓ remove the room and its webhook',
    ])
    expect(ok).toBe(true)
    await expectNothingLeft(started)
    const calls = await requests(started)
    expect(calls).toContainEqual(
      expect.objectContaining({ method: 'POST', path: '/messages', who: 'frontroom@webex.bot', status: 200 }),
    )
  })

  it('may be without a bot and without you', async () => {
    const started = await startSandbox()
    const { ok, text } = await run(started, { bot: null, me: null })
    expect(text).toContain('– bot account')
    expect(text).toContain('– add you: say who you are to see the room: --me you@example.com')
    expect(ok).toBe(true)
    await expectNothingLeft(started)
  })

  it.each([null, 'http://chat.example.com', 'https://localhost'])(
    'with the real Webex and PUBLIC_URL %s says that rooms will be read instead, and makes no webhook',
    async (publicUrl) => {
      const started = await startSandbox()
      const { ok, text } = await run(started, { apiUrl: 'https://webexapis.com/v1', publicUrl })
      expect(text).toMatch(/– be called by Webex: PUBLIC_URL.*read every 5 s/)
      expect(ok).toBe(true)
      expect((await requests(started)).filter((call) => call.path === '/webhooks')).toEqual([])
      await expectNothingLeft(started)
    },
  )

  it('takes a call through PUBLIC_URL for what it is, also behind a proxy', async () => {
    const started = await startSandbox()
    const port = await freePort()
    const publicUrl = await serve(forwarding(port))
    const { ok, text } = await run(started, { publicUrl, port })
    expect(text).toContain(`✓ be called by Webex at ${publicUrl}/hooks/webex`)
    expect(ok).toBe(true)
  })
})

function forwarding(port: number): RequestListener {
  return async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
    const signature = String(req.headers['x-spark-signature'] ?? '')
    const answer = await fetch(`http://127.0.0.1:${port}${req.url}`, {
      method: 'POST',
      headers: { 'x-spark-signature': signature },
      body: Buffer.concat(chunks),
    })
    res.writeHead(answer.status).end()
  }
}

const forever = new AbortController().signal

async function listening() {
  const hooks = await listenForHooks({
    port: 0,
    host: '127.0.0.1',
    receive: (request) => receive(request, SECRET),
  })
  onTestFinished(() => hooks.close())
  return hooks
}

/** A call as Webex makes it, signed before it is spoilt. */
function post(url: string, roomId: string, spoil = (body: string) => body) {
  const body = JSON.stringify({ resource: 'messages', event: 'created', data: { roomId } })
  const signature = createHmac('sha1', SECRET).update(body).digest('hex')
  return fetch(url, { method: 'POST', headers: { 'x-spark-signature': signature }, body: spoil(body) })
}

describe('when no event comes', () => {
  const dropped = { webhook: 'drop', times: 1000 }

  it('removes everything, and says that PUBLIC_URL does lead here', async () => {
    const started = await startSandbox()
    await fault(started, dropped)
    const { ok, text, wrong } = await run(started, { waitMs: 30 })
    expect(ok).toBe(false)
    expect(wrong).toEqual(['✗ be called by Webex: nothing came within 1 s'])
    expect(text).toContain('does lead here, seen from this machine')
    expect(text).toContain('✓ find the message among them')
    expect(text).toContain('✓ remove the room and its webhook')
    await expectNothingLeft(started)
  })

  it('says when PUBLIC_URL leads nowhere', async () => {
    const started = await startSandbox()
    const publicUrl = `http://127.0.0.1:${await freePort()}`
    const { ok, text } = await run(started, { waitMs: 30, publicUrl })
    expect(text).toMatch(
      /cannot be reached from this machine \(.*ECONNREFUSED.*pass everything on to port \d+/,
    )
    expect(ok).toBe(false)
    await expectNothingLeft(started)
  })

  it('says when PUBLIC_URL leads to something else', async () => {
    const started = await startSandbox()
    const publicUrl = await serve((_req, res) => res.writeHead(502).end('Bad Gateway'))
    const { text } = await run(started, { waitMs: 30, publicUrl })
    expect(text).toContain('does not lead here: it answers 502.')
  })

  it('says when a proxy leaves the path of PUBLIC_URL in', async () => {
    const hooks = await listening()
    expect((await post(`${hooks.origin}/chat/hooks/webex`, 'ROOM')).status).toBe(404)
    expect(await hooks.heard('ROOM', 1, forever)).toBe(false)
    expect(await hooks.whyNot('https://chat.example.com/chat')).toContain(
      'A call came for /chat/hooks/webex instead of /hooks/webex',
    )
  })

  it('believes no call whose body was changed on the way, and none that is far too long', async () => {
    const hooks = await listening()
    const url = `${hooks.origin}/hooks/webex`
    expect((await post(url, 'ROOM', (body) => `${body} `)).status).toBe(401)
    expect((await post(url, 'R'.repeat(70_000))).status).toBe(413)
    expect(await hooks.heard('ROOM', 1, forever)).toBe(false)
    expect(await hooks.whyNot('https://chat.example.com')).toContain('their signature does not fit')
    expect((await post(url, 'ROOM')).status).toBe(204)
    expect(await hooks.heard('ROOM', 1, forever)).toBe(true)
    expect(await hooks.heard('ANOTHER', 1, forever)).toBe(false)
  })

  it('says that the server has to be stopped when it holds the port, and checks the rest', async () => {
    const started = await startSandbox()
    const port = Number(new URL(await serve((_req, res) => res.end())).port)
    const { ok, text, wrong } = await run(started, { port, host: '127.0.0.1' })
    expect(wrong).toEqual([`✗ listen on port ${port}: it is taken`])
    expect(text).toContain('Stop it for the minute')
    expect(text).toContain('✓ find the message among them')
    expect(ok).toBe(false)
    await expectNothingLeft(started)
  })
})

describe('a step that fails', () => {
  it.each<[string, object, RegExp]>([
    ['/rooms', { status: 403 }, /✗ make the room.*403[\s\S]*spark:rooms_write/],
    ['/memberships', { status: 403 }, /✗ add you@example.com.*403[\s\S]*spark:memberships_write/],
    ['/memberships', { status: 404, html: true }, /✗ add you@example.com.*404[\s\S]*refuses this/],
    ['/webhooks', { status: 403 }, /✗ attach the webhook.*403[\s\S]*spark:messages_read/],
    ['/messages', { status: 429, html: true, retryAfter: 7 }, /✗ post a message.*429[\s\S]*wait 7 s/],
    ['/messages', { status: 502, html: true }, /✗ post a message.*502[\s\S]*status\.webex\.com/],
  ])('at POST %s with %j is named with what to do, and nothing is left', async (path, answer, said) => {
    const started = await startSandbox()
    await fault(started, { method: 'POST', path, answer })
    const { ok, text, wrong } = await run(started)
    expect(text).toMatch(said)
    expect(wrong).toHaveLength(1)
    expect(ok).toBe(false)
    await expectNothingLeft(started)
  })

  it('after which Webex made the room all the same is cleaned up too', async () => {
    const started = await startSandbox()
    await fault(started, { method: 'POST', path: '/rooms', effect: 'before', reset: true })
    const { ok, text } = await run(started)
    expect(text).toContain('✗ make the room')
    expect(text).toContain('✓ remove the room')
    expect(ok).toBe(false)
    await expectNothingLeft(started)
  })

  it('after which Webex made the webhook all the same is cleaned up too', async () => {
    const started = await startSandbox()
    await fault(started, { method: 'POST', path: '/webhooks', effect: 'before', reset: true })
    expect((await run(started)).ok).toBe(false)
    await expectNothingLeft(started)
  })

  it('is a message that is not in the list', async () => {
    const started = await startSandbox()
    const body = JSON.stringify({ items: [] })
    await fault(started, { method: 'GET', path: '/messages', answer: { status: 200, body } })
    const { ok, wrong } = await run(started)
    expect(wrong).toEqual(['✗ find the message among them: it is not there'])
    expect(ok).toBe(false)
    await expectNothingLeft(started)
  })

  it('is the removal itself: it says what is left, and tries again only where that can help', async () => {
    const started = await startSandbox()
    await fault(started, { method: 'DELETE', path: '/rooms/*', answer: { status: 403 } })
    const { ok, text } = await run(started)
    expect(text).toMatch(/✗ remove the room.*403[\s\S]*Delete the space "Frontroom check · K-[\dA-F]{8}"/)
    expect(ok).toBe(false)
    expect((await started.api('GET', '/webhooks')).body).toEqual({ items: [] })

    const other = await startSandbox()
    await fault(other, { method: 'DELETE', path: '/rooms/*', answer: { status: 503 } })
    expect((await run(other)).ok).toBe(true)
    await expectNothingLeft(other)
  })

  it.each<['login' | 'personal', RegExp]>([
    ['login', /✗ account: .*[\s\S]*npm run webex -- login/],
    ['personal', /✗ account: .*[\s\S]*12 hours/],
  ])('is an account Webex does not know (%s): no room is made', async (account, said) => {
    const started = await startSandbox()
    const { ok, text } = await run(started, { account, integration: clientOf(started, 'stale') })
    expect(text).toMatch(said)
    expect(ok).toBe(false)
    expect((await requests(started)).filter((call) => call.path === '/rooms')).toEqual([])
  })

  it("is a bot token that Webex refuses or that is a person's, and the rest is checked without a bot", async () => {
    const started = await startSandbox()
    const refused = await run(started, { bot: clientOf(started, 'stale') })
    expect(refused.text).toMatch(/✗ bot account: .*[\s\S]*regenerate its access token/)
    const person = await run(started, { bot: clientOf(started, started.sandbox.accounts.integrationToken) })
    expect(person.wrong).toEqual(['✗ bot account: WEBEX_BOT_TOKEN belongs to a person'])
    for (const { ok, text } of [refused, person]) {
      expect(text).toContain('✓ be called by Webex')
      expect(ok).toBe(false)
    }
    await expectNothingLeft(started)
  })

  it('is an integration account that is a bot', async () => {
    const started = await startSandbox()
    const { ok, text } = await run(started, {
      integration: clientOf(started, started.sandbox.accounts.botToken),
    })
    expect(text).toContain('bots cannot read rooms')
    expect(ok).toBe(false)
  })

  it('is you being the account itself, whose lines never go to a visitor', async () => {
    const started = await startSandbox()
    const { ok, wrong } = await run(started, { me: 'Desk@Sandbox.example' })
    expect(wrong).toEqual(['✗ add you: Desk@Sandbox.example is the account Frontroom acts as'])
    expect(ok).toBe(false)
    await expectNothingLeft(started)
  })

  it('is a database that cannot be reached: nothing else is tried', async () => {
    const started = await startSandbox()
    const { ok, lines } = await run(started, { database: () => Promise.reject(new Error('unable to open')) })
    expect(lines).toEqual(['✗ reach the database: unable to open', expect.stringContaining('DATABASE_URL')])
    expect(ok).toBe(false)
  })

  it('is told on one line, without repeating what Webex or a proxy before it says', async () => {
    const started = await startSandbox()
    const body = JSON.stringify({ message: 'no\u001b[2J\n✓ account: all is well' })
    await fault(started, { method: 'GET', path: '/people/me', answer: { status: 403, body } })
    const { lines, text } = await run(started)
    expect(text).not.toContain('\u001b')
    expect(lines[1]).toMatch(/^✗ account: GET \/people\/me: 403/)
    expect(text).not.toContain('all is well')
  })

  it('is a Webex that is not there', async () => {
    const started = await startSandbox()
    const apiUrl = `http://127.0.0.1:${await freePort()}/v1`
    const integration = createWebexClient({ apiUrl, tokens: fixedToken('x', 'test') })
    const { ok, text } = await run(started, { apiUrl, integration, bot: null })
    expect(text).toMatch(/✗ account: .*ECONNREFUSED[\s\S]*Nothing answers at 127\.0\.0\.1/)
    expect(ok).toBe(false)
  })
})

describe('an interrupted check', () => {
  it('that waits for its event removes everything at once', async () => {
    const started = await startSandbox()
    await fault(started, { webhook: 'drop', times: 1000 })
    const stop = new AbortController()
    const done = run(started, { signal: stop.signal, waitMs: 600_000 })
    await expect
      .poll(async () => (await requests(started)).some((call) => call.path === '/messages'))
      .toBe(true)
    stop.abort()
    const { ok, text, wrong } = await done
    expect(wrong).toEqual([])
    expect(text).toContain('✓ remove the room and its webhook\n– interrupted')
    expect(ok).toBe(false)
    await expectNothingLeft(started)
  })

  it('is what Ctrl-C makes of the command, in the middle of a call too', async () => {
    const started = await startSandbox()
    await fault(started, { method: 'POST', path: '/messages', hang: true })
    const child = spawn(process.execPath, [CLI, 'check', '--me', 'you@example.com'], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: {
        PATH: process.env.PATH,
        WEBEX_API_URL: `${started.base}/v1`,
        WEBEX_ACCESS_TOKEN: started.sandbox.accounts.integrationToken,
        DATABASE_URL: 'sqlite::memory:',
        PORT: '0',
      },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await expect
      .poll(async () => (await requests(started)).some((call) => call.path === '/messages'), {
        timeout: 10_000,
      })
      .toBe(true)
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    expect(text).toContain('✓ remove the room and its webhook')
    expect(text).toContain('– interrupted')
    expect(code).toBe(1)
    await expectNothingLeft(started)
  })
})

describe('docs/webex.md', () => {
  const page = readFileSync(new URL('../../docs/webex.md', import.meta.url), 'utf8')

  it('has an example of settings that is accepted as it stands', () => {
    const blocks = [...page.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, json]) => json ?? '')
    expect(blocks).toHaveLength(1)
    const [topic] = parseSettings(blocks[0] ?? '').topics
    expect(topic?.participants).toEqual(['anna@example.com'])
  })

  it('names exactly the scopes that a login asks for', () => {
    expect([...page.matchAll(/^\| `(spark:\w+)` \|/gm)].map(([, scope]) => scope)).toEqual([...SCOPES])
  })
})
