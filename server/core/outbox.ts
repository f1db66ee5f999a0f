/** When an attempt that did not work out is made again. Milliseconds. */

const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/** Milliseconds until what a provider put off is tried: not everybody in the same second. @param seconds as it asked */
export const whenAsked = (seconds: number, random: number): number => seconds * 1000 + random * SPREAD_MS

const SPREAD_MS = 1_000

/** How long an outcome nobody knows may take to show before it is looked for. */
export const SETTLE_MS = 2_000

/**
 * Exponential back-off with jitter over its upper half, so that what failed together does not come back together.
 * @param attempts made so far, at least 1. @param random in [0, 1).
 */
export function backOff(attempts: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 10))
  return ceiling / 2 + (random * ceiling) / 2
}
