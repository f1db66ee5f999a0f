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

const leadOf = (limit: number) => Math.min(limit * WARN_SHARE, WARN_AT_MOST_MS)

/**
 * Open chats a sweep has to look at: last sign of life at or before `beatBefore`, or idle since `idleBefore` or longer, or
 * away. All others cannot be overdue.
 */
export function suspects(patience: Patience, now: number): { beatBefore: number; idleBefore: number } {
  const { heartbeatMs, visitorIdleMs, botIdleMs } = patience
  const soonest = Math.min(...[visitorIdleMs, botIdleMs].map((limit) => limit - leadOf(limit)))
  return { beatBefore: now - heartbeatMs, idleBefore: now - soonest }
}

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
  if (!chat.idleWarned && now >= closesAt - leadOf(limit)) {
    return { type: 'idle_warning', closesAt }
  }
  if (chat.away === 'gone' && now - (chat.awaySince ?? now) >= AWAY_TOLD_AFTER_MS)
    return { type: 'tell_away' }
  return null
}
