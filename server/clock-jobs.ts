/** What runs by the clock, how often, and which of several processes runs it. */
import type { Deps } from './chat/deps.ts'
import { createOtherNodes } from './chat/other-nodes.ts'
import { purge } from './chat/purge.ts'
import type { SettingsInForce } from './chat/settings-in-force.ts'
import { compensateDeadStarts } from './chat/start.ts'
import { createSweep, flushBeats } from './chat/sweep.ts'
import type { Bridge } from './chat/tend.ts'
import type { Ears } from './ears.ts'
import { KEEP_SECONDS, type Leases, leased } from './jobs/leased.ts'
import type { Relay } from './jobs/relay.ts'
import type { Rooms } from './jobs/rooms.ts'
import type { Job } from './jobs/ticker.ts'
import type { RoomRounds } from './room-rounds.ts'
import type { SharedClock } from './shared-clock.ts'
import type { SharedThrottle } from './throttle.ts'
import { flushWhenDue, hourly, lookWhenDue, readWhenDue } from './when-due.ts'

export interface ClockJobs {
  /** What concerns each process alone: what it waits for, holds in memory, or has in hand. */
  readonly ofThisProcess: readonly Job[]
  /** What a test that sets the time turns by hand as well; most of it by a lease: one process of several runs it for all. */
  readonly ofTheProduct: readonly Job[]
}

export function createClockJobs(parts: {
  deps: Deps
  ears: Ears
  bridge: Bridge
  rooms: Rooms
  rounds: RoomRounds
  relay: Relay
  throttle: SharedThrottle
  leases: Leases
  /** Null where our own clock will do. */
  shared: SharedClock | null
  settings: SettingsInForce
  /** Whether Webex calls us when a room has moved. */
  hooks: boolean
  readSeconds: number
}): ClockJobs {
  const { deps, ears, bridge, rooms, rounds, relay, throttle, leases, shared, settings } = parts
  const { hooks, readSeconds } = parts
  const { clock, store } = deps
  const sweep = createSweep(deps)
  /** What of Webex is watched by the clock, by one process of several. */
  const watching = (run: () => Promise<void>) =>
    leased(leases, 'bridge', async ({ heldSince }) => {
      rounds.begun(heldSince)
      await run()
    })

  return {
    ofThisProcess: [
      { name: 'pauses', everySeconds: 1, run: throttle.sync },
      { name: 'outbox', everySeconds: 1, run: () => relay.wakeDue() },
      {
        name: 'heartbeats',
        everySeconds: 1,
        run: flushWhenDue(clock, settings.current, () => flushBeats(deps)),
      },
      { name: 'leases', everySeconds: KEEP_SECONDS, run: leases.keep },
      // Quartzes drift, and a database may come back on another machine.
      ...(shared ? [{ name: 'clock', everySeconds: 60, run: shared.sync }] : []),
      ...(store.exclusive ? [] : [{ name: 'other nodes', everySeconds: 1, run: createOtherNodes(deps) }]),
    ],
    ofTheProduct: [
      {
        name: 'sweep',
        everySeconds: 5,
        run: leased(leases, 'sweep', (turn) =>
          sweep(turn, ({ ranAt, since }) => leases.note('sweep', ranAt, since)),
        ),
      },
      { name: 'load', everySeconds: 5, run: () => deps.load.measure() },
      { name: 'moved rooms', everySeconds: 5, run: watching(lookWhenDue(clock, bridge, hooks)) },
      {
        name: 'webhooks',
        everySeconds: 30,
        run: watching(readWhenDue(clock, 30, async () => void (await bridge.tend()))),
      },
      { name: 'settings', everySeconds: 5, run: () => settings.refresh() },
      {
        name: 'purge',
        everySeconds: 30,
        run: leased(
          leases,
          'purge',
          hourly(clock, () => purge(deps)),
        ),
      },
      { name: 'direct lines', everySeconds: 2, run: () => ears.answerDue() },
      {
        name: 'dead starts',
        everySeconds: 2,
        run: leased(leases, 'dead starts', () => compensateDeadStarts(deps, false)),
      },
      {
        name: 'rooms',
        everySeconds: Math.min(readSeconds, 30),
        run: watching(readWhenDue(clock, readSeconds, rooms.readDue)),
      },
    ],
  }
}
