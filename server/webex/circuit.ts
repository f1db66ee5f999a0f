/** What gets no answers again and again rests for some seconds; then one call is made to see. */
import {
  afterFailure,
  afterNothing,
  afterSuccess,
  afterTry,
  type Breaker,
  type BreakerRule,
  closedBreaker,
  mayTry,
} from '../core/breaker.ts'

/** One call; exactly one of these is said of it. */
export interface Attempt {
  answered(): void
  failed(): void
  /** It was given up, or never made. */
  showedNothing(): void
}

export interface Circuit {
  /** Milliseconds until a call may be made; 0: at once. */
  rest(now: number): number
  begin(now: number): Attempt
}

/** A client's call is over within 10 s, whatever becomes of it. */
const RULE: BreakerRule = { opensAfter: 5, restMs: 5_000, tryMs: 15_000 }

/** @param mayOpen asked with every failure; one that may not open it is the last of those that do not. */
export function createCircuit(now: () => number, mayOpen: () => boolean = () => true): Circuit {
  let breaker: Breaker = closedBreaker
  const isOpen = () => breaker.failures >= RULE.opensAfter
  return {
    rest(at) {
      const left = breaker.openUntil - at
      // More than there can be: the clock was set back.
      if (mayTry(breaker, at) || left > RULE.tryMs) return 0
      return Math.min(left, RULE.restMs)
    },
    begin(at) {
      const isProbe = isOpen()
      breaker = afterTry(breaker, at, RULE)
      return {
        answered() {
          breaker = afterSuccess()
        },
        failed() {
          // Those that were under way when it opened make its rest no longer.
          if (!isProbe && isOpen()) return
          const isLast = breaker.failures === RULE.opensAfter - 1
          if (isLast && !mayOpen()) return
          breaker = afterFailure(breaker, now(), 0, RULE)
        },
        showedNothing() {
          if (isProbe) breaker = afterNothing(breaker, now(), RULE)
        },
      }
    },
  }
}
