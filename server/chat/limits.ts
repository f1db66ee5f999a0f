/**
 * The limits of the settings, counted in the memory of this process: a restart forgets them, and each node counts its own.
 * Every call goes by the settings in force at that moment. Refusals are Problem `rate_limited`.
 */
import { parseNetwork } from '../core/address.ts'
import { Problem } from '../core/errors.ts'
import type { Settings } from '../core/settings.ts'
import { type Bucket, giveBack, isFull, take } from '../core/token-bucket.ts'
import type { Clock } from '../ports.ts'

/** Undoes what was counted; further calls do nothing. */
export type Undo = () => void

export interface Limits {
  /** A start from this address that would open a room. */
  start(ip: string): Undo
  /** A room about to be opened, whoever it is for. */
  room(): Undo
  /** A new line of this session. */
  message(sessionId: string): Undo
  /** A poll from this address that is held for up to `waitMs` from now; undone when it is answered. */
  holdPoll(ip: string, waitMs: number): Undo
}

const MINUTE_MS = 60_000

/** Buckets kept for one limit. Full ones go first; beyond it the one that was touched longest ago, as the fullest of all. */
const KEPT = 100_000

export function createLimits(deps: {
  readonly settings: () => Settings | null
  readonly clock: Clock
  /** Buckets kept for one limit, 100,000 unless told. */
  readonly kept?: number
}): Limits & { /** Buckets and held polls remembered now. */ size(): number } {
  const { settings, clock, kept = KEPT } = deps

  /** @param perMinute null: off */
  function createRate(perMinute: (limits: Settings['limits']) => number | null, refusal: string) {
    // In the order of the last touch.
    const buckets = new Map<string, Bucket>()
    const put = (key: string, bucket: Bucket) => {
      buckets.delete(key)
      buckets.set(key, bucket)
    }
    const inForce = () => {
      const current = settings()
      const limit = current && perMinute(current.limits)
      return limit === null ? null : { capacity: Math.max(1, limit), perMs: limit / MINUTE_MS }
    }

    const forget = (capacity: number, perMs: number, now: number) => {
      for (const [key, bucket] of buckets) {
        if (buckets.size <= kept && !isFull(bucket, capacity, perMs, now)) break
        buckets.delete(key)
      }
    }

    return {
      size: () => buckets.size,
      take(key: string): Undo {
        const rate = inForce()
        if (!rate) {
          buckets.clear()
          return () => undefined
        }
        const now = clock.now()
        const { bucket, wait } = take(buckets.get(key) ?? null, rate.capacity, rate.perMs, now)
        // Nothing is kept of a refusal: who asks again and again is not moved to the young end by it.
        if (wait > 0) throw new Problem('rate_limited', refusal, { retryAfter: wait / 1000 })
        put(key, bucket)
        forget(rate.capacity, rate.perMs, now)
        return once(() => {
          const before = buckets.get(key)
          const after = before && giveBack(before, inForce()?.capacity ?? rate.capacity)
          if (after) buckets.set(key, after)
        })
      },
    }
  }

  const starts = createRate(
    (limits) => limits.startsPerIpPerMinute,
    'Too many chats were started from this network. Please wait a moment.',
  )
  const rooms = createRate(
    (limits) => limits.roomsPerMinute,
    'Very many chats are being started right now. Please wait a moment.',
  )
  const messages = createRate(
    (limits) => limits.messagesPerMinute,
    'Too many messages at once. Please wait a moment.',
  )

  /** When each held poll ends at the latest. Kept also while the limit is off: an import counts those already held. */
  const held = new Map<string, Set<{ readonly endsAt: number }>>()

  return {
    start: (ip) => starts.take(sourceOf(ip)),
    room: () => rooms.take(''),
    message: (sessionId) => messages.take(sessionId),

    holdPoll(ip, waitMs) {
      const source = sourceOf(ip)
      const polls = held.get(source) ?? new Set()
      const limit = settings()?.limits.heldPollsPerIp ?? null
      const now = clock.now()
      if (limit !== null && polls.size + 1 > Math.max(1, limit)) {
        const free = Math.min(...[...polls].map(({ endsAt }) => endsAt))
        throw new Problem('rate_limited', 'Too many requests of this network are waiting at once.', {
          retryAfter: Math.max(1, (free - now) / 1000),
        })
      }
      const poll = { endsAt: now + waitMs }
      polls.add(poll)
      held.set(source, polls)
      return once(() => {
        polls.delete(poll)
        if (polls.size === 0) held.delete(source)
      })
    },

    size: () => [starts, rooms, messages].reduce((sum, rate) => sum + rate.size(), held.size),
  }
}

/** What one start needs, asked for once however often its transaction runs; when one limit refuses, none has counted. */
export function leaveToOpen(limits: Limits, ip: string): { take(): void; giveBack: Undo } {
  let taken: readonly Undo[] | null = null
  return {
    take() {
      if (taken) return
      const undoStart = limits.start(ip)
      try {
        taken = [undoStart, limits.room()]
      } catch (error) {
        undoStart()
        throw error
      }
    },
    giveBack() {
      for (const undo of taken ?? []) undo()
    },
  }
}

/** Everybody has a whole IPv6 /64 at least (RFC 6177): its addresses are one visitor. */
function sourceOf(ip: string): string {
  const network = ip.includes(':') ? parseNetwork(`${ip}/64`) : null
  return network ? (network.value >> 64n).toString(16) : ip
}

function once(act: () => void): Undo {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}
