/**
 * Rates as buckets of tokens: a burst up to the capacity is let through, then as many as drip in. Times are milliseconds.
 * A bucket is a plain value; one that is full says nothing, so it is written as null and need not be kept.
 */

export interface Bucket {
  /** What was in it at `at`. */
  readonly tokens: number
  readonly at: number
}

/** Sums of fractions miss a whole token by a hair, and who waited as long as told must not be told to wait again. */
const HAIR = 1e-9

function level(bucket: Bucket | null, capacity: number, perMs: number, now: number): number {
  if (bucket === null) return capacity
  // A clock that was set back neither fills nor empties.
  return Math.min(capacity, bucket.tokens + Math.max(0, now - bucket.at) * perMs)
}

/**
 * Takes one token. @param capacity at least 1. @param perMs tokens that drip in each millisecond, more than 0.
 * @returns `wait` 0 when there was one; else the whole milliseconds until there is, and nothing was taken.
 */
export function take(
  bucket: Bucket | null,
  capacity: number,
  perMs: number,
  now: number,
): { bucket: Bucket; wait: number } {
  const tokens = level(bucket, capacity, perMs, now)
  if (tokens < 1 - HAIR) return { bucket: { tokens, at: now }, wait: Math.ceil((1 - tokens) / perMs) }
  return { bucket: { tokens: Math.max(0, tokens - 1), at: now }, wait: 0 }
}

/** Puts one token back that turned out not to be needed. */
export function giveBack(bucket: Bucket | null, capacity: number): Bucket | null {
  return bucket && { ...bucket, tokens: Math.min(capacity, bucket.tokens + 1) }
}

/** Whether it may be forgotten: a new one would be no fuller. */
export function isFull(bucket: Bucket, capacity: number, perMs: number, now: number): boolean {
  return level(bucket, capacity, perMs, now) >= capacity
}
