import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createWatch } from '../../server/chat/watch.ts'

const INTERLEAVINGS = 10_000
/** An hour: a wake-up that is missed hangs the test instead of hiding in a timeout. */
const HELD_MS = 3_600_000

it(`never misses a wake-up in ${INTERLEAVINGS} orders of committing, telling, asking, waiting and reading`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      async (s, writes, readers, closes) => {
        const watch = createWatch({ now: () => 0 })
        const step = (label: string) => s.schedule(Promise.resolve(), label)
        let committed = 0
        let closed = false
        const known = (lastSeq: number) => ({
          sessionId: 's',
          state: closed ? ('closed' as const) : ('live' as const),
          lastSeq,
        })
        watch.rememberChat('c', known(0))
        const write = async () => {
          for (let n = 1; n <= writes; n++) {
            await step('commit')
            committed = n
            if (closes && n === writes) closed = true
            const told = known(n)
            await step('tell')
            watch.rememberChat('c', told)
          }
        }
        // As a poll does: what is known first, then the wait, then the log.
        const read = async () => {
          const signal = new AbortController().signal
          let seen = 0
          while (seen < writes) {
            await step('ask')
            const last = watch.chat('c')?.lastSeq ?? 0
            if (last === seen) await watch.wait('c', seen, HELD_MS, signal)
            const upTo = watch.chat('c')?.lastSeq ?? 0
            await step('read')
            // What was told is committed; a read may see more than that.
            expect(committed).toBeGreaterThanOrEqual(upTo)
            seen = Math.max(seen, upTo)
          }
          return seen
        }
        // Somebody who looks with what they read a while ago takes nobody's news away.
        const lookOn = async () => {
          const old = known(committed)
          await step('look')
          watch.rememberChat('c', old)
        }
        const all = Promise.all([write(), lookOn(), lookOn(), ...Array.from({ length: readers }, read)])
        await s.waitFor(all)
        expect((await all).slice(3)).toEqual(Array.from({ length: readers }, () => writes))
      },
    ),
    { numRuns: INTERLEAVINGS },
  )
})
