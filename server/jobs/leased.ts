/**
 * Jobs of which one process of several takes the turns: each goes by a leased row of the database. Whoever has the lease keeps it up
 * while it lives; of one that died, or froze, it runs out, and the next process goes on.
 */
import type { Deps } from '../chat/deps.ts'

/** What whoever takes the turns now must know. Epoch ms. */
export interface Turn {
  /** When the last run was through, by whomever; 0: never. */
  readonly ranAt: number
  /** As the last run left it; 0 at first. */
  readonly since: number
  /** Since when this process has taken the turns. */
  readonly heldSince: number
}

export interface Leases {
  /** The turn of this process, or null: another takes them. */
  turn(name: string): Promise<Turn | null>
  /** A run was through. Nothing is written when the lease is another's by now. */
  note(name: string, ranAt: number, since: number): Promise<void>
  /** Keeps up what is held; to be called every `KEEP_SECONDS`. */
  keep(): Promise<void>
  /** Lets the others go on at once. */
  release(): Promise<void>
}

const LEASE_MS = 12_000
export const KEEP_SECONDS = 4

/** @param elapsed milliseconds of a clock that nobody sets */
export function createLeases(options: {
  store: Deps['store']
  me: string
  now: () => number
  elapsed?: () => number
}): Leases {
  const { store, me, now, elapsed = () => performance.now() } = options
  /** Until when what is held is ours for sure, by `elapsed`. */
  const held = new Map<string, { until: number; turn: Turn }>()

  return {
    async turn(name) {
      const mine = held.get(name)
      const began = elapsed()
      if (mine && began < mine.until) return mine.turn
      const row = await store.jobs.take(store.db, name, me, LEASE_MS)
      if (!row) {
        held.delete(name)
        return null
      }
      // What was not kept up may have been another's meanwhile.
      const turn = { ...row, heldSince: now() }
      held.set(name, { until: began + LEASE_MS, turn })
      return turn
    },

    async note(name, ranAt, since) {
      const mine = held.get(name)
      if (!mine) return
      held.set(name, { ...mine, turn: { ...mine.turn, ranAt, since } })
      await store.jobs.noteRun(store.db, name, me, { ranAt, since })
    },

    async keep() {
      const began = elapsed()
      const names = [...held].filter(([, { until }]) => began < until).map(([name]) => name)
      if (names.length === 0) return
      // Should one of them be another's all the same, they are asked for one by one.
      const kept = await store.jobs.keep(store.db, names, me, LEASE_MS)
      for (const name of names) {
        const mine = held.get(name)
        if (mine) held.set(name, { ...mine, until: kept === names.length ? began + LEASE_MS : 0 })
      }
    },

    async release() {
      held.clear()
      await store.jobs.releaseAll(store.db, me)
    },
  }
}

/** A job that runs while this process takes its turns. */
export const leased = (leases: Leases, name: string, run: (turn: Turn) => Promise<unknown>) => async () => {
  const turn = await leases.turn(name)
  if (turn) await run(turn)
}
