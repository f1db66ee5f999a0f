/**
 * Whether a call may be made now. Webex pauses the endpoint that was called too often, by 429 and Retry-After
 * (https://developer.webex.com/docs/basics, "Rate Limiting"); what it does not answer at all is left alone for some seconds.
 */
import { DeliveryError } from '../core/errors.ts'
import type { Clock, Throttle } from '../ports.ts'
import { createCircuit } from './circuit.ts'

/** Webex answered, with something that makes no sense: it may have done what was asked. */
export class StrangeAnswer extends DeliveryError {
  constructor(message: string) {
    super(message, { effect: 'unknown' })
  }
}

/** One call that was let through; exactly one of these is said of it. */
export interface Passage {
  answered(): void
  /** @param isOurs we gave it up ourselves: that tells nothing of Webex. */
  failed(error: unknown, isOurs: boolean): void
}

export interface Gate {
  /** @throws DeliveryError `no`, with the seconds that are left of the wait: nothing may be sent */
  enter(method: string, path: string): Passage
  /** Endpoints that get no answers and are left alone; for the operator. */
  resting(): 'all' | readonly string[]
}

/** A 429 that does not say how long. */
const PAUSE_S = 5

/** Who makes a room goes on with these at once: half a room would only have to be taken down again. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'POST /rooms': ['POST /memberships', 'POST /webhooks', 'POST /messages'],
}

/** `POST /messages`: what Webex counts together, without the ids that follow. */
export const endpointOf = (method: string, path: string): string =>
  `${method} /${path.split(/[/?]/, 2)[1] ?? ''}`

/**
 * @param account of whom the calls are made; limits are per account.
 * @param throttle null: pauses are not remembered, for tools that make a handful of calls.
 */
export function createGate(options: {
  account: 'integration' | 'bot'
  throttle: Throttle | null
  clock: Clock
}): Gate {
  const { account, throttle, clock } = options
  /** Where calls failed since one was last answered. */
  const failing = new Set<string>()
  // One endpoint that is broken rests by itself; the account does when there are more.
  const whole = createCircuit(clock.now, () => failing.size > 1)
  const single = new Map<string, ReturnType<typeof createCircuit>>()

  function pausedUntil(endpoint: string): number {
    if (!throttle) return 0
    let until = throttle.until(`${account} ${endpoint}`)
    for (const next of NEEDED[endpoint] ?? []) until = Math.max(until, throttle.until(`${account} ${next}`))
    return until
  }

  function circuitOf(endpoint: string) {
    const circuit = single.get(endpoint) ?? createCircuit(clock.now)
    single.set(endpoint, circuit)
    return circuit
  }

  return {
    enter(method, path) {
      const endpoint = endpointOf(method, path)
      const now = clock.now()
      const paused = pausedUntil(endpoint) - now
      if (paused > 0) throw closed(`${endpoint}: Webex asked us to wait`, 429, paused)
      const circuits = [whole, circuitOf(endpoint)]
      const rest = Math.max(...circuits.map((circuit) => circuit.rest(now)))
      if (rest > 0)
        throw closed(`${endpoint}: Webex does not answer, and is left alone for a while`, 503, rest)
      const attempts = circuits.map((circuit) => circuit.begin(now))
      const answered = () => {
        failing.clear()
        for (const attempt of attempts) attempt.answered()
      }
      return {
        answered,
        failed(error, isOurs) {
          const { status, retryAfter } = error instanceof DeliveryError ? error.outcome : { status: 401 }
          if (status === 429 || (status === 503 && retryAfter !== undefined))
            throttle?.pause(`${account} ${endpoint}`, clock.now() + (retryAfter ?? PAUSE_S) * 1000)
          // 401: there was no token to ask with, or it is refused; that is for the tokens to put right.
          if (isOurs || status === 401) {
            for (const attempt of attempts) attempt.showedNothing()
            return
          }
          // What Webex refuses of one room, or says oddly, is an answer all the same.
          if (error instanceof StrangeAnswer || (status !== undefined && status < 500)) return answered()
          failing.add(endpoint)
          for (const attempt of attempts) attempt.failed()
        },
      }
    },

    resting() {
      const now = clock.now()
      if (whole.rest(now) > 0) return 'all'
      return [...single].flatMap(([endpoint, circuit]) => (circuit.rest(now) > 0 ? [endpoint] : []))
    },
  }
}

function closed(why: string, status: number, restMs: number): DeliveryError {
  return new DeliveryError(why, { effect: 'no', status, retryAfter: Math.max(1, Math.ceil(restMs / 1000)) })
}
