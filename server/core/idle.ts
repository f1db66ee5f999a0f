/** When a chat is closed for want of signs of life. Instants and durations are milliseconds. */
import type { Chat, ChatInput } from './chat-state.ts'

export interface Patience {
  readonly heartbeatMs: number
  readonly visitorIdleMs: number
  readonly botIdleMs: number
}

/** Long enough that a reload or a click through the site is never told to the room. */
const AWAY_TOLD_AFTER_MS = 5_000

/** The visitor is warned when this share of the idle time is left. */
const WARN_SHARE = 0.2
const WARN_AT_MOST_MS = 120_000

/**
 * What the sweep must do about one open chat now, if anything.
 * @param lastBeat the visitor's last sign of life. @param since nothing counts from before: our own start.
 */
export function overdue(
  chat: Chat,
  lastBeat: number,
  since: number,
  patience: Patience,
  now: number,
): ChatInput | null {
  if (chat.state === 'closed' || chat.state === 'opening') return null
  if (now - Math.max(lastBeat, since) >= patience.heartbeatMs)
    return { type: 'close', reason: 'visitor_left' }
  const limit = chat.state === 'bot' ? patience.botIdleMs : patience.visitorIdleMs
  const closesAt = Math.max(chat.idleSince, since) + limit
  if (now >= closesAt) return { type: 'close', reason: 'visitor_idle' }
  if (!chat.idleWarned && now >= closesAt - Math.min(limit * WARN_SHARE, WARN_AT_MOST_MS)) {
    return { type: 'idle_warning', closesAt }
  }
  if (chat.away === 'gone' && now - (chat.awaySince ?? now) >= AWAY_TOLD_AFTER_MS)
    return { type: 'tell_away' }
  return null
}
