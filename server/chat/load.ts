/** How much is too much: beyond these bounds we say so at once, and lose nothing of what was acknowledged. */
import { Problem } from '../core/errors.ts'

/** Deliveries owed in all, and polls one process holds. */
const MOST_OWED = 100_000
const MOST_HELD = 12_000

export interface Load {
  /** Looks how much is owed; between two looks what was found counts. */
  measure(): Promise<void>
  /** @throws Problem `overloaded` while too much is owed to take more in */
  admitLine(): void
  /** @throws Problem `overloaded` while too many polls are held */
  admitPoll(held: number): void
}

const overloaded = (retryAfter: number) =>
  new Problem('overloaded', 'Too much is going on right now. Please try again in a moment.', { retryAfter })

export function createLoad(owed: () => Promise<number>): Load {
  let tooMuch = false
  return {
    async measure() {
      tooMuch = (await owed()) >= MOST_OWED
    },
    admitLine() {
      if (tooMuch) throw overloaded(30)
    },
    admitPoll(held) {
      if (held >= MOST_HELD) throw overloaded(10)
    },
  }
}
