import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bucket, giveBack, isFull, take } from '../../server/core/token-bucket.ts'

const MINUTE = 60_000
/** As the settings say it: so many a minute, and as many at once. */
const limits = fc.oneof(
  fc.integer({ min: 1, max: 1_000_000 }),
  fc.double({ min: 0.01, max: 100, noNaN: true }),
)
const rateOf = (limit: number) => ({ capacity: Math.max(1, limit), perMs: limit / MINUTE })
const START = Date.UTC(2026, 0, 1)

describe('a bucket', () => {
  it('lets a burst through, then one at each drip', () => {
    let bucket: Bucket | null = null
    const ask = (at: number) => {
      const taken = take(bucket, 3, 3 / MINUTE, at)
      bucket = taken.bucket
      return taken.wait
    }
    expect([0, 0, 0, 0, 5_000, 19_999, 20_000, 20_000, 40_000, 40_001].map(ask)).toEqual([
      0, 0, 0, 20_000, 15_000, 1, 0, 20_000, 0, 19_999,
    ])
    // However long it rests, it holds no more than its capacity.
    expect([10 * MINUTE, 10 * MINUTE, 10 * MINUTE, 10 * MINUTE].map(ask)).toEqual([0, 0, 0, 20_000])
  })

  it('of less than one a minute still holds one', () => {
    const { capacity, perMs } = rateOf(0.25)
    const { bucket } = take(null, capacity, perMs, 0)
    expect(take(bucket, capacity, perMs, 0).wait).toBe(4 * MINUTE)
  })

  it('takes over another limit at once, in both directions', () => {
    const { bucket } = take(null, 100, 100 / MINUTE, 0)
    const less = take(bucket, 2, 2 / MINUTE, 0).bucket
    expect(less.tokens).toBe(1)
    expect(take(take(less, 2, 2 / MINUTE, 0).bucket, 60, 60 / MINUTE, 0).wait).toBe(1_000)
  })

  it('never lets more through than the burst and what dripped in since', () => {
    const pauses = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 * MINUTE })), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(limits, pauses, (limit, waits) => {
        const { capacity, perMs } = rateOf(limit)
        let bucket: Bucket | null = null
        let now = START
        const passed: number[] = []
        for (const pause of waits) {
          now += pause
          const taken = take(bucket, capacity, perMs, now)
          bucket = taken.bucket
          if (taken.wait === 0) passed.push(now)
        }
        // In any window, not only from the beginning.
        for (const [n, from] of passed.entries()) {
          for (const [m, to] of passed.entries()) {
            if (m >= n) expect(m - n + 1).toBeLessThanOrEqual(capacity + (to - from) * perMs + 0.001)
          }
        }
      }),
    )
  })

  it('tells the truth about the wait: by then there is one, a moment earlier there is none', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: MINUTE }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(
        limits.filter((limit) => limit < 150),
        pauses,
        (limit, waits) => {
          const { capacity, perMs } = rateOf(limit)
          let bucket: Bucket | null = null
          let now = START
          for (const pause of waits) {
            now += pause
            const { wait, bucket: after } = take(bucket, capacity, perMs, now)
            bucket = after
            if (wait === 0) continue
            expect(Number.isInteger(wait)).toBe(true)
            expect(take(after, capacity, perMs, now + wait).wait).toBe(0)
            if (wait > 1) expect(take(after, capacity, perMs, now + wait - 2).wait).toBeGreaterThan(0)
          }
        },
      ),
    )
  })

  it('tells it also where fractions add up to a hair less than one', () => {
    const { capacity, perMs } = rateOf(5)
    const first = take({ tokens: 0, at: 0 }, capacity, perMs, 1_503)
    const second = take(first.bucket, capacity, perMs, 1_503 + 1_912)
    expect(second.wait).toBe(8_585)
    expect(second.bucket.tokens + 8_585 * perMs).toBeLessThan(1)
    expect(take(second.bucket, capacity, perMs, 12_000).wait).toBe(0)
  })

  it('is not drained by those it refuses', () => {
    fc.assert(
      fc.property(limits, fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 100 }), (limit, waits) => {
        const { capacity, perMs } = rateOf(limit)
        let bucket: Bucket = { tokens: 0, at: START }
        let now = START
        for (const pause of waits) {
          now += pause
          const taken = take(bucket, capacity, perMs, now)
          if (taken.wait > 0) bucket = taken.bucket
        }
        expect(bucket.tokens).toBeCloseTo(Math.min(capacity, (bucket.at - START) * perMs), 6)
      }),
    )
  })

  it('is as before when a token is given back, and never fuller than full', () => {
    fc.assert(
      fc.property(limits, fc.nat(200), (limit, takes) => {
        const { capacity, perMs } = rateOf(limit)
        let bucket: Bucket | null = null
        for (let n = 0; n < takes; n++) bucket = take(bucket, capacity, perMs, START).bucket
        const before = take(bucket, capacity, perMs, START)
        if (before.wait === 0) {
          expect(giveBack(before.bucket, capacity)?.tokens).toBeCloseTo(bucket?.tokens ?? capacity, 6)
        }
        expect(giveBack({ tokens: capacity, at: START }, capacity)?.tokens).toBe(capacity)
        expect(giveBack(null, capacity)).toBe(null)
      }),
    )
  })

  it('can be forgotten once it is full, after as long as it takes to fill', () => {
    const { capacity, perMs } = rateOf(6)
    let bucket: Bucket | null = null
    for (let n = 0; n < 6; n++) bucket = take(bucket, capacity, perMs, 0).bucket
    expect(bucket && isFull(bucket, capacity, perMs, MINUTE - 1)).toBe(false)
    expect(bucket && isFull(bucket, capacity, perMs, MINUTE)).toBe(true)
  })

  it('neither fills nor blocks for long when the clock is set back', () => {
    const { capacity, perMs } = rateOf(2)
    let bucket = take(null, capacity, perMs, 100 * MINUTE).bucket
    bucket = take(bucket, capacity, perMs, 100 * MINUTE).bucket
    const back = take(bucket, capacity, perMs, 0)
    expect(back.wait).toBe(30_000)
    expect(take(back.bucket, capacity, perMs, 30_000).wait).toBe(0)
  })
})
