/**
 * The visitor's lines on their way to the server: one at a time, in the order written. A line is repeated under the same
 * `clientId` until the server has answered, so a repetition is never a second line.
 */
import { type Answer, isFinal } from './api.ts'
import { createLoop, rhythm } from './loop.ts'
import type { ChatEvent } from './wire.ts'

export interface Unsent {
  readonly clientId: string
  readonly text: string
  /** ISO instant of the writing. */
  readonly at: string
}

export interface OutboxDeps {
  post(line: Omit<Unsent, 'at'>): Promise<Answer<{ event: ChatEvent }>>
  onSent(event: ChatEvent): void
  /** Not sent. Unless the server refused it for good, it is tried again. */
  onUnsent(line: Unsent): void
}

export interface Outbox {
  /** Adds a line, if it is not waiting already, and tries at once. */
  push(line: Unsent): void
  /** Ends the pause after a failure. */
  kick(): void
  /** Forgets all lines; what is under way ends unheard. */
  clear(): void
}

export function createOutbox({ post, onSent, onUnsent }: OutboxDeps, beat = rhythm): Outbox {
  let queue: Unsent[] = []
  const loop = createLoop(async () => {
    const line = queue[0]
    if (!line) return 'done'
    const { clientId, text } = line
    const { ok, status, body, retryAfter } = await post({ clientId, text })
    if (queue[0] !== line) return 'next'
    if (ok || isFinal(status)) queue.shift()
    if (ok) onSent(body.event)
    else onUnsent(line)
    return queue[0] === line ? retryAfter : 'next'
  }, beat)

  return {
    push(line) {
      if (!queue.some(({ clientId }) => clientId === line.clientId)) queue.push(line)
      loop.kick()
      loop.start()
    },
    kick: loop.kick,
    clear() {
      queue = []
      loop.stop()
    },
  }
}

/** A line that tells itself apart. `crypto.randomUUID` exists on secure pages only, and host pages may be plain http. */
export function createLine(text: string): Unsent {
  const clientId = 'xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx'.replace(/x/g, () =>
    ((Math.random() * 16) | 0).toString(16),
  )
  return { clientId, text, at: new Date().toISOString() }
}
