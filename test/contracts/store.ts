/** What the store must do on every engine. A new engine runs this suite. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Task } from '../../server/core/chat.ts'
import type { ChatEvent } from '../../server/core/events.ts'
import type { ChatFacts } from '../../server/store/chat-row.ts'
import type { Store } from '../../server/store/index.ts'

const NOW = Date.parse('2026-11-20T10:00:00.123Z')

function facts(sessionId: string, change: Partial<ChatFacts> = {}): ChatFacts {
  return {
    id: randomUUID(),
    ref: `C-${randomUUID().slice(0, 6)}`,
    sessionId,
    topic: 'sales',
    firstTopic: 'sales',
    people: ['anna@example.com'],
    channel: 'web',
    lang: 'pl',
    name: 'Zażółć 😀',
    email: null,
    fields: { company: '{"a":1}' },
    page: { url: 'https://www.example.com/?a=1' },
    ip: '37.47.248.0',
    userAgent: 'Mozilla/5.0',
    mobile: true,
    place: { country: 'Poland' },
    consent: { version: '1', text: 'Yes' },
    createdAt: NOW,
    ...change,
  }
}

const line = (seq: number, text: string, clientId?: string): ChatEvent => ({
  seq,
  at: new Date(NOW + seq).toISOString(),
  type: 'message',
  message: { id: `m${seq}`, from: 'visitor', text, ...(clientId && { clientId }) },
})

export function storeContract(
  name: string,
  open: () => Promise<{ store: Store; drop(): Promise<void> }>,
): void {
  describe(`the store on ${name}`, () => {
    let store: Store
    let drop: () => Promise<void>
    beforeEach(async () => {
      ;({ store, drop } = await open())
      await store.migrate()
    })
    afterEach(() => drop())

    async function session(): Promise<string> {
      const id = randomUUID()
      await store.sessions.create(store.db, { id, lang: 'en', page: {}, parameters: {} }, `hash ${id}`, NOW)
      return id
    }
    async function chat(change: Partial<ChatFacts> = {}): Promise<ChatFacts> {
      const made = facts(change.sessionId ?? (await session()), change)
      await store.tx((trx) => store.chats.create(trx, made, NOW + 30_000))
      return made
    }
    async function opened(): Promise<ChatFacts> {
      const made = await chat()
      await store.tx(async (trx) => {
        await store.chats.roomStands(trx, made.id, { id: `room ${made.id}`, details: { ref: made.ref } }, NOW)
        const before = await store.chats.lock(trx, made.id)
        if (before) await store.chats.save(trx, before, { ...before, state: 'waiting' })
      })
      return made
    }

    it('migrates up, finds nothing more to do, down to nothing, and up again', async () => {
      expect(await store.migrate()).toEqual([])
      const down = await store.rollback()
      expect(down.length).toBeGreaterThan(0)
      expect(await store.migrate()).toEqual(down.toReversed())
    })

    it('gives a chat back as it was put in, to the millisecond and the emoji', async () => {
      const made = await chat()
      expect(await store.chats.find(store.db, made.id)).toMatchObject(made)
    })

    it('keeps all of a transaction or nothing', async () => {
      const made = await opened()
      const failing = store.tx(async (trx) => {
        await store.events.append(trx, made.id, [line(1, 'lost')])
        await store.outbox.add(trx, made.id, { type: 'notice', text: 'lost' }, NOW)
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      expect(await store.events.list(store.db, made.id, 0, 10)).toEqual([])
      expect(await store.outbox.head(store.db, made.id, 'desk')).toBeNull()
    })

    it('fails fast where it would wait for its own transaction for ever', async () => {
      await expect(store.tx(async () => store.chats.find(store.db, 'x'))).rejects.toThrow(/transaction/)
      await expect(store.tx(async () => store.tx(async () => 1))).rejects.toThrow(/transaction/)
      expect(await store.chats.find(store.db, 'x')).toBeNull()
    })

    it('lets a session have one open chat, and another after its end', async () => {
      const first = await opened()
      const { sessionId } = first
      const second = chat({ sessionId })
      await expect(second).rejects.toSatisfy(store.isDuplicate)
      await store.tx(async (trx) => {
        const before = await store.chats.lock(trx, first.id)
        if (before) await store.chats.save(trx, before, { ...before, state: 'closed', closedAt: NOW })
      })
      expect(await store.chats.findOpenOfSession(store.db, sessionId)).toBeNull()
      const third = await chat({ sessionId })
      expect((await store.chats.findOpenOfSession(store.db, sessionId))?.id).toBe(third.id)
    })

    it('takes a clientId once a chat, for ever, and knows the line it made', async () => {
      const [one, two] = [await opened(), await opened()]
      const clientId = randomUUID()
      await store.tx((trx) => store.events.append(trx, one.id, [line(1, 'first', clientId)]))
      await store.tx((trx) => store.events.append(trx, two.id, [line(1, 'other chat', clientId)]))
      const again = store.tx((trx) => store.events.append(trx, one.id, [line(2, 'again', clientId)]))
      await expect(again).rejects.toSatisfy(store.isDuplicate)
      expect(await store.events.findByClientId(store.db, one.id, clientId)).toEqual(
        line(1, 'first', clientId),
      )
    })

    it('lists events in order, after a cursor, no more than asked', async () => {
      const made = await opened()
      const events = Array.from({ length: 10 }, (_, n) => line(n + 1, `line ${n}`))
      await store.tx((trx) => store.events.append(trx, made.id, events))
      expect(await store.events.list(store.db, made.id, 3, 4)).toEqual(events.slice(3, 7))
    })

    it('numbers without gaps when everybody writes at once', async () => {
      const made = await opened()
      await Promise.all(
        Array.from({ length: 20 }, () =>
          store.tx(async (trx) => {
            const before = await store.chats.lock(trx, made.id)
            if (!before) throw new Error('the chat is there')
            const lastSeq = before.lastSeq + 1
            await store.events.append(trx, made.id, [line(lastSeq, 'x')])
            await store.chats.save(trx, before, { ...before, lastSeq })
          }),
        ),
      )
      const seqs = (await store.events.list(store.db, made.id, 0, 100)).map((event) => event.seq)
      expect(seqs).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
    })

    it('hands out the head of a lane in order of decision, past what was refused for good', async () => {
      const made = await opened()
      const notice = (text: string) => ({ type: 'notice', text }) as const
      for (const [text, at] of [
        ['a', NOW],
        ['b', NOW],
        ['c', NOW + 5_000],
      ] as const)
        await store.tx((trx) => store.outbox.add(trx, made.id, notice(text), at))
      const texts: unknown[] = []
      for (let row = await store.outbox.head(store.db, made.id, 'desk'); row; ) {
        texts.push(row.task.type === 'notice' && row.task.text)
        const { id } = row
        await store.tx((trx) =>
          texts.length === 1 ? store.outbox.fail(trx, { id }, 'no') : store.outbox.done(trx, { id }),
        )
        row = await store.outbox.head(store.db, made.id, 'desk')
      }
      expect(texts).toEqual(['a', 'b', 'c'])
      expect(await store.outbox.countByState(store.db)).toEqual({ failed: 1 })
    })

    it('knows the head of every lane of a chat', async () => {
      const made = await opened()
      const none = await store.tx((trx) => store.outbox.heads(trx, made.id))
      expect(none.size).toBe(0)
      const ids = await store.tx(async (trx) => {
        const add = async (task: Task) => (await store.outbox.add(trx, made.id, task, NOW)).id
        const notice = await add({ type: 'notice', text: 'a' })
        const turn = await add({ type: 'bot_turn', epoch: 1, seq: 1, text: 'a' })
        await add({ type: 'notice', text: 'b' })
        await add({ type: 'bot_turn', epoch: 1, seq: 2, text: 'b' })
        return { notice, turn }
      })
      const heads = await store.tx((trx) => store.outbox.heads(trx, made.id))
      expect([...heads].map(([lane, { id }]) => [lane, id]).sort()).toEqual([
        ['bot', ids.turn],
        ['desk', ids.notice],
      ])
    })

    it('lends a chat to one at a time, and takes it from whoever let the time run out', async () => {
      const made = await opened()
      const leaseOf = async () => (await store.tx((trx) => store.chats.lock(trx, made.id)))?.lease
      expect(await leaseOf()).toEqual({ owner: null, fence: 0, isOver: true })
      await store.tx((trx) => store.leases.set(trx, made.id, { owner: 'one', fence: 1 }))
      const lease = await leaseOf()
      expect(lease).toEqual({ owner: 'one', fence: 1, isOver: false })
      if (!lease) throw new Error('the chat is there')
      expect(store.leases.mayTake(lease, 'one')).toBe(true)
      expect(store.leases.mayTake(lease, 'two')).toBe(false)
      expect(await store.leases.renew(store.db, made.id, 'one', 1)).toBe(true)
      expect(await store.leases.renew(store.db, made.id, 'two', 1)).toBe(false)
      expect(await store.leases.renew(store.db, made.id, 'one', 0)).toBe(false)
      // Its holder froze, and the lease ran out.
      await store.tx((trx) => trx('chats').where({ id: made.id }).update({ leased_until: 1 }))
      const over = await leaseOf()
      expect(over?.isOver).toBe(true)
      if (over) expect(store.leases.fenceFor(over, 'two')).toBe(2)
      await store.tx((trx) => store.leases.set(trx, made.id, null))
      expect(await leaseOf()).toMatchObject({ owner: null, fence: 1 })
    })

    it('knows which lanes are due, the longest waiting first', async () => {
      const [one, two, three] = [await opened(), await opened(), await opened()]
      const owe = (chat: ChatFacts, at: number) =>
        store.tx((trx) => store.outbox.add(trx, chat.id, { type: 'notice', text: 'x' }, at))
      const { id } = await owe(two, NOW)
      await owe(one, NOW)
      await owe(three, NOW + 60_000)
      const due = async (me: string) =>
        (await store.outbox.dueLanes(store.db, me, NOW, 10)).map((lane) => lane.chatId)
      expect(await due('me')).toEqual([two.id, one.id])
      await store.tx((trx) => store.leases.set(trx, two.id, { owner: 'me', fence: 1 }))
      expect(await due('me')).toEqual([two.id, one.id])
      expect(await due('you')).toEqual([one.id])
      // An attempt under a lease that holds is in somebody's hands.
      await store.tx((trx) => store.outbox.update(trx, { id }, { state: 'sending' }))
      expect(await due('me')).toEqual([one.id])
      await store.leases.releaseAll(store.db, 'you')
      expect(await due('you')).toEqual([one.id])
      await store.leases.releaseAll(store.db, 'me')
      expect(await due('you')).toEqual([two.id, one.id])
    })

    it('notes heartbeats of many chats in one go, each with its own instant', async () => {
      const chats = await Promise.all([opened(), opened(), opened()])
      await store.chats.beat(store.db, new Map(chats.slice(0, 2).map(({ id }, n) => [id, NOW + 1000 + n])))
      const beats = await Promise.all(
        chats.map(async ({ id }) => (await store.chats.find(store.db, id))?.beatAt),
      )
      expect(beats).toEqual([NOW + 1000, NOW + 1001, NOW])
    })

    it('goes through open chats in pages, and round and round through their rooms', async () => {
      const made = (await Promise.all([opened(), opened(), opened()])).map(({ id }) => id).sort()
      await chat()
      const due = { beatBefore: NOW, idleBefore: NOW - 1, botIdleBefore: 0, unansweredBefore: -1 }
      const suspects = async (after: string) => store.chats.listSuspects(store.db, due, 2, after)
      expect((await suspects('')).map(({ id }) => id)).toEqual(made.slice(0, 2))
      expect((await suspects(made[1] ?? '')).map(({ id }) => id)).toEqual(made.slice(2))
      const none = { beatBefore: NOW - 1, idleBefore: NOW - 1, botIdleBefore: 0, unansweredBefore: -1 }
      expect(await store.chats.listSuspects(store.db, none, 9, '')).toEqual([])
      const rooms = made.map((id) => `room ${id}`)
      expect(await store.chats.nextRooms(store.db, '', 2)).toEqual(rooms.slice(0, 2))
      expect(await store.chats.nextRooms(store.db, rooms[1] ?? '', 2)).toEqual([rooms[2], rooms[0]])
    })

    it('lists starts whose process must be dead', async () => {
      const made = await chat()
      await opened()
      expect(await store.chats.listAbandonedStarts(store.db, NOW)).toEqual([])
      expect(await store.chats.listAbandonedStarts(store.db, NOW + 30_001)).toEqual([made.id])
    })

    it('recognises lines of a room it has seen', async () => {
      const made = await opened()
      const rows = Array.from({ length: 250 }, (_, n) => ({
        id: `line ${n}`,
        seq: n % 2 ? n : null,
        at: NOW,
        editedAt: null,
      }))
      await store.tx((trx) => store.roomLines.add(trx, made.id, rows))
      const known = await store.tx((trx) => store.roomLines.known(trx, ['line 0', 'line 249', 'line 250']))
      expect(Object.fromEntries(known)).toMatchObject({ 'line 0': { seq: null }, 'line 249': { seq: 249 } })
      const twice = store.tx((trx) =>
        store.roomLines.add(trx, made.id, [{ id: 'line 7', seq: null, at: NOW, editedAt: null }]),
      )
      await expect(twice).rejects.toSatisfy(store.isDuplicate)
    })

    it('keeps no token of a session, and forgets an ended one', async () => {
      const id = await session()
      expect(await store.sessions.idOfToken(store.db, `hash ${id}`)).toBe(id)
      await store.tx((trx) => store.sessions.end(trx, id, NOW))
      expect(await store.sessions.idOfToken(store.db, `hash ${id}`)).toBeNull()
    })

    it('gives a job to one owner at a time, until its lease is over', async () => {
      const lease = (owner: string) => store.jobs.leaseFor(store.db, 'purge', owner, 50_000)
      const runOut = () => store.tx((trx) => trx('jobs').where({ name: 'purge' }).update({ until: 1 }))
      expect(await lease('one')).toBe(true)
      expect(await lease('two')).toBe(false)
      expect(await lease('one')).toBe(true)
      await runOut()
      expect(await lease('two')).toBe(true)
      expect(await lease('one')).toBe(false)
      await store.jobs.release(store.db, 'purge', 'one')
      expect(await lease('one')).toBe(false)
      await store.jobs.release(store.db, 'purge', 'two')
      expect(await lease('one')).toBe(true)
    })

    it('tells that settings were imported, also twice within a millisecond', async () => {
      expect(await store.settings.importedAt(store.db)).toBeNull()
      await store.tx((trx) => store.settings.save(trx, { a: 1 }, NOW))
      const first = await store.settings.importedAt(store.db)
      await store.tx((trx) => store.settings.save(trx, { a: 2 }, NOW))
      expect(await store.settings.importedAt(store.db)).not.toBe(first)
      expect((await store.settings.load(store.db))?.body).toEqual({ a: 2 })
    })
  })
}
