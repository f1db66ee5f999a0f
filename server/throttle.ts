/** Pauses in memory, shared through the database: whoever was asked to wait tells all others within about a second. */
import type { Clock, Throttle } from './ports.ts'
import type { Store } from './store/index.ts'
import { extend, list, removeOver } from './store/pauses.ts'

export interface SharedThrottle extends Throttle {
  /**
   * To be called every second: takes over what other processes were asked, and tells them again what they could not be told.
   * Resolves whatever becomes of the database; a call of a provider never waits for it.
   */
  sync(): Promise<void>
  /** Resolves when nothing is being written. */
  settled(): Promise<void>
  /** Those that are not over; for the operator. Epoch ms. */
  pauses(): readonly { readonly family: string; readonly until: number }[]
}

/** What is read may be nonsense: no provider's pause is kept longer. */
const LONGEST_MS = 3_600_000
/** More than there are kinds of endpoints by far. */
const MOST = 500

/** @param onTrouble told once of every outage of the database */
export function createThrottle(deps: {
  store: Store
  clock: Clock
  onTrouble: (error: unknown) => void
}): SharedThrottle {
  const { store, clock, onTrouble } = deps
  const ends = new Map<string, number>()
  const untold = new Set<string>()
  /**
   * Until when a row says, by the database's clock, that we wrote or have taken over. It is not read again: converted to our
   * clock anew each time, a pause would grow by the jitter of every reading, and never end for a clock that is set ahead.
   */
  const seen = new Map<string, number>()
  let hasRead = false
  let telling: Promise<void> | null = null
  let isWell = true

  function keep(family: string, until: number): boolean {
    const known = ends.get(family)
    if (until <= Math.max(known ?? 0, clock.now())) return false
    if (known === undefined && ends.size >= MOST) return false
    ends.set(family, Math.min(until, clock.now() + LONGEST_MS))
    return true
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      isWell = true
    } catch (error) {
      if (isWell) onTrouble(error)
      isWell = false
    }
  }

  /** Pauses that come while others are written are written with them. */
  function tell(): Promise<void> {
    telling ??= attempt(async () => {
      for (const family of untold) {
        const rest = (ends.get(family) ?? 0) - clock.now()
        untold.delete(family)
        if (rest <= 0) continue
        try {
          const until = await extend(store.db, family, rest)
          seen.set(family, Math.max(until, seen.get(family) ?? 0))
        } catch (error) {
          untold.add(family)
          throw error
        }
      }
    }).finally(() => {
      telling = null
    })
    return telling
  }

  async function read(): Promise<void> {
    const rows = await list(store.db)
    for (const { family, until, rest } of rows) {
      if (until <= (seen.get(family) ?? 0)) continue
      seen.set(family, until)
      keep(family, clock.now() + rest)
    }
    const stands = new Set(rows.map(({ family }) => family))
    for (const family of seen.keys()) if (!stands.has(family)) seen.delete(family)
    hasRead = true
  }

  /** Forgets what is over. */
  async function tidy(): Promise<void> {
    const over = [...ends].filter(([, until]) => until <= clock.now())
    if (over.length === 0) return
    await removeOver(store.db)
    for (const [family] of over) ends.delete(family)
  }

  return {
    until(family) {
      const until = ends.get(family)
      return until !== undefined && until > clock.now() ? until : 0
    },

    pause(family, until) {
      if (!keep(family, until)) return
      untold.add(family)
      void tell()
    },

    async sync() {
      if (untold.size > 0 || telling) await tell()
      await attempt(async () => {
        // Where one process has the database, nobody else is asked to wait; but it may have been started anew meanwhile.
        if (!hasRead || !store.exclusive) await read()
        await tidy()
      })
    },

    settled: async () => void (await telling),

    pauses: () =>
      [...ends].filter(([, until]) => until > clock.now()).map(([family, until]) => ({ family, until })),
  }
}
