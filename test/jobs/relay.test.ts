import { describe, expect, it } from 'vitest'
import type { LaneState } from '../../server/chat/deliver.ts'
import type { Log } from '../../server/chat/deps.ts'
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
