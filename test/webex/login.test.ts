import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { createStore } from '../../server/store/index.ts'
import { createTokenStore } from '../../server/store/token-store.ts'
import { createWebexClient } from '../../server/webex/client.ts'
import { type LoginOptions, login } from '../../server/webex/login.ts'
import { createTokens, INTEGRATION, originOf, SCOPES } from '../../server/webex/oauth.ts'
import { type Started, startSandbox } from '../sandbox/start.ts'

const CLI = fileURLToPath(new URL('../../dist/server/webex.js', import.meta.url))
const clock = { now: Date.now }

/** A login under way, with a real store, in front of a sandbox. */
async function begin(started: Started, change: Partial<LoginOptions> = {}) {
  const store = createStore({ engine: 'sqlite', file: ':memory:' })
  onTestFinished(() => store.close())
  await store.migrate()
  const tokenStore = createTokenStore(store, 'a secret', clock)
  const { clientId, clientSecret } = started.sandbox.accounts
  const app = { apiUrl: `${started.base}/v1`, clientId, clientSecret }
  const lines: string[] = []
  const outcome = login({
    app,
    origin: originOf(null),
    store: tokenStore,
    clock,
    port: 0,
    say: (line) => lines.push(line),
    ...change,
  }).then(
    (account) => ({ account, error: null }),
    (error: unknown) => ({ account: null, error: error instanceof Error ? error.message : String(error) }),
  )
  const stored = () => tokenStore.load(INTEGRATION)
  return { app, store, tokenStore, stored, lines, outcome, address: () => addressIn(() => lines.join('\n')) }
}

/** The authorise address as soon as it was printed. */
async function addressIn(text: () => string): Promise<URL> {
  const found = await vi.waitFor(() => {
    const [address] = /http\S+\/authorize\?\S+/.exec(text()) ?? []
    if (!address) throw new Error('no address yet')
    return address
  })
  return new URL(found)
}

/** What the browser of somebody who allows everything ends at. */
async function allow(address: URL, change: Record<string, string> = {}) {
  const url = new URL(address)
  for (const [name, value] of Object.entries({ auto: '1', ...change })) url.searchParams.set(name, value)
  const response = await fetch(url)
  return { status: response.status, page: await response.text(), headers: response.headers }
}

/** Where the browser is sent, without going there. */
async function redirected(address: URL, change: Record<string, string> = {}): Promise<string> {
  const url = new URL(address)
  for (const [name, value] of Object.entries({ auto: '1', ...change })) url.searchParams.set(name, value)
  const response = await fetch(url, { redirect: 'manual' })
  return response.headers.get('location') ?? ''
}

/** Lines that are typed one by one; `end` is the end of the input. */
function typing() {
  const waiting: ((line: IteratorResult<string, undefined>) => void)[] = []
  const lines: IteratorResult<string, undefined>[] = []
  const put = (result: IteratorResult<string, undefined>) => {
    const next = waiting.shift()
    if (next) next(result)
    else lines.push(result)
  }
  const pasted: AsyncIterator<string> = {
    next: () =>
      new Promise((resolve) => {
        const line = lines.shift()
        if (line) resolve(line)
        else waiting.push(resolve)
      }),
  }
  return {
    pasted,
    type: (line: string) => put({ done: false, value: line }),
    end: () => put({ done: true, value: undefined }),
  }
}

const onTrouble = (error: unknown) => {
  throw error
}

describe('the address a login prints', () => {
  it('asks for a code for our scopes, and comes back to this machine with a state nobody can guess', async () => {
    const started = await startSandbox()
    const first = await begin(started)
    const second = await begin(started)
    const [one, two] = [await first.address(), await second.address()]
    expect(Object.fromEntries(one.searchParams)).toEqual({
      client_id: started.sandbox.accounts.clientId,
      response_type: 'code',
      redirect_uri: expect.stringMatching(/^http:\/\/localhost:\d+\/oauth\/webex\/callback$/),
      scope: SCOPES.join(' '),
      state: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect(one.href).not.toContain('+')
    expect(two.searchParams.get('state')).not.toBe(one.searchParams.get('state'))
    await Promise.all([allow(one), allow(two)])
    await Promise.all([first.outcome, second.outcome])
  })
})

describe('an allowed access', () => {
  it('stores tokens that the server goes on with, and says whose they are but not what they are', async () => {
    const started = await startSandbox()
    const run = await begin(started)
    const { status, page, headers } = await allow(await run.address())
    expect(status).toBe(200)
    expect(page).toContain('You can close this page')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await run.outcome).toEqual({
      account: { name: 'Frontroom Desk', emails: ['desk@sandbox.example'] },
      error: null,
    })
    const stored = await run.stored()
    expect(stored?.refreshToken).toMatch(/\S{20}/)
    const tokens = createTokens({ app: run.app, refreshToken: null, store: run.tokenStore, clock, onTrouble })
    expect(await tokens.get()).toBe(stored?.accessToken)
    const client = createWebexClient({ apiUrl: run.app.apiUrl, tokens })
    const me = await client.call('GET', '/people/me', z.object({ emails: z.array(z.string()) }))
    expect(me.emails).toEqual(['desk@sandbox.example'])
    const told = `${run.lines.join('\n')}${page}`
    expect(told).toContain('desk@sandbox.example')
    for (const secret of [stored?.accessToken, stored?.refreshToken, run.app.clientSecret])
      expect(told).not.toContain(secret)
    const row = JSON.stringify(await run.store.tokens.load(run.store.db, INTEGRATION))
    expect(row).not.toContain(stored?.refreshToken)
  })

  it('is believed by a server that has a refresh token in its environment, as long as that one stays', async () => {
    const started = await startSandbox()
    const run = await begin(started, { origin: originOf('from the environment') })
    await allow(await run.address())
    await run.outcome
    const stored = await run.stored()
    const server = (refreshToken: string) =>
      createTokens({ app: run.app, refreshToken, store: run.tokenStore, clock, onTrouble })
    expect(await server('from the environment').get()).toBe(stored?.accessToken)
    await expect(server('another').get()).rejects.toThrow('/access_token')
  })

  it('frees the port when it is done', async () => {
    const started = await startSandbox()
    const run = await begin(started)
    const address = await run.address()
    await allow(address)
    await run.outcome
    await expect(fetch(address.searchParams.get('redirect_uri') ?? '')).rejects.toThrow()
  })
})

describe('what is refused', () => {
  it('is a wrong state: nothing is stored, and the right answer is still waited for', async () => {
    const started = await startSandbox()
    const run = await begin(started)
    const address = await run.address()
    const callback = address.searchParams.get('redirect_uri') ?? ''
    const right = address.searchParams.get('state') ?? ''
    for (const query of [
      '',
      '?code=x',
      '?code=x&state=',
      `?code=x&state=${right.slice(1)}`,
      `?code=x&state=${right.slice(1)}x`,
      '?error=access_denied',
    ]) {
      expect((await fetch(`${callback}${query}`)).status, query).toBe(400)
    }
    expect((await allow(address, { state: 'another' })).page).toContain('another login')
    expect(await run.stored()).toBeNull()
    expect((await allow(address)).status).toBe(200)
    expect((await run.outcome).error).toBeNull()
  })

  it('is every other path and method', async () => {
    const started = await startSandbox()
    const run = await begin(started)
    const address = await run.address()
    const { origin } = new URL(address.searchParams.get('redirect_uri') ?? '')
    const state = address.searchParams.get('state') ?? ''
    for (const path of [
      '/',
      '/favicon.ico',
      '/oauth/webex/callback/',
      '/oauth/webex/',
      '//oauth/webex/callback',
    ])
      expect((await fetch(`${origin}${path}?code=x&state=${state}`)).status, path).toBe(404)
    expect(
      (await fetch(`${origin}/oauth/webex/callback?code=x&state=${state}`, { method: 'POST' })).status,
    ).toBe(404)
    await allow(address)
    expect((await run.outcome).error).toBeNull()
  })

  it.each<[string, Record<string, string>, RegExp, RegExp]>([
    ['a denied consent', { auto: '0', decision: 'refuse' }, /access_denied/, /choose to allow/],
    ['scopes the Integration lacks', { auto: '0', scope: '' }, /invalid_scope/, /spark:rooms_read.*my-apps/],
  ])('is %s, with what to do', async (_what, change, why, todo) => {
    const started = await startSandbox()
    const run = await begin(started)
    const { status, page } = await allow(await run.address(), change)
    const { error } = await run.outcome
    expect(status).toBe(400)
    expect(page).toContain('not connected')
    expect(error).toMatch(why)
    expect(error).toMatch(todo)
    expect(await run.stored()).toBeNull()
  })

  it('is an answer without a code, and one whose words would write to the terminal or the page', async () => {
    const started = await startSandbox()
    const plain = await begin(started)
    const address = await plain.address()
    const callback = `${address.searchParams.get('redirect_uri')}?state=${address.searchParams.get('state')}`
    await fetch(callback)
    expect((await plain.outcome).error).toMatch(/no code[\s\S]*npm run webex -- login/)

    const rude = await begin(started)
    const again = await rude.address()
    const words = encodeURIComponent('\u001b[31m<script>alert(1)</script>')
    const page = await fetch(
      `${again.searchParams.get('redirect_uri')}?state=${again.searchParams.get('state')}&error=${words}`,
    )
    expect(await page.text()).not.toContain('<script')
    expect((await rude.outcome).error).not.toContain('\u001b')
  })

  it('is a code Webex does not know, an app it does not know, and a Webex that talks nonsense', async () => {
    const started = await startSandbox()
    const unknown = await begin(started)
    const address = await unknown.address()
    await fetch(
      `${address.searchParams.get('redirect_uri')}?state=${address.searchParams.get('state')}&code=stale`,
    )
    expect((await unknown.outcome).error).toMatch(/400[\s\S]*used before or is too old/)

    const { clientId } = started.sandbox.accounts
    const stranger = await begin(started, {
      app: { apiUrl: `${started.base}/v1`, clientId, clientSecret: 'wrong' },
    })
    await allow(await stranger.address())
    expect((await stranger.outcome).error).toMatch(/401[\s\S]*WEBEX_CLIENT_SECRET/)

    await started.api('POST', '/faults', {
      method: 'POST',
      path: '/access_token',
      answer: { status: 200, html: true },
    })
    const nonsense = await begin(started)
    await allow(await nonsense.address())
    expect((await nonsense.outcome).error).toContain('without a token')
    for (const run of [unknown, stranger, nonsense]) expect(await run.stored()).toBeNull()
  })

  it('is a login that misses a scope, which is named', async () => {
    const started = await startSandbox()
    const run = await begin(started)
    const scope = SCOPES.filter((name) => name !== 'spark:memberships_write').join(' ')
    await allow(await run.address(), { scope })
    const { error } = await run.outcome
    expect(error).toContain('misses spark:memberships_write;')
    expect(error).toContain('developer.webex.com/my-apps')
    expect(await run.stored()).toBeNull()
  })

  it('is also a scope that only a call shows to be missing, when Webex names none', async () => {
    const started = await startSandbox()
    await started.rest('POST', '/rooms', { title: 'there is something to read' })
    for (const scope of [
      'spark:rooms_read',
      'spark:memberships_read',
      'spark:messages_read',
      'spark:people_read',
    ]) {
      const { outcome, stored, address } = await begin(started)
      const limited = await tokenWithout(started, scope)
      const body = JSON.stringify({ access_token: limited, expires_in: 1000, refresh_token: 'r' })
      await started.api('POST', '/faults', {
        method: 'POST',
        path: '/access_token',
        answer: { status: 200, body },
      })
      await allow(await address())
      expect((await outcome).error, scope).toContain(`misses ${scope};`)
      expect(await stored()).toBeNull()
    }
  })

  it('is a port that something else uses: it says which ways there are', async () => {
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    const { error } = await (await begin(await startSandbox(), { port })).outcome
    for (const words of [`Port ${port}`, 'running Frontroom', '--paste', '--port'])
      expect(error).toContain(words)
  })

  it('is waiting for ever', async () => {
    const run = await begin(await startSandbox(), { timeoutMs: 20 })
    expect((await run.outcome).error).toMatch(/Nobody answered.*npm run webex -- login/)
    const { pasted } = typing()
    const typed = await begin(await startSandbox(), { timeoutMs: 20, pasted })
    expect((await typed.outcome).error).toMatch(/Nobody answered/)
  })
})

/** An access token with all our scopes but one. */
async function tokenWithout(started: Started, scope: string): Promise<string> {
  const { clientId, clientSecret } = started.sandbox.accounts
  const redirectUri = 'http://localhost/'
  const address = new URL(`${started.base}/v1/authorize`)
  address.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: SCOPES.filter((name) => name !== scope).join(' '),
  }).toString()
  const code = new URL(await redirected(address)).searchParams.get('code') ?? ''
  const response = await fetch(`${started.base}/v1/access_token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: redirectUri,
      code,
    }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

describe('a pasted answer', () => {
  it.each<[string, (redirected: string) => string]>([
    ['the whole address', (address) => `  ${address}  `],
    ['the address in angle brackets', (address) => `<${address}#>`],
    ['its query', (address) => new URL(address).search],
    ['code and state', (address) => [...new URL(address).searchParams.values()].join(' ')],
  ])('may be %s', async (_what, form) => {
    const { pasted, type } = typing()
    const run = await begin(await startSandbox(), { pasted, port: 3000 })
    const address = await run.address()
    expect(address.searchParams.get('redirect_uri')).toBe('http://localhost:3000/oauth/webex/callback')
    type(form(await redirected(address)))
    expect((await run.outcome).error).toBeNull()
    expect((await run.stored())?.origin).toBe('login')
  })

  it('with another state is asked for again, and the end of the input ends the login', async () => {
    const { pasted, type, end } = typing()
    const run = await begin(await startSandbox(), { pasted, port: 3000 })
    const address = await run.address()
    type('')
    type('nonsense')
    type(await redirected(address, { state: 'another' }))
    await expect.poll(() => run.lines.filter((line) => line.includes('its state differs'))).toHaveLength(2)
    end()
    expect((await run.outcome).error).toMatch(/No address was pasted.*--paste/)
    expect(await run.stored()).toBeNull()
  })

  it('may be a denial', async () => {
    const { pasted, type } = typing()
    const run = await begin(await startSandbox(), { pasted, port: 3000 })
    type(await redirected(await run.address(), { auto: '0', decision: 'refuse' }))
    expect((await run.outcome).error).toContain('access_denied')
  })
})

describe('npm run webex', () => {
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'frontroom-'))
    onTestFinished(() => rmSync(path, { recursive: true, force: true }))
    return path
  }

  function command(cwd: string, env: Record<string, string>, ...args: string[]) {
    const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { PATH: process.env.PATH, ...env } })
    onTestFinished(() => void child.kill('SIGKILL'))
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    const done = once(child, 'close').then(([code]) => ({ code: code as number | null, text }))
    return { child, done, text: () => text }
  }

  const envOf = ({ base, sandbox }: Started) => ({
    WEBEX_API_URL: `${base}/v1`,
    WEBEX_CLIENT_ID: sandbox.accounts.clientId,
    WEBEX_CLIENT_SECRET: sandbox.accounts.clientSecret,
    WEBEX_BOT_TOKEN: sandbox.accounts.botToken,
    DATABASE_URL: 'sqlite:./frontroom.db',
    PORT: '0',
  })

  async function freePort(): Promise<string> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    return String(port)
  }

  it('logs in, and the check that follows works with what was stored', async () => {
    const started = await startSandbox()
    const cwd = folder()
    const login = command(cwd, envOf(started), 'login', '--port', await freePort())
    expect((await allow(await addressIn(login.text))).status).toBe(200)
    const { code, text } = await login.done
    expect(text).toContain('desk@sandbox.example')
    expect(code).toBe(0)
    expect(readFileSync(join(cwd, 'frontroom.db')).includes(started.sandbox.accounts.clientSecret)).toBe(
      false,
    )

    const store = createStore({ engine: 'sqlite', file: join(cwd, 'frontroom.db') })
    // From now on no topic may name this account.
    expect(await store.settings.accounts(store.db)).toEqual(['desk@sandbox.example'])
    await store.close()

    const check = await command(cwd, envOf(started), 'check', '--me', 'you@example.com').done
    expect(check.text).toContain('Everything works')
    expect(check.text).not.toContain('✗')
    expect(check.code).toBe(0)
    expect((await started.api<{ items: unknown[] }>('GET', '/rooms')).body.items).toEqual([])
  })

  it('takes a pasted address from its input', async () => {
    const started = await startSandbox()
    const cwd = folder()
    const login = command(cwd, envOf(started), 'login', '--paste')
    login.child.stdin.write(`${await redirected(await addressIn(login.text))}\n`)
    expect(await login.done).toMatchObject({ code: 0, text: expect.stringContaining('stored, encrypted') })
  })

  it.each<[string[], Record<string, string>, RegExp]>([
    [[], {}, /^usage: /],
    [['login', 'check'], {}, /^usage: /],
    [['check', '--paste'], {}, /^usage: /],
    [['login', '--colour'], {}, /--colour[\s\S]*usage: /],
    [['login', '--port', '70000'], {}, /--port must be/],
    [['check', '--me', 'nobody'], {}, /--me must be/],
    [['login'], {}, /set WEBEX_CLIENT_ID and WEBEX_CLIENT_SECRET/],
    [['check'], {}, /set WEBEX_CLIENT_ID and WEBEX_CLIENT_SECRET/],
    [['login'], { WEBEX_CLIENT_ID: 'C1' }, /WEBEX_CLIENT_SECRET: is missing/],
    [['login'], { WEBEX_ACCESS_TOKEN: 'personal' }, /remove WEBEX_ACCESS_TOKEN/],
    [
      ['login'],
      { WEBEX_CLIENT_ID: 'C1', WEBEX_CLIENT_SECRET: 's', DATABASE_URL: 'sqlite::memory:' },
      /DATABASE_URL is in memory/,
    ],
  ])('%j with %j ends with 1 and says why', async (args, env, why) => {
    const { code, text } = await command(folder(), env, ...args).done
    expect(text).toMatch(why)
    expect(text).not.toContain('    at ')
    expect(code).toBe(1)
  })
})
