import { describe, expect, it } from 'vitest'
import type { Log } from '../../server/chat/deps.ts'
import type { Hand, LaneState } from '../../server/chat/hand.ts'
import { DeliveryError } from '../../server/core/errors.ts'
import { createRelay } from '../../server/jobs/relay.ts'
import { createRooms } from '../../server/jobs/rooms.ts'
import { createTurns } from '../../server/jobs/turns.ts'

const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** A promise somebody else keeps. */
function gate<T>() {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((r) => {
    resolve = r
  })
  return { promise, resolve }
}

describe('the relay', () => {
  it('works on one chat at a time only once, however often it is woken', async () => {
    const open = gate<LaneState>()
    let running = 0
    let most = 0
    let calls = 0
    const relay = createRelay({
      work: async () => {
        calls++
        most = Math.max(most, ++running)
        const state = await (calls === 1 ? open.promise : Promise.resolve<LaneState>('empty'))
        running--
        return state
      },
      dueLanes: async () => [],
      now: Date.now,
      log: quiet,
    })
    const all = Promise.all([relay.wake('a', 'desk'), relay.wake('a', 'desk'), relay.wake('a', 'desk')])
    open.resolve('empty')
    await all
    expect(most).toBe(1)
    // Woken while it ran: it must look once more, or a row written meanwhile would wait for the clock.
    expect(calls).toBe(2)
  })

  it('is not held up by one lane that hangs', async () => {
    const hanging = gate<LaneState>()
    const done: string[] = []
    const relay = createRelay({
      work: async (chatId) => {
        if (chatId === 'stuck') return hanging.promise
        done.push(chatId)
        return 'empty'
      },
      dueLanes: async () => [],
      now: Date.now,
      log: quiet,
    })
    const stuck = relay.wake('stuck', 'desk')
    await Promise.all(['a', 'b', 'c'].map((chatId) => relay.wake(chatId, 'desk')))
    expect(done).toEqual(['a', 'b', 'c'])
    hanging.resolve('empty')
    await stuck
  })

  it('lets another lane go first, as long as that is quick', async () => {
    const bot = gate<LaneState>()
    const order: string[] = []
    const relay = createRelay({
      work: async (_chatId, lane) => {
        order.push(lane)
        return lane === 'bot' ? bot.promise : 'empty'
      },
      dueLanes: async () => [],
      now: Date.now,
      log: quiet,
    })
    const first = relay.wake('quick', 'bot').then(() => order.push('bot is through'))
    const second = relay.wake('quick', 'desk', undefined, first.then())
    bot.resolve('empty')
    await second
    expect(order).toEqual(['bot', 'bot is through', 'desk'])
    // A bot that hangs keeps no line from the room.
    await relay.wake('slow', 'desk', undefined, new Promise(() => undefined))
    expect(order.at(-1)).toBe('desk')
    expect(order).toHaveLength(4)
  })

  it('hands on what is in hand, and has it looked at again where a run was under way', async () => {
    const hand = (since: number) => ({ since }) as Hand
    const given: (Hand | undefined)[] = []
    const open = gate<LaneState>()
    const relay = createRelay({
      work: async (_chatId, _lane, one) => {
        given.push(one)
        return given.length === 1 ? open.promise : given.length === 2 ? hand(3) : 'empty'
      },
      dueLanes: async () => [],
      now: Date.now,
      log: quiet,
    })
    const done = relay.wake('a', 'desk', hand(1))
    await expect.poll(() => given).toHaveLength(1)
    void relay.wake('a', 'desk', hand(2))
    open.resolve('empty')
    await done
    expect(given).toEqual([hand(1), hand(Number.NEGATIVE_INFINITY), hand(3)])
  })

  it('survives a failure and a stop waits for what is under way', async () => {
    const open = gate<LaneState>()
    const relay = createRelay({
      work: async (chatId) => {
        if (chatId === 'broken') throw new Error('the database is away')
        return open.promise
      },
      dueLanes: async () => [{ chatId: 'broken', lane: 'desk' }],
      now: Date.now,
      log: quiet,
    })
    await relay.wakeDue()
    await relay.wake('broken', 'desk')
    void relay.wake('slow', 'desk')
    let stopped = false
    const stopping = relay.stop().then(() => {
      stopped = true
    })
    await Promise.resolve()
    expect(stopped).toBe(false)
    open.resolve('again')
    await stopping
  })
})

describe('rooms that cannot be read', () => {
  it('keep no other waiting, and are read again later', async () => {
    const reads = new Map<string, number>()
    const rooms = createRooms({
      read: async (roomId) => {
        reads.set(roomId, (reads.get(roomId) ?? 0) + 1)
        if (roomId !== 'healthy') throw new DeliveryError('no', { effect: 'no', retryAfter: 3600 })
      },
      due: async () => [],
      log: quiet,
    })
    for (let n = 0; n < 50; n++) rooms.hint(`broken ${n}`)
    rooms.hint('healthy')
    await expect.poll(() => reads.get('healthy')).toBe(1)
    await rooms.stop()
  })
})

describe('turns', () => {
  it('are given on by what takes long, without interrupting it', async () => {
    const turns = createTurns(2, 1)
    const slow = [await turns.take(), await turns.take()]
    const third = await turns.take()
    third()
    for (const done of slow) done()
    const again = await Promise.all([turns.take(), turns.take()])
    expect(turns.waiting()).toBe(0)
    for (const done of again) done()
  })
})

describe('hints', () => {
  it('that are only echoes of our own are one read, a moment later', async () => {
    let reads = 0
    const rooms = createRooms({
      read: async () => {
        reads++
      },
      due: async () => [],
      log: quiet,
    })
    for (let n = 0; n < 10; n++) rooms.hint('room', true)
    await Promise.resolve()
    expect(reads).toBe(0)
    // Staff wait for nobody.
    rooms.hint('room')
    await expect.poll(() => reads).toBe(1)
    await expect.poll(() => reads, { timeout: 5_000 }).toBe(2)
    await rooms.stop()
  })

  it('of one room melt into one read at a time, and none is lost', async () => {
    const gates = [gate<void>(), gate<void>(), gate<void>()]
    let reads = 0
    const rooms = createRooms({
      read: () => gates[reads++]?.promise ?? Promise.resolve(),
      due: async () => [],
      log: quiet,
    })
    for (let n = 0; n < 10; n++) rooms.hint('room')
    await expect.poll(() => reads).toBe(1)
    gates[0]?.resolve()
    await expect.poll(() => reads).toBe(2)
    gates[1]?.resolve()
    await rooms.stop()
    expect(reads).toBe(2)
  })
})
