import { describe, expect, it } from 'vitest'
import { createSharedClock } from '../server/shared-clock.ts'

describe('the time several processes share', () => {
  it("is the database's, whatever the machine says, and runs on between two looks", async () => {
    let database = 1_000_000
    let elapsed = 50
    const clock = await createSharedClock(
      async () => {
        elapsed += 10
        return database
      },
      () => elapsed,
    )
    // Asked in the middle of the ten milliseconds that the answer took.
    expect(clock.now()).toBe(1_000_005)
    elapsed += 500
    expect(clock.now()).toBe(1_000_505)
    database = 1_000_900
    await clock.sync()
    expect(clock.now()).toBe(1_000_905)
  })

  it('goes on as it was when the database does not answer', async () => {
    let fails = false
    let elapsed = 0
    const clock = await createSharedClock(
      async () => {
        if (fails) throw new Error('away')
        return 1_000
      },
      () => elapsed,
    )
    fails = true
    elapsed = 70
    await expect(clock.sync()).rejects.toThrow('away')
    expect(clock.now()).toBe(1_070)
  })
})
