/** Two processes with the same jobs: one takes the turns, and the other goes on when it is gone. Every engine runs this suite. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Deps } from '../../server/chat/deps.ts'
import { createSweep } from '../../server/chat/sweep.ts'
import { createUnderWay } from '../../server/chat/under-way.ts'
import { createLeases, type Leases, leased } from '../../server/jobs/leased.ts'
import { readSettings } from '../../server/settings/index.ts'
import type { Store } from '../../server/store/index.ts'
import { languages } from '../support/languages.ts'
import { SETTINGS } from '../support/settings.ts'
import type { TwoStores } from './two-stores.ts'

const NOW = Date.parse('2026-11-20T10:00:00.000Z')
const HEARTBEAT_SECONDS = 60

export function jobsContract(name: string, open: () => Promise<TwoStores>): void {
  describe(`jobs of two processes on ${name}`, () => {
    let stores: TwoStores
    /** The time they share, epoch ms. */
    let now: number
    /** A clock that nobody sets. */
    let elapsed: number
    let one: Leases
    let two: Leases
    beforeEach(async () => {
      stores = await open()
      now = NOW
      elapsed = 0
      const leasesOf = (me: string, store: Store) =>
        createLeases({ store, me, now: () => now, elapsed: () => elapsed })
      one = leasesOf('one', stores.first)
      two = leasesOf('two', stores.second)
    })
    afterEach(() => stores.drop())

    const pass = (seconds: number) => {
      now += seconds * 1000
      elapsed += seconds * 1000
    }
    /** Whoever holds leases froze, or died: by the database their time is over. */
    const runOut = () => stores.first.tx((trx) => trx('jobs').update({ until: 1 }))

    it('lets one of them run, again and again', async () => {
      const ran: string[] = []
      const jobs = [
        leased(one, 'x', async () => ran.push('one')),
        leased(two, 'x', async () => ran.push('two')),
      ]
      for (let round = 0; round < 5; round++) {
        for (const run of jobs) await run()
        pass(4)
        await one.keep()
        await two.keep()
      }
      expect(ran).toEqual(Array.from({ length: 5 }, () => 'one'))
    })

    it('goes on elsewhere when the time of whoever had it ran out, and that one stops', async () => {
      await one.turn('x')
      await one.note('x', NOW, NOW - 5_000)
      expect(await two.turn('x')).toBeNull()
      await runOut()
      pass(13)
      expect(await two.turn('x')).toEqual({ ranAt: NOW, since: NOW - 5_000, heldSince: now })
      // It wakes up: what it remembers is too old to go by, and what it says of its run is not heard.
      expect(await one.turn('x')).toBeNull()
      await one.note('x', 1, 1)
      expect((await two.turn('x'))?.ranAt).toBe(NOW)
      await runOut()
      pass(13)
      expect((await one.turn('x'))?.ranAt).toBe(NOW)
    })

    it("keeps nothing up that is another's by now", async () => {
      await one.turn('x')
      await runOut()
      await two.turn('x')
      // Its own clock has not noticed.
      await one.keep()
      expect(await one.turn('x')).toBeNull()
      expect(await two.turn('x')).not.toBeNull()
    })

    it('lets the other go on at once when it stops', async () => {
      const { heldSince } = (await one.turn('x')) ?? {}
      expect(heldSince).toBe(NOW)
      pass(3)
      await one.release()
      expect((await two.turn('x'))?.heldSince).toBe(NOW + 3_000)
      expect(await one.turn('x')).toBeNull()
    })

    it('lets one win when both reach for it at once', async () => {
      for (let n = 0; n < 5; n++) {
        const turns = await Promise.all([one.turn(`job ${n}`), two.turn(`job ${n}`)])
        expect(turns.filter((turn) => turn !== null)).toHaveLength(1)
      }
    })

    describe('the idle sweep', () => {
      let chatId: string
      beforeEach(async () => {
        chatId = await openChat(stores.first)
      })

      const settings = readSettings({ ...SETTINGS, idle: { heartbeatSeconds: HEARTBEAT_SECONDS } })
      function sweeperOf(leases: Leases, store: Store) {
        const none = () => undefined
        const deps = {
          store,
          me: 'me',
          startedAt: NOW,
          clock: { now: () => now },
          log: { info: none, warn: none, error: none },
          watch: { rememberChat: none, takeBeats: () => new Map(), isHeld: () => false, beatOf: () => 0 },
          underWay: createUnderWay(),
          settings: () => settings,
          bot: () => null,
          wake: async () => undefined,
          languages,
        } as unknown as Deps
        const sweep = createSweep(deps)
        return leased(leases, 'sweep', (turn) =>
          sweep(turn, ({ ranAt, since }) => leases.note('sweep', ranAt, since)),
        )
      }

      async function openChat(store: Store): Promise<string> {
        const [id, sessionId] = [randomUUID(), randomUUID()]
        await store.tx(async (trx) => {
          const session = { id: sessionId, lang: 'en', page: {}, parameters: {} }
          await store.sessions.create(trx, session, `hash ${sessionId}`, NOW)
          const facts = {
            ...{ id, ref: 'C-1', sessionId, topic: 'sales', firstTopic: 'sales', channel: 'web', lang: 'en' },
            ...{ name: null, email: null, fields: {}, page: {}, ip: null, userAgent: '', mobile: false },
            ...{ place: null, consent: null, createdAt: NOW, people: [] },
          }
          await store.chats.create(trx, facts, NOW)
          await store.chats.roomStands(trx, id, { id: `room ${id}`, details: { ref: 'C-1' } }, NOW)
          await trx('chats').where({ id }).update({ state: 'waiting' })
        })
        return id
      }
      const state = async () => (await stores.first.chats.find(stores.first.db, chatId))?.state

      it('closes whoever left, whichever process was first to see them go', async () => {
        const [first, second] = [sweeperOf(one, stores.first), sweeperOf(two, stores.second)]
        for (let s = 0; s < HEARTBEAT_SECONDS - 5; s += 5) {
          await first()
          pass(5)
          await one.keep()
        }
        await one.release()
        await second()
        expect(await state()).toBe('waiting')
        pass(5)
        await second()
        expect(await state()).toBe('closed')
      })

      it('ends no chat for signs of life that nobody was there to hear', async () => {
        const [first, second] = [sweeperOf(one, stores.first), sweeperOf(two, stores.second)]
        await first()
        await runOut()
        // Nobody was there for longer than any heartbeat may be missed.
        pass(HEARTBEAT_SECONDS * 3)
        await second()
        expect(await state()).toBe('waiting')
        for (let s = 0; s < HEARTBEAT_SECONDS; s += 5) {
          expect(await state()).toBe('waiting')
          pass(5)
          await two.keep()
          await second()
        }
        expect(await state()).toBe('closed')
      })
    })
  })
}
