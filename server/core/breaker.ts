/** A circuit breaker as a value: what fails again and again is left alone for a while, then tried with one attempt. */

export interface Breaker {
  readonly failures: number
  /** Epoch ms until which nothing is tried; 0: it is closed. */
  readonly openUntil: number
}

export interface BreakerRule {
  /** Failures in a row. */
  readonly opensAfter: number
  readonly restMs: number
  /** As long as one attempt may take: no other one is made beside it. */
  readonly tryMs: number
}

export const closedBreaker: Breaker = { failures: 0, openUntil: 0 }

const USUAL: BreakerRule = { opensAfter: 5, restMs: 30_000, tryMs: 30_000 }

/** May an attempt be made now? One that lets a single attempt through must be told of it with `afterTry`. */
export const mayTry = (breaker: Breaker, now: number): boolean => now >= breaker.openUntil

/** An attempt begins: while it is not known to work again, no other one does. */
export function afterTry(breaker: Breaker, now: number, { opensAfter, tryMs } = USUAL): Breaker {
  return breaker.failures < opensAfter ? breaker : { ...breaker, openUntil: now + tryMs }
}

/** @param retryAfter seconds the provider asked us to wait. */
export function afterFailure(
  breaker: Breaker,
  now: number,
  retryAfter = 0,
  { opensAfter, restMs } = USUAL,
): Breaker {
  const failures = breaker.failures + 1
  const rest = failures >= opensAfter ? restMs : 0
  return { failures, openUntil: now + Math.max(rest, Math.min(retryAfter * 1000, restMs)) }
}

export const afterSuccess = (): Breaker => closedBreaker

/** An attempt that showed nothing, because it was given up: the next one may be made. */
export function afterNothing(breaker: Breaker, now: number, { opensAfter } = USUAL): Breaker {
  return breaker.failures < opensAfter ? breaker : { ...breaker, openUntil: now }
}
