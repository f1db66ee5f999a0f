/** Clock jobs that run less often than the clock ticks. */
import type { Bridge } from './chat/tend.ts'
import type { Settings } from './core/settings.ts'
import type { Clock } from './ports.ts'

/** Heartbeats wait in memory no longer than a third of the time after which their absence closes a chat. */
export function flushWhenDue(clock: Clock, settings: () => Settings | null, flush: () => Promise<void>) {
  let last = 0
  return async () => {
    const heartbeatMs = (settings()?.idle.heartbeatSeconds ?? 300) * 1000
    const now = clock.now()
    if (now - last < Math.min(10_000, heartbeatMs / 3)) return
    last = now
    await flush()
  }
}

/** The first time soon after the start, so that a server that is restarted daily runs it too. */
export function hourly(clock: Clock, run: () => Promise<unknown>) {
  let last = Number.NEGATIVE_INFINITY
  return async () => {
    const now = clock.now()
    if (now - last < 3_600_000) return
    last = now
    await run()
  }
}

export function readWhenDue(clock: Clock, seconds: number, read: () => Promise<void>) {
  // At once after the start: nobody told us what was written while we were down.
  let last = Number.NEGATIVE_INFINITY
  return async () => {
    const now = clock.now()
    // A tick may come a little early; a round late by half a minute would be worse.
    if (now - last < seconds * 1000 - 500) return
    last = now
    await read()
  }
}

/** Rooms that moved are looked for seldom while we are called, often while we are not. */
export function lookWhenDue(clock: Clock, bridge: Bridge, hooks: boolean) {
  let last = Number.NEGATIVE_INFINITY
  return async () => {
    const now = clock.now()
    const seconds = hooks && !bridge.isDeaf() ? 30 : 5
    if (now - last < seconds * 1000 - 500) return
    last = now
    await bridge.look()
  }
}
