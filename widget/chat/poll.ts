/** The one loop that brings a chat's events. Its held requests are also the visitor's heartbeat. */
import { type Answer, isFinal } from './api.ts'
import { createLoop, type Loop, rhythm } from './loop.ts'
import type { Events } from './wire.ts'

export interface PollDeps {
  /** Asks for what comes after the last event seen; held by the server when there is nothing. */
  events(signal: AbortSignal): Promise<Answer<Events>>
  /** Whether this tab goes on asking when it has all there is; another tab does so for it otherwise. */
  leads(): boolean
  onEvents(answer: Events): void
  /** Whether the last request was answered. */
  onLink(online: boolean): void
  /** The server does not know this chat, or our token, any more. */
  onGone(): void
}

/** `kick` is for: the network is back, or the page is looked at again and the held request may have died in its sleep. */
export function createPoll({ events, leads, onEvents, onLink, onGone }: PollDeps, beat = rhythm): Loop {
  return createLoop(async (signal) => {
    const asked = beat.now()
    const { ok, status, body, retryAfter } = await events(signal)
    if (signal.aborted) return 0
    // Also 400: our place in the log is beyond its end, so this is not the log we knew.
    if (isFinal(status)) {
      onGone()
      return 'done'
    }
    onLink(ok)
    if (!ok) return retryAfter
    onEvents(body)
    if (body.events.length) return 'next'
    if (!leads()) return 'done'
    // A server that is going down answers held polls at once; without a pause we would race it.
    return beat.now() - asked > 1000 ? 'next' : 0
  }, beat)
}
