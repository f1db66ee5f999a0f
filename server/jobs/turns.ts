/**
 * How many things are done at once. A thing that takes long gives its turn to the next without being interrupted: a provider
 * that hangs for some rooms must not stop all others.
 */
export interface Turns {
  /** Resolves when it is your turn; call the result when you are done. */
  take(): Promise<() => void>
  /** How many wait for a turn. */
  waiting(): number
}

/** Longer than any healthy call, short against the time-out of one that hangs. */
const LONG_MS = 1_000

export function createTurns(atOnce: number, longMs = LONG_MS): Turns {
  const queue: (() => void)[] = []
  let free = atOnce

  const give = () => {
    const next = queue.shift()
    if (next) next()
    else free++
  }

  return {
    async take() {
      if (free > 0) free--
      else await new Promise<void>((resolve) => queue.push(resolve))
      let over = false
      const done = () => {
        if (over) return
        over = true
        clearTimeout(timer)
        give()
      }
      const timer = setTimeout(done, longMs).unref()
      return done
    },
    waiting: () => queue.length,
  }
}
