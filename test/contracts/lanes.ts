/** Two processes, one chat: who works off what it owes, and what becomes of whoever lost it. Every engine runs this suite. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deliverHead } from '../../server/chat/deliver.ts'
import type { Deps } from '../../server/chat/deps.ts'
import { type Hand, intend, pickUp, putBack } from '../../server/chat/hand.ts'
import { finish, handle } from '../../server/chat/handle.ts'
import { createUnderWay } from '../../server/chat/under-way.ts'
import type { Lane, Task } from '../../server/core/chat.ts'
import type { Desk, RoomLine } from '../../server/ports.ts'
import type { Store } from '../../server/store/index.ts'
import { languages } from '../support/languages.ts'
import type { TwoStores } from './two-stores.ts'

const NOW = Date.parse('2026-11-20T10:00:00.000Z')
const notice = (text: string): Task => ({ type: 'notice', text })
const TURN: Task = { type: 'bot_turn', epoch: 1, seq: 1, text: 'x' }

/** A room in memory: what stands in it, in order. */
function createRoom() {
  const posts: string[] = []
  const looks: string[] = []
  const textOf = ({ text }: RoomLine) => text
  const room = {
    parts: (line: RoomLine) => [line],
    async post(_room: unknown, part: RoomLine) {
      posts.push(textOf(part))
      return { outcome: 'yes' as const, id: `post ${posts.length} ${randomUUID()}` }
    },
    async find(_room: unknown, part: RoomLine) {
      looks.push(textOf(part))
      return posts.includes(textOf(part))
        ? { outcome: 'yes' as const, id: `found ${textOf(part)}` }
        : { outcome: 'no' as const, why: 'not there' }
    },
  }
  return { posts, looks, desk: room as unknown as Desk }
}

export function lanesContract(name: string, open: () => Promise<TwoStores>): void {
  describe(`the lanes of a chat on ${name}`, () => {
    let stores: TwoStores
    let chatId: string
    let now: number
    let room: ReturnType<typeof createRoom>
    let one: Process
    let two: Process
    beforeEach(async () => {
      stores = await open()
      now = NOW
      room = createRoom()
      chatId = await chatIn(stores.first)
      one = processOf('one', stores.first)
      two = processOf('two', stores.second)
    })
    afterEach(() => stores.drop())

    interface Process {
      readonly deps: Deps
      /** What the lanes were woken with. */
      readonly woken: [lane: Lane, hand: Hand | undefined][]
      owe(...tasks: Task[]): Promise<void>
      /** The hand its lane was given last. */
      hand(lane?: Lane): Hand
    }

    function processOf(me: string, store: Store): Process {
      const woken: [Lane, Hand | undefined][] = []
      const quiet = () => undefined
      const deps = {
        store,
        me,
        desk: room.desk,
        clock: { now: () => now },
        languages,
        log: { info: quiet, warn: quiet, error: quiet },
        watch: { rememberChat: quiet },
        underWay: createUnderWay(),
        settings: () => null,
        bot: () => null,
        wake: async (_chatId: string, lane: Lane, hand?: Hand) => void woken.push([lane, hand]),
      } as unknown as Deps
      return {
        deps,
        woken,
        owe: async (...owed) => void (await handle(deps, chatId, [], { owed })),
        hand(lane = 'desk') {
          const hand = woken.findLast(([woke]) => woke === lane)?.[1]
          if (!hand) throw new Error(`${me} has nothing in hand`)
          return hand
        },
      }
    }

    async function chatIn(store: Store): Promise<string> {
      const [id, sessionId] = [randomUUID(), randomUUID()]
      const session = { id: sessionId, lang: 'en', page: {}, parameters: {} }
      const nothing = { name: null, email: null, ip: null, place: null, consent: null }
      await store.tx(async (trx) => {
        await store.sessions.create(trx, session, `hash ${sessionId}`, NOW)
        const facts = {
          ...{
            id,
            ref: `C-${id.slice(0, 6)}`,
            sessionId,
            topic: 'sales',
            firstTopic: 'sales',
            channel: 'web',
          },
          ...{ lang: 'en', fields: {}, page: {}, userAgent: '', mobile: false, createdAt: NOW, people: [] },
          ...nothing,
        }
        await store.chats.create(trx, facts, NOW)
        await store.chats.roomStands(trx, id, { id: `room ${id}`, details: { ref: facts.ref } }, NOW)
      })
      return id
    }

    const lease = async () => (await stores.first.tx((trx) => stores.first.chats.lock(trx, chatId)))?.lease
    const head = (lane: Lane = 'desk') => stores.first.outbox.head(stores.first.db, chatId, lane)
    /** Whoever has the chat froze, and the time of the lease ran out. */
    const runOut = () =>
      stores.first.tx((trx) => trx('chats').where({ id: chatId }).update({ leased_until: 1 }))
    const handed = (state: Hand | string | number): Hand => {
      if (typeof state !== 'object') throw new Error(`nothing in hand: ${state}`)
      return state
    }

    it('takes the lease, and commits the intent, with what the chat comes to owe', async () => {
      await one.owe(notice('a'), notice('b'), TURN)
      expect(await lease()).toEqual({ owner: 'one', fence: 1, isOver: false })
      expect(one.hand()).toMatchObject({ hasIntent: true, fence: 1, row: { state: 'sending', attempts: 1 } })
      // Neither lane waits for the other.
      expect(one.hand('bot').row).toMatchObject({ state: 'pending', task: TURN })
      expect(await head()).toMatchObject({ id: one.hand().row.id, state: 'sending', attempts: 1 })
    })

    it('goes on with the next under the receipt, and gives the lease back with the last', async () => {
      await one.owe(notice('a'), notice('b'))
      const next = handed(await deliverHead(one.deps, chatId, one.hand()))
      expect(next).toMatchObject({ hasIntent: true, row: { state: 'sending', attempts: 1 } })
      expect(await head()).toMatchObject({ id: next.row.id, state: 'sending' })
      expect(await deliverHead(one.deps, chatId, next)).toBe('empty')
      expect(room).toMatchObject({ posts: ['a', 'b'], looks: [] })
      expect(await lease()).toMatchObject({ owner: null, fence: 1 })
      await one.owe(notice('c'))
      expect(await lease()).toMatchObject({ owner: 'one', fence: 2 })
    })

    it('keeps the lease while another lane owes something', async () => {
      await one.owe(notice('a'), TURN)
      expect(await deliverHead(one.deps, chatId, one.hand())).toBe('empty')
      expect(await lease()).toMatchObject({ owner: 'one', fence: 1 })
      await one.owe(notice('b'))
      expect(one.hand().row).toMatchObject({ state: 'sending' })
      expect(one.hand().fence).toBe(one.hand('bot').fence)
    })

    it('leaves what it comes to owe to whoever has the chat', async () => {
      await one.owe(notice('a'))
      await two.owe(notice('b'), TURN)
      expect(two.woken.map(([, hand]) => hand)).toEqual([undefined, undefined])
      for (const lane of ['desk', 'bot'] as const)
        expect(await pickUp(two.deps, chatId, lane)).toBeTypeOf('number')
      expect(await lease()).toMatchObject({ owner: 'one', fence: 1 })
      const next = handed(await deliverHead(one.deps, chatId, one.hand()))
      await deliverHead(one.deps, chatId, next)
      expect(room.posts).toEqual(['a', 'b'])
    })

    it('is taken over when the time ran out, and whoever lost it writes nothing any more', async () => {
      await one.owe(notice('a'))
      const old = one.hand()
      await runOut()
      const theirs = handed(await pickUp(two.deps, chatId, 'desk'))
      expect(theirs).toMatchObject({ fence: 2, hasIntent: false })
      expect(await lease()).toEqual({ owner: 'two', fence: 2, isOver: false })
      const before = await stores.first.db('outbox').where({ chat_id: chatId })

      const { Fenced } = stores.first.outbox
      await expect(intend(one.deps, old)).rejects.toThrow(Fenced)
      await expect(putBack(one.deps, old, { state: 'pending', attempts: 9 })).rejects.toThrow(Fenced)
      await finish(one.deps, old, [{ type: 'close', reason: 'logout' }], { owed: [notice('late')] })
      expect(await stores.first.leases.renew(stores.first.db, chatId, 'one', old.fence)).toBe(false)

      expect(await stores.first.db('outbox').where({ chat_id: chatId })).toEqual(before)
      expect(await stores.first.events.list(stores.first.db, chatId, 0, 10)).toEqual([])
      expect(await lease()).toEqual({ owner: 'two', fence: 2, isOver: false })
      // With the lease as old, but back in its own hands, it is fenced all the same.
      await runOut()
      expect(await pickUp(one.deps, chatId, 'desk')).toMatchObject({ fence: 3 })
      await expect(intend(one.deps, old)).rejects.toThrow(Fenced)
    })

    it('looks for what another meant to post, waits, looks again, and only then posts', async () => {
      await one.owe(notice('a'))
      await runOut()
      const later = await deliverHead(two.deps, chatId)
      expect(later).toBeGreaterThan(now)
      expect(room).toMatchObject({ posts: [], looks: ['a'] })
      expect(await head()).toMatchObject({ state: 'unknown' })
      now = Number(later)
      expect(await deliverHead(two.deps, chatId)).toBe('empty')
      expect(room).toMatchObject({ posts: ['a'], looks: ['a', 'a'] })
    })

    it('posts nothing twice that another has posted before it vanished', async () => {
      await one.owe(notice('a'))
      room.posts.push('a')
      await runOut()
      expect(await deliverHead(two.deps, chatId)).toBe('empty')
      expect(room.posts).toEqual(['a'])
      expect(await lease()).toMatchObject({ owner: null })
    })

    it('leaves alone what a transaction of its own has yet to give to the lane', async () => {
      const told = one.deps.underWay.begin(chatId)
      await one.owe(notice('a'))
      expect(await deliverHead(one.deps, chatId)).toBeTypeOf('number')
      expect(room.looks).toEqual([])
      expect(await head()).toMatchObject({ state: 'sending' })
      told()
      // It broke off: then nobody gives it to anybody.
      expect(await deliverHead(one.deps, chatId)).toBeTypeOf('number')
      expect(room.looks).toEqual(['a'])
    })

    it("looks again at what was in hand for long, and lets go of what is somebody else's by then", async () => {
      await one.owe(notice('a'))
      const waited = { ...one.hand(), since: Number.NEGATIVE_INFINITY }
      await runOut()
      expect(await deliverHead(two.deps, chatId)).toBeTypeOf('number')
      expect(await deliverHead(one.deps, chatId, waited)).toBeTypeOf('number')
      expect(room.posts).toEqual([])
    })

    it('lets go of what was in hand for long, too, where it found that by itself meanwhile', async () => {
      await one.owe(notice('a'))
      const waited = { ...one.hand(), since: Number.NEGATIVE_INFINITY }
      const later = await deliverHead(one.deps, chatId)
      expect(await deliverHead(one.deps, chatId, waited)).toBe(later)
      expect(room).toMatchObject({ posts: [], looks: ['a'] })
    })

    it('goes on with what was in hand for long and is its own still, without a look', async () => {
      await one.owe(notice('a'))
      await runOut()
      const waited = { ...one.hand(), since: Number.NEGATIVE_INFINITY }
      expect(await deliverHead(one.deps, chatId, waited)).toBe('empty')
      expect(room).toMatchObject({ posts: ['a'], looks: [] })
    })

    it('lets one win when both reach for it at once', async () => {
      await one.owe(notice('a'))
      await runOut()
      const got = await Promise.all([one, two].map(({ deps }) => pickUp(deps, chatId, 'desk')))
      expect(got.filter((hand) => typeof hand === 'object')).toHaveLength(1)
    })

    it("says of a chat that owes nothing that it is nobody's, and of no other", async () => {
      await one.owe(notice('a'))
      const { store } = one.deps
      await finishWith((trx) => store.outbox.fail(trx, one.hand().row, 'no'))
      expect(await lease()).toMatchObject({ owner: null })
      const [row] = await store.db('outbox').where({ chat_id: chatId }).select('id')
      await store.tx((trx) => store.outbox.revive(trx, Number(row?.id), now))
      expect((await lease())?.owner).not.toBeNull()
      // Behind what is owed again, nothing goes first.
      await one.owe(notice('b'))
      expect((await head())?.state).toBe('unknown')
      expect(one.woken.at(-1)).toEqual(['desk', undefined])
    })

    const finishWith = (also: (trx: Parameters<Parameters<Store['tx']>[0]>[0]) => Promise<void>) =>
      handle(one.deps, chatId, [], { hand: one.hand(), also })
  })
}
