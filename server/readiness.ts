/** Whether this process should get traffic. */
import { setTimeout } from 'node:timers/promises'

export interface Readiness {
  /** Everything was verified once; from now on only the database and draining matter. */
  verified(): void
  because(why: string): void
  drain(): void
  draining(): boolean
  /** Ends early when draining. */
  pause(ms: number): Promise<void>
  /** Why not; null when ready. */
  notReady(): Promise<string | null>
}

export function createReadiness(probe: () => Promise<void>): Readiness {
  let why: string | null = 'the Webex accounts are being verified'
  const drained = new AbortController()
  return {
    verified: () => {
      why = null
    },
    because: (reason) => {
      why = reason
    },
    drain: () => drained.abort(),
    draining: () => drained.signal.aborted,
    pause: (ms) => setTimeout(ms, undefined, { signal: drained.signal }).catch(() => undefined),
    async notReady() {
      if (drained.signal.aborted) return 'stopping'
      if (why !== null) return why
      return probe().then(
        () => null,
        () => 'the database does not answer',
      )
    },
  }
}
