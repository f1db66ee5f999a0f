import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { StoredTokens, TokenStore } from '../../server/ports.ts'
import { createWebexClient } from '../../server/webex/client.ts'
import { createTokens, INTEGRATION, originOf } from '../../server/webex/oauth.ts'
import { type OutsideSandbox, startSandbox } from '../support/process.ts'

let sandbox: OutsideSandbox
let stored: Map<string, StoredTokens>
let store: TokenStore
beforeEach(async () => {
  sandbox = await startSandbox()
  stored = new Map()
  store = {
    load: async (account) => stored.get(account) ?? null,
    save: async (account, tokens) => void stored.set(account, tokens),
    alone: (_account, work) => work(),
  }
})
afterEach(() => sandbox.close())

const DAY = 86_400_000
const refreshes = async () =>
  (await sandbox.staff.requests()).filter((request) => request.path.endsWith('/access_token')).length

function tokensAt(now: () => number, refreshToken: string | null = sandbox.accounts.refreshToken) {
  const { clientId, clientSecret } = sandbox.accounts
  const troubles: unknown[] = []
  const source = createTokens({
    app: { apiUrl: sandbox.apiUrl, clientId, clientSecret },
    refreshToken,
    store,
    clock: { now },
    onTrouble: (error) => void troubles.push(error),
  })
  return { source, troubles }
}

describe('access tokens of the integration', () => {
  it('are made from the refresh token once, kept, and used again after a restart', async () => {
    const { source } = tokensAt(Date.now)
    const [one, two] = await Promise.all([source.get(), source.get()])
    expect(one).toBe(two)
    expect(await tokensAt(Date.now).source.get()).toBe(one)
    expect(await refreshes()).toBe(1)
  })

  it('are renewed before half of their life is over, without making anybody wait', async () => {
    let now = Date.now()
    const { source } = tokensAt(() => now)
    const first = await source.get()
    now += 6 * DAY
    expect(await source.get()).toBe(first)
    expect(await refreshes()).toBe(1)
    now += 2 * DAY
    expect(await source.get()).toBe(first)
    await expect.poll(() => source.get()).not.toBe(first)
    expect(await refreshes()).toBe(2)
  })

  it('go on being used when an early renewal fails, and somebody is told', async () => {
    let now = Date.now()
    const { source, troubles } = tokensAt(() => now)
    const first = await source.get()
    now += 8 * DAY
    await sandbox.staff.fault({
      method: 'POST',
      path: '/access_token',
      answer: { status: 503 },
      effect: 'none',
    })
    expect(await source.get()).toBe(first)
    await expect.poll(() => troubles.length).toBe(1)
  })

  it('are renewed once when Webex refuses them, however many calls were refused', async () => {
    const { source } = tokensAt(Date.now)
    await source.get()
    const client = createWebexClient({ apiUrl: sandbox.apiUrl, tokens: source })
    await sandbox.staff.expireTokens()
    stored.set(INTEGRATION, { ...(stored.get(INTEGRATION) as StoredTokens), accessToken: 'expired' })
    const { source: restarted } = tokensAt(Date.now)
    const again = createWebexClient({ apiUrl: sandbox.apiUrl, tokens: restarted })
    const before = await refreshes()
    const me = z.object({ id: z.string() })
    await Promise.all(Array.from({ length: 5 }, () => again.call('GET', '/people/me', me)))
    expect((await refreshes()) - before).toBe(1)
    await client.call('GET', '/people/me', me)
  })

  it('come from the environment again when its token was changed, and from the store when there is none', async () => {
    const kept = {
      accessToken: 'kept',
      refreshToken: 'r',
      obtainedAt: Date.now(),
      origin: originOf('an older one'),
    }
    stored.set(INTEGRATION, kept)
    expect(await tokensAt(Date.now).source.get()).not.toBe('kept')
    stored.set(INTEGRATION, kept)
    expect(await tokensAt(Date.now, null).source.get()).toBe('kept')
  })

  it('are asked for by name when there are none', async () => {
    await expect(tokensAt(Date.now, null).source.get()).rejects.toThrow(/npm run webex -- login/)
  })

  it('are asked for once in a while only when Webex gives none, however many calls want them', async () => {
    let now = Date.now()
    const { source } = tokensAt(() => now)
    const never = {
      method: 'POST',
      path: '/access_token',
      answer: { status: 503 },
      effect: 'none',
      times: 50,
    }
    await sandbox.staff.fault(never)
    for (let n = 0; n < 20; n++) await expect(source.get()).rejects.toThrow(/503/)
    expect(await refreshes()).toBe(1)
    now += 2_000
    await expect(source.get()).rejects.toThrow(/503/)
    expect(await refreshes()).toBe(2)
  })

  it('that could not be kept are used, kept later, and never given up for those they replaced', async () => {
    let now = Date.now()
    const { source, troubles } = tokensAt(() => now)
    const first = await source.get()
    const { save } = store
    store.save = () => Promise.reject(new Error('no database'))
    const second = await source.renew(first)
    expect([second === first, troubles.length]).toEqual([false, 1])
    expect(await source.renew(first)).toBe(second)
    const third = await source.renew(second)
    expect(new Set([first, second, third]).size).toBe(3)
    expect(stored.get(INTEGRATION)?.accessToken).toBe(first)
    store.save = save
    now += 60_000
    expect(await source.get()).toBe(third)
    await expect.poll(() => stored.get(INTEGRATION)?.accessToken).toBe(third)
    expect(await refreshes()).toBe(3)
  })

  it('are not kept over those that somebody else has got meanwhile', async () => {
    let now = Date.now()
    const { source } = tokensAt(() => now)
    await source.get()
    now += 15 * DAY
    const { save } = store
    store.save = () => Promise.reject(new Error('no database'))
    await source.get()
    store.save = save
    const theirs = { ...(stored.get(INTEGRATION) as StoredTokens), accessToken: 'theirs' }
    stored.set(INTEGRATION, theirs)
    let looked = false
    store.alone = async (_account, work) => {
      const done = await work()
      looked = true
      return done
    }
    now += 60_000
    await source.get()
    await expect.poll(() => looked).toBe(true)
    expect(stored.get(INTEGRATION)).toBe(theirs)
  })
})
