import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWatch } from '../../server/chat/watch.ts'

const never = new AbortController().signal
const at = (lastSeq: number, state: 'live' | 'closed' = 'live') => ({ sessionId: 's', state, lastSeq })
const create = () => createWatch({ now: () => 7 })

describe('waiting for a chat to move', () => {
  it('ends at once when it has moved already, was closed, or the caller is gone', async () => {
    const watch = create()
    watch.rememberChat('c', at(5))
    await watch.wait('c', 4, 60_000, never)
    watch.rememberChat('c', at(5, 'closed'))
    await watch.wait('c', 5, 60_000, never)
    await watch.wait('other', 0, 60_000, AbortSignal.abort())
  })

  it('is not ended by somebody who only looks', async () => {
    const watch = create()
    watch.rememberChat('c', at(5))
    let woken = false
    const waiting = watch.wait('c', 5, 60_000, never).then(() => {
      woken = true
    })
    watch.rememberChat('c', at(5))
    watch.rememberChat('c', at(4))
    await Promise.resolve()
    expect(woken).toBe(false)
    watch.rememberChat('c', at(6))
    await waiting
  })

  it('never misses a wake-up, in whatever order reading, waiting and writing fall', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 5 }), async (s, writes) => {
        const watch = create()
        watch.rememberChat('c', at(0))
        const write = async () => {
          for (let n = 1; n <= writes; n++) {
            await s.schedule(Promise.resolve(), 'commit')
            watch.rememberChat('c', at(n))
          }
        }
        const read = async () => {
          let seen = 0
          while (seen < writes) {
            await s.schedule(Promise.resolve(), 'request')
            // An hour: a wake-up that is missed hangs the test instead of hiding in a timeout.
            await watch.wait('c', seen, 3_600_000, never)
            await s.schedule(Promise.resolve(), 'read')
            seen = watch.chat('c')?.lastSeq ?? 0
          }
          return seen
        }
        const both = Promise.all([read(), write()])
        await s.waitFor(both)
        expect((await both)[0]).toBe(writes)
      }),
      { numRuns: 2000 },
    )
  })

  it('is over for everybody when the process stops', async () => {
    const watch = create()
    const waiting = watch.wait('c', 0, 3_600_000, never)
    watch.release()
    await waiting
    await watch.wait('c', 0, 3_600_000, never)
  })
})

describe('an ended session', () => {
  it('opens nothing any more, also when a look-up that was under way answers late', () => {
    const watch = create()
    watch.rememberSession('hash', 's')
    expect(watch.sessionOf('hash')).toBe('s')
    watch.forgetSession('s')
    expect(watch.sessionOf('hash')).toBeUndefined()
    watch.rememberSession('hash', 's')
    expect(watch.sessionOf('hash')).toBeUndefined()
  })
})

describe('signs of life', () => {
  it('are taken once; who holds a poll gives one each time', () => {
    const watch = create()
    watch.beat('a')
    const letGo = watch.hold('b')
    expect([...watch.takeBeats().keys()].sort()).toEqual(['a', 'b'])
    expect([...watch.takeBeats()]).toEqual([['b', 7]])
    letGo()
    letGo()
    expect(watch.held()).toBe(0)
    expect([...watch.takeBeats().keys()]).toEqual(['b'])
    expect([...watch.takeBeats().keys()]).toEqual([])
  })
})
