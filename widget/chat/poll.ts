/** The one loop that brings a chat's events. Its held requests are also the visitor's heartbeat. */
import type { Answer } from './api.ts'
import { createLoop, type Loop, type Rhythm } from './loop.ts'
import type { Events } from './wire.ts'

/** Seconds a request is held by the server when there is nothing new. */
export const HOLD = 25

export interface PollDeps extends Rhythm {
  events(after: number, wait: number, signal: AbortSignal): Promise<Answer<Events>>
  /** The highest `seq` seen; 0 for a chat whose history is yet to come. */
  cursor(): number
  onEvents(answer: Events): void
  /** Whether the last request was answered. */
  onLink(online: boolean): void
  /** The server does not know this chat, or our token, any more. */
  onGone(): void
  /** Epoch milliseconds. */
  now(): number
}

/** `kick` is for: the network is back, or the page is looked at again and the held request may have died in its sleep. */
export function createPoll(deps: PollDeps): Loop {
  const { events, cursor, onEvents, onLink, onGone, now } = deps
  const loop = createLoop(async (signal) => {
    const asked = now()
    const after = cursor()
    // History is not waited for.
    const { ok, status, body, retryAfter } = await events(after, after && HOLD, signal)
    if (signal.aborted) return 0
    // 400: our place in the log is beyond its end, so this is not the log we knew.
    if ([400, 401, 404].includes(status)) {
      onGone()
      return 'done'
    }
    // A captive portal's "200 OK" has no events.
    const isGood = ok && !!body.events
    onLink(isGood)
    if (!isGood) return retryAfter
    onEvents(body)
    // A server that is going down answers held polls at once; without a pause we would race it.
    return body.events.length || now() - asked > 1000 ? 'next' : 0
  }, deps)
  return loop
}
