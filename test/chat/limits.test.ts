import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLimits, leaveToOpen } from '../../server/chat/limits.ts'
import type { Settings } from '../../server/core/settings.ts'
import { readSettings } from '../../server/settings/index.ts'
import { SETTINGS } from '../support/settings.ts'

/** A clock and settings to be set, and the limits that go by them. */
function create(first: Partial<Settings['limits']>, kept?: number) {
  const world = { now: 0, settings: null as Settings | null }
  const put = (limits: Partial<Settings['limits']>) => {
    world.settings = readSettings({ ...SETTINGS, limits })
  }
  put(first)
  const limits = createLimits({
    settings: () => world.settings,
    clock: { now: () => world.now },
    ...(kept !== undefined && { kept }),
  })
  return { world, put, limits }
}

/** Whether it was let through. */
const passes = (act: () => unknown): boolean => {
  try {
    act()
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'rate_limited' })
    return false
  }
}
const address = (n: number) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`

describe('what is remembered for the limits', () => {
  it('is forgotten once it says nothing any more', () => {
    const { world, limits } = create({ startsPerIpPerMinute: 5 })
    for (let n = 0; n < 1000; n++) limits.start(address(n))
    expect(limits.size()).toBe(1000)
    world.now = 60_000
    limits.start('8.8.8.8')
    expect(limits.size()).toBe(1)
  })

  it('has a bound, under which the visitor of the last moment is not forgotten', () => {
    const { world, limits } = create({ startsPerIpPerMinute: 1 }, 100)
    for (let n = 0; n < 1000; n++) {
      world.now = n
      expect(passes(() => limits.start(address(n)))).toBe(true)
      expect(passes(() => limits.start(address(n)))).toBe(false)
      expect(limits.size()).toBeLessThanOrEqual(100)
    }
    expect(limits.size()).toBe(100)
  })

  it('is nothing while the limits are off, and nothing of what was counted before comes back', () => {
    const { put, limits } = create({ messagesPerMinute: 1 })
    limits.message('s')
    put({})
    for (let n = 0; n < 1000; n++) limits.message(`session ${n}`)
    for (let n = 0; n < 1000; n++) limits.holdPoll(address(n), 25_000)()
    expect(limits.size()).toBe(0)
    put({ messagesPerMinute: 1 })
    expect(passes(() => limits.message('s'))).toBe(true)
  })

  it('is nothing of a poll that was answered, also when it says so twice', () => {
    const { limits } = create({ heldPollsPerIp: 2 })
    const [first, second] = [limits.holdPoll('8.8.8.8', 25_000), limits.holdPoll('8.8.8.8', 25_000)]
    first()
    first()
    expect(passes(() => limits.holdPoll('8.8.8.8', 25_000))).toBe(true)
    expect(passes(() => limits.holdPoll('8.8.8.8', 25_000))).toBe(false)
    second()
    expect(limits.size()).toBe(1)
  })

  it('counts polls that were held before the limit was switched on', () => {
    const { put, limits } = create({})
    limits.holdPoll('8.8.8.8', 25_000)
    put({ heldPollsPerIp: 1 })
    expect(passes(() => limits.holdPoll('8.8.8.8', 25_000))).toBe(false)
  })
})

describe('undoing', () => {
  it('leaves the limit as it was, whatever came in between', () => {
    const { world, limits } = create({ messagesPerMinute: 3 })
    const undo = limits.message('s')
    limits.message('s')
    limits.message('s')
    expect(passes(() => limits.message('s'))).toBe(false)
    undo()
    undo()
    expect([1, 2].map(() => passes(() => limits.message('s')))).toEqual([true, false])
    world.now = 60_000
    expect([1, 2, 3, 4].map(() => passes(() => limits.message('s')))).toEqual([true, true, true, false])
    undo()
    expect(passes(() => limits.message('s'))).toBe(false)
  })

  it('of a start asks once, takes both or neither, and gives both back', () => {
    const { limits } = create({ startsPerIpPerMinute: 1, roomsPerMinute: 1 })
    const first = leaveToOpen(limits, '8.8.8.8')
    first.take()
    first.take()
    expect(passes(() => leaveToOpen(limits, '9.9.9.9').take())).toBe(false)
    first.giveBack()
    expect(passes(() => leaveToOpen(limits, '9.9.9.9').take())).toBe(true)
    expect(passes(() => leaveToOpen(limits, '8.8.8.8').take())).toBe(false)
  })
})

describe('a visitor', () => {
  it('is never held back by what others do', () => {
    const deed = fc.record({ who: fc.nat(20), pause: fc.nat(20_000) })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(deed, { maxLength: 200 }), (limit, deeds) => {
        const crowd = create({ startsPerIpPerMinute: limit })
        const alone = create({ startsPerIpPerMinute: limit })
        for (const { who, pause } of deeds) {
          crowd.world.now += pause
          alone.world.now = crowd.world.now
          const passed = passes(() => crowd.limits.start(address(who)))
          if (who === 0) expect(passed).toBe(passes(() => alone.limits.start(address(0))))
        }
      }),
    )
  })

  it.each([
    ['2a00:1450:4001:81b::1', '2a00:1450:4001:81b:1:2:3:4', true],
    ['2a00:1450:4001:81b::1', '2a00:1450:4001:81c::1', false],
    ['::1', '::2', true],
    ['8.8.8.8', '8.8.8.9', false],
    ['', '', true],
  ])('at %s and one at %s: the same is %s', (one, other, same) => {
    const { limits } = create({ startsPerIpPerMinute: 1 })
    limits.start(one)
    expect(passes(() => limits.start(other))).toBe(!same)
  })
})
