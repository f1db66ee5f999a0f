/** Pauses that one process was asked for and all keep. A new engine runs this suite. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../server/store/index.ts'
import { createThrottle } from '../../server/throttle.ts'
import type { TwoStores } from './two-stores.ts'

const POSTS = 'integration POST /messages'

export function throttleContract(name: string, open: () => Promise<TwoStores>): void {
  describe(`pauses shared by two processes on ${name}`, () => {
    let stores: TwoStores
    beforeEach(async () => {
      stores = await open()
    })
    afterEach(() => stores.drop())

    /** A process; `ahead`: how far its clock is, ms. */
    function process(store: Store, ahead = 0) {
      const clock = { now: () => Date.now() + ahead }
      const troubles: unknown[] = []
      const throttle = createThrottle({ store, clock, onTrouble: (error) => void troubles.push(error) })
      return { ...throttle, clock, troubles, rest: (family: string) => throttle.until(family) - clock.now() }
    }
    const rows = async () => (await stores.first.db('pauses').select('family', 'until')) as object[]

    it('reach the other one, whose clock is ten minutes wrong', async () => {
      const one = process(stores.first)
      for (const ahead of [600_000, -600_000]) {
        const two = process(stores.second, ahead)
        one.pause(POSTS, one.clock.now() + 60_000)
        await one.sync()
        await two.sync()
        expect(two.rest(POSTS)).toBeGreaterThan(50_000)
        expect(two.rest(POSTS)).toBeLessThan(60_500)
        expect(two.until('integration GET /messages')).toBe(0)
      }
    })

    it('the longer one stays, whoever was asked for it', async () => {
      const [one, two] = [process(stores.first), process(stores.second)]
      one.pause(POSTS, one.clock.now() + 90_000)
      await one.sync()
      two.pause(POSTS, two.clock.now() + 30_000)
      await two.sync()
      await one.sync()
      for (const each of [one, two]) expect(each.rest(POSTS)).toBeGreaterThan(80_000)
      two.pause(POSTS, two.clock.now() + 200_000)
      await two.sync()
      await one.sync()
      for (const each of [one, two]) expect(each.rest(POSTS)).toBeGreaterThan(190_000)
      expect(await rows()).toHaveLength(1)
    })

    it('are read once each: they neither grow with every look nor come back when they are over here', async () => {
      const one = process(stores.first)
      let ahead = 0
      const clock = { now: () => Date.now() + ahead }
      const two = createThrottle({ store: stores.second, clock, onTrouble: () => undefined })
      one.pause(POSTS, one.clock.now() + 60_000)
      await one.sync()
      await two.sync()
      const until = two.until(POSTS)
      ahead = 61_000
      for (let n = 0; n < 3; n++) await two.sync()
      expect([until > 0, two.until(POSTS), two.pauses()]).toEqual([true, 0, []])
    })

    it('outlive the process that was asked for them', async () => {
      const one = process(stores.first)
      one.pause(POSTS, one.clock.now() + 60_000)
      await one.settled()
      const next = process(stores.first)
      await next.sync()
      expect(next.rest(POSTS)).toBeGreaterThan(50_000)
    })

    it('are cleared away when they are over, and nonsense is kept for an hour at most', async () => {
      const one = process(stores.first)
      await stores.second.db('pauses').insert({ family: 'far', until: 9e15 })
      await one.sync()
      expect(one.rest('far')).toBeLessThanOrEqual(3_600_000)
      expect(one.rest('far')).toBeGreaterThan(3_500_000)
      await stores.second.db('pauses').insert({ family: 'old', until: 5 })
      expect((await stores.first.db('pauses').select()).length).toBe(2)
      let ahead = 0
      const clock = { now: () => Date.now() + ahead }
      const two = createThrottle({ store: stores.second, clock, onTrouble: () => undefined })
      two.pause(POSTS, clock.now() + 1_000)
      await two.settled()
      ahead = 2_000
      await two.sync()
      expect((await rows()).map((row) => (row as { family: string }).family)).not.toContain('old')
    })

    it('hold in memory at once, and without a database; that is said once, and made up for', async () => {
      const one = process(stores.first)
      await stores.first.db.schema.renameTable('pauses', 'away')
      one.pause(POSTS, one.clock.now() + 60_000)
      expect(one.rest(POSTS)).toBeGreaterThan(59_000)
      for (let n = 0; n < 3; n++) await one.sync()
      expect(one.troubles).toHaveLength(1)
      await stores.first.db.schema.renameTable('away', 'pauses')
      await one.sync()
      expect(await rows()).toEqual([expect.objectContaining({ family: POSTS })])
      const two = process(stores.second)
      await two.sync()
      expect(two.rest(POSTS)).toBeGreaterThan(50_000)
    })
  })
}
