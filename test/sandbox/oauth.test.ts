import { describe, expect, it } from 'vitest'
import type { Json, Started } from './start.ts'
import { openRoom, startSandbox } from './start.ts'

const REDIRECT = 'http://localhost:3000/oauth/webex/callback'

interface TokenAnswer {
  access_token: string
  refresh_token: string
  expires_in: number
  refresh_token_expires_in: number
  token_type: string
  error?: string
}

async function exchange(started: Started, fields: Record<string, string>) {
  const { clientId, clientSecret } = started.sandbox.accounts
  const response = await fetch(`${started.base}/v1/access_token`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...fields }),
  })
  return { status: response.status, body: (await response.json()) as TokenAnswer }
}

const refresh = (started: Started, token = started.sandbox.accounts.refreshToken) =>
  exchange(started, { grant_type: 'refresh_token', refresh_token: token })

async function authorize(started: Started, fields: Record<string, string> = {}) {
  const query = new URLSearchParams({
    client_id: started.sandbox.accounts.clientId,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'spark:rooms_read spark:people_read',
    state: 'a"b<c',
    ...fields,
  })
  return fetch(`${started.base}/v1/authorize?${query}`, { redirect: 'manual' })
}

async function codeOf(started: Started, fields: Record<string, string> = {}): Promise<string> {
  const response = await authorize(started, { auto: '1', ...fields })
  return new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? ''
}

describe('the consent page', () => {
  it('names the account and the scopes, and offers to allow or refuse', async () => {
    const started = await startSandbox()
    const response = await authorize(started)
    const page = await response.text()
    expect(response.status).toBe(200)
    expect(page).toContain('desk@sandbox.example')
    expect(page).toContain('spark:rooms_read')
    expect(page).toContain('value="a&quot;b&lt;c"')
    expect(page).not.toContain('b<c')
    const allowed = await authorize(started, { decision: 'allow' })
    expect(allowed.status).toBe(302)
    const target = new URL(allowed.headers.get('location') ?? '')
    expect(`${target.origin}${target.pathname}`).toBe(REDIRECT)
    expect(target.searchParams.get('state')).toBe('a"b<c')
    expect(target.searchParams.get('code')).toMatch(/\S{20}/)
    const refused = await authorize(started, { decision: 'refuse' })
    expect(refused.headers.get('location')).toContain('error=access_denied')
  })

  it.each([
    { client_id: 'stranger' },
    { redirect_uri: 'nonsense' },
    { redirect_uri: 'https://evil.example/' },
  ])('with %j redirects nowhere', async (fields) => {
    const response = await authorize(await startSandbox(), {
      auto: '1',
      ...(fields as Record<string, string>),
    })
    expect(response.status).toBe(400)
    expect(response.headers.get('location')).toBeNull()
  })
})

describe('access_token', () => {
  it('changes a code, once and for the same redirect_uri, into a token that works', async () => {
    const started = await startSandbox()
    const code = await codeOf(started)
    const grant = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT }
    const first = await exchange(started, grant)
    expect(first).toMatchObject({
      status: 200,
      body: { expires_in: 1209599, refresh_token_expires_in: 7775999, token_type: 'Bearer' },
    })
    const rest = started.as(first.body.access_token)
    expect((await rest('GET', '/people/me')).body).toMatchObject({ emails: ['desk@sandbox.example'] })
    expect((await refresh(started, first.body.refresh_token)).status).toBe(200)
    expect(await exchange(started, grant)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    const other = { ...grant, code: await codeOf(started), redirect_uri: `${REDIRECT}/other` }
    expect((await exchange(started, other)).status).toBe(400)
  })

  it('grants no more than the scopes that were asked for, also after a refresh', async () => {
    const started = await startSandbox()
    const code = await codeOf(started)
    const { body } = await exchange(started, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT,
    })
    const renewed = await refresh(started, body.refresh_token)
    for (const token of [body.access_token, renewed.body.access_token]) {
      const rest = started.as(token)
      expect((await rest('GET', '/rooms')).status).toBe(200)
      expect((await rest('POST', '/rooms', { title: 'x' })).status).toBe(403)
      const hook = { name: 'x', targetUrl: 'http://127.0.0.1:1/', resource: 'messages', event: 'all' }
      expect((await rest('POST', '/webhooks', hook)).status).toBe(403)
    }
  })

  it('refreshes, and the old token goes on working', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started)
    const { status, body } = await refresh(started)
    expect(status).toBe(200)
    expect(body.access_token).not.toBe(started.sandbox.accounts.integrationToken)
    expect((await started.as(body.access_token)('GET', `/rooms/${roomId}`)).status).toBe(200)
    expect((await started.rest('GET', `/rooms/${roomId}`)).status).toBe(200)
  })

  it.each<[Record<string, string>, number, string]>([
    [{ grant_type: 'refresh_token', refresh_token: 'unknown' }, 400, 'invalid_grant'],
    [{ grant_type: 'authorization_code', code: 'unknown', redirect_uri: REDIRECT }, 400, 'invalid_grant'],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [{ grant_type: 'refresh_token', client_secret: 'wrong' }, 401, 'invalid_client'],
    [{ grant_type: 'refresh_token', client_id: 'wrong' }, 401, 'invalid_client'],
  ])('refuses %j with %i %s', async (fields, status, error) => {
    expect(await exchange(await startSandbox(), fields)).toMatchObject({ status, body: { error } })
  })

  it('gives tokens that end when they say they do', async () => {
    let time = Date.parse('2026-11-20T08:00:00Z')
    const started = await startSandbox({ now: () => time })
    await started.api('POST', '/tokens/lifetime', { seconds: 60 })
    const { body } = await refresh(started)
    expect(body.expires_in).toBe(60)
    const rest = started.as(body.access_token)
    time += 59_999
    expect((await rest('GET', '/people/me')).status).toBe(200)
    time += 1
    expect((await rest('GET', '/people/me')).status).toBe(401)
  })
})

describe('expiring the tokens', () => {
  it('ends the first ones and spares those made by refresh, and the bot', async () => {
    const started = await startSandbox()
    const renewed = (await refresh(started)).body.access_token
    expect((await started.api<Json>('POST', '/tokens/expire', {})).body).toEqual({ expired: 1 })
    expect((await started.rest('GET', '/people/me')).status).toBe(401)
    expect((await started.as(renewed)('GET', '/people/me')).status).toBe(200)
    expect((await started.bot('GET', '/people/me')).status).toBe(200)
    expect((await refresh(started)).status).toBe(200)
  })
})
