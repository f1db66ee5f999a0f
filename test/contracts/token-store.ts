/** What two processes that share a database may rely on when they keep tokens in it. A new engine runs this suite. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeliveryError } from '../../server/core/errors.ts'
import type { StoredTokens } from '../../server/ports.ts'
import type { Store } from '../../server/store/index.ts'
import { createTokenStore } from '../../server/store/token-store.ts'
import { createTokens, INTEGRATION } from '../../server/webex/oauth.ts'
import { type OutsideSandbox, startSandbox } from '../support/process.ts'
import { heard, signal, type TwoStores } from './two-stores.ts'

const clock = { now: Date.now }
const tokens = (accessToken: string, change: Partial<StoredTokens> = {}): StoredTokens => ({
  accessToken,
  refreshToken: `refresh ${accessToken}`,
  obtainedAt: 1_000,
  origin: 'o',
  ...change,
})

export function tokenStoreContract(name: string, open: () => Promise<TwoStores>): void {
  describe(`tokens shared by two processes on ${name}`, () => {
    let stores: TwoStores
    beforeEach(async () => {
      stores = await open()
    })
    afterEach(() => stores.drop())

    const storeOf = (store: Store, patienceMs?: number) =>
      createTokenStore(store, 'secret', clock, patienceMs)
    /** What becomes of a lease whose holder died or froze, once its time is over. */
    const endLeases = () => stores.first.db('jobs').update({ until: 1 })
    const untilAsked = (store: Store) => heard(store, /^update .?jobs/i)

    it('lets one at a time do its work, the next as soon as the first is done', async () => {
      const [one, two] = [storeOf(stores.first), storeOf(stores.second)]
      const order: string[] = []
      const finish = signal()
      const began = signal()
      const first = one.alone('a', async () => {
        order.push('one begins')
        began.give()
        await finish.given
        order.push('one ends')
        return 1
      })
      await began.given
      const asked = [untilAsked(stores.second), untilAsked(stores.first)]
      const others = [two, one].map((store, n) => store.alone('a', async () => void order.push(`other ${n}`)))
      await Promise.all(asked)
      finish.give()
      expect(await first).toBe(1)
      await Promise.all(others)
      expect(order.slice(0, 2)).toEqual(['one begins', 'one ends'])
      expect(order.slice(2).sort()).toEqual(['other 0', 'other 1'])
    })

    it('lets work for different accounts go on side by side', async () => {
      const [one, two] = [storeOf(stores.first), storeOf(stores.second, 0)]
      expect(await one.alone('a', () => two.alone('b', async () => 'both'))).toBe('both')
    })

    it('goes to the next at once when the work fails', async () => {
      const [one, two] = [storeOf(stores.first), storeOf(stores.second, 0)]
      await expect(one.alone('a', () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck')
      expect(await two.alone('a', async () => 'mine')).toBe('mine')
    })

    it('gives up waiting after a while, with nothing done', async () => {
      const [one, two] = [storeOf(stores.first), storeOf(stores.second, 0)]
      let ran = false
      const late = await one.alone('a', () =>
        two
          .alone('a', async () => {
            ran = true
          })
          .catch((error: unknown) => error),
      )
      expect(late).toBeInstanceOf(DeliveryError)
      expect((late as DeliveryError).outcome).toEqual({ effect: 'no', retryAfter: 1 })
      expect(ran).toBe(false)
    })

    it('goes to the next when its holder has died, as soon as the lease is over', async () => {
      const { first, second } = stores
      expect(await first.jobs.leaseFor(first.db, 'tokens a', 'somebody dead', 60_000)).toBe(true)
      const asked = untilAsked(second)
      const work = storeOf(second).alone('a', async () => 'mine')
      await asked
      await endLeases()
      expect(await work).toBe('mine')
    })

    it('keeps a lease by the clock of the database, for as long as it was asked for', async () => {
      const { first, second } = stores
      const rest = async () => {
        const [row] = (await first.db('jobs').where({ name: 'x' }).select('until')) as { until: number }[]
        return Number(row?.until) - Date.now()
      }
      expect(await first.jobs.leaseFor(first.db, 'x', 'one', 50_000)).toBe(true)
      expect(await rest()).toBeGreaterThan(45_000)
      expect(await rest()).toBeLessThan(55_000)
      expect(await second.jobs.leaseFor(second.db, 'x', 'two', 50_000)).toBe(false)
      await second.jobs.release(second.db, 'x', 'two')
      expect(await second.jobs.leaseFor(second.db, 'x', 'two', 50_000)).toBe(false)
      await first.jobs.release(first.db, 'x', 'one')
      expect(await second.jobs.leaseFor(second.db, 'x', 'two', 50_000)).toBe(true)
    })

    it.each([['nothing'], ['older tokens']])(
      'a holder that froze over %s does not write over what others saved meanwhile, whatever its clock says',
      async (before) => {
        const [one, two] = [storeOf(stores.first), storeOf(stores.second)]
        if (before !== 'nothing') await one.save('a', tokens('old'))
        await one.alone('a', async () => {
          await one.load('a')
          await endLeases()
          await two.alone('a', async () => {
            await two.load('a')
            await two.save('a', tokens('newer', { obtainedAt: 2_000 }))
          })
          await one.save('a', tokens('of the frozen', { obtainedAt: 9_000 }))
        })
        expect((await one.load('a'))?.accessToken).toBe('newer')
      },
    )

    it('a holder that froze, and whom nobody replaced, still saves what it got', async () => {
      const [one, two] = [storeOf(stores.first), storeOf(stores.second)]
      await one.save('a', tokens('old'))
      await one.alone('a', async () => {
        await one.load('a')
        await endLeases()
        // Took the lease, and got no tokens.
        await two.alone('a', async () => void (await two.load('a')))
        await one.save('a', tokens('first'))
        await one.save('a', tokens('second'))
      })
      expect((await two.load('a'))?.accessToken).toBe('second')
    })

    it('a person who logs in has the last word', async () => {
      const [one, two] = [storeOf(stores.first), storeOf(stores.second)]
      await one.save('a', tokens('old'))
      await one.alone('a', async () => {
        await one.load('a')
        await two.save('a', tokens('of the login', { obtainedAt: 1 }))
        await one.save('a', tokens('refreshed'))
      })
      expect((await two.load('a'))?.accessToken).toBe('of the login')
    })

    describe('at Webex', () => {
      let sandbox: OutsideSandbox
      let now: number
      beforeEach(async () => {
        sandbox = await startSandbox()
        now = Date.now()
      })
      afterEach(() => sandbox.close())

      const refreshes = async () =>
        (await sandbox.staff.requests()).filter(({ path }) => path.endsWith('/access_token')).length

      const process = (store: Store) => {
        const { clientId, clientSecret, refreshToken } = sandbox.accounts
        return createTokens({
          app: { apiUrl: sandbox.apiUrl, clientId, clientSecret },
          refreshToken,
          store: storeOf(store),
          clock: { now: () => now },
          onTrouble: (error) => expect(error).toBeUndefined(),
        })
      }
      const everybody = (work: (source: ReturnType<typeof process>) => Promise<string>) => {
        const sources = [process(stores.first), process(stores.second)]
        const again = () =>
          Promise.all(sources.flatMap((source) => Array.from({ length: 10 }, () => work(source))))
        return again
      }

      it('two processes make one refresh of every expiry, and go on with the same token', async () => {
        const get = everybody((source) => source.get())
        const seen = new Set<string>()
        for (let expiry = 1; expiry <= 4; expiry++) {
          const got = new Set(await get())
          expect(got.size).toBe(1)
          for (const token of got) seen.add(token)
          expect(await refreshes()).toBe(expiry)
          now += 15 * 86_400_000
        }
        expect(seen.size).toBe(4)
      })

      it('two processes whose token is refused make one refresh of it', async () => {
        let refused = await process(stores.first).get()
        const renew = everybody((source) => source.renew(refused))
        for (let n = 2; n <= 4; n++) {
          const got = [...new Set(await renew())]
          expect(got).toEqual([expect.not.stringMatching(`^${refused}$`)])
          expect(await refreshes()).toBe(n)
          refused = got[0] ?? ''
        }
      })

      it('a process that was refused goes on with a new login, and refreshes nothing', async () => {
        const source = process(stores.first)
        const refused = await source.get()
        const kept = (await storeOf(stores.second).load(INTEGRATION)) as StoredTokens
        await storeOf(stores.second).save(INTEGRATION, { ...kept, accessToken: 'of a new login' })
        expect(await source.renew(refused)).toBe('of a new login')
        expect(await refreshes()).toBe(1)
      })
    })
  })
}
