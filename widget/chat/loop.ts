/** Trying again: the rhythm that the poll and the outbox share. */

/** Waits; ends early, without an error, when `signal` aborts. Injected, so that tests need not wait. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<unknown>

export interface Rhythm {
  pause: Pause
  /** 0..1 */
  random(): number
  /** Epoch milliseconds. */
  now(): number
}

export const rhythm: Rhythm = {
  pause: (ms, signal) =>
    new Promise((done) => {
      setTimeout(done, ms)
      signal.addEventListener('abort', done)
    }),
  random: Math.random,
  now: Date.now,
}

/**
 * Milliseconds before the next attempt: 1 s doubled up to 30 s, of which `random` takes away up to a half, so that the
 * visitors of a server that comes back do not come back as one. Never less than the server asked for (seconds).
 */
export function backoff(failures: number, retryAfter: number, random: number): number {
  return Math.max(Math.min(30_000, 500 * 2 ** failures) * (1 - random / 2), retryAfter * 1000)
}

/** What an attempt came to: `next` goes on at once, `done` ends the loop, a number is a failure (seconds to wait at least). */
export type Result = 'next' | 'done' | number

export interface Loop {
  /** Runs unless it runs already. */
  start(): void
  /** Nothing is heard of an attempt under way. */
  stop(): void
  /** Ends the pause, and by its signal the attempt under way. */
  kick(): void
}

/** Repeats `attempt`; an attempt that `signal` cut short is repeated at once, whatever it returns. */
export function createLoop(
  attempt: (signal: AbortSignal) => Promise<Result>,
  { pause, random }: Rhythm,
): Loop {
  let turn = new AbortController()
  let life: object | undefined

  async function run(): Promise<void> {
    const mine = {}
    let failures = 0
    life = mine
    while (life === mine) {
      turn = new AbortController()
      const { signal } = turn
      const result = await attempt(signal)
      if (life !== mine) return
      // Who kicked knows of something more to do.
      if (result === 'done') life = signal.aborted ? mine : undefined
      else if (result === 'next') failures = 0
      else if (!signal.aborted) await pause(backoff(++failures, result, random()), signal)
    }
  }

  const kick = () => turn.abort()
  return {
    start() {
      if (!life) void run()
    },
    stop() {
      life = undefined
      kick()
    },
    kick,
  }
}
