/** When a chat is closed for want of signs of life, and who is told that a visitor waits. Times are milliseconds. */
import type { Chat, ChatInput } from './chat-state.ts'

export interface Patience {
  readonly heartbeatMs: number
  readonly visitorIdleMs: number
  readonly botIdleMs: number
  /** After waiting this long for an answer: staff are called again, then the visitor is told. Null: never. */
  readonly remindMs: number | null
  readonly tellMs: number | null
  /** Whom a chat's reminder calls, by e-mail address. */
  readonly called: (chat: Chat) => readonly string[]
}

/** Long enough that a reload or a click through the site is never told to the room. */
const AWAY_TOLD_AFTER_MS = 5_000

/** The visitor is warned when this share of the idle time is left. */
const WARN_SHARE = 0.2
const WARN_AT_MOST_MS = 120_000

const leadOf = (limit: number) => Math.min(limit * WARN_SHARE, WARN_AT_MOST_MS)

/**
 * Open chats a sweep has to look at: last sign of life at or before `beatBefore`, or idle since `idleBefore` or longer (with a
 * bot `botIdleBefore`), or unanswered since `unansweredBefore` or longer, or away. All others cannot be overdue.
 */
export function suspects(
  patience: Patience,
  now: number,
): { beatBefore: number; idleBefore: number; botIdleBefore: number; unansweredBefore: number } {
  const { heartbeatMs, visitorIdleMs, botIdleMs, remindMs, tellMs } = patience
  const reminder = Math.min(remindMs ?? Number.POSITIVE_INFINITY, tellMs ?? Number.POSITIVE_INFINITY)
  return {
    beatBefore: now - heartbeatMs,
    idleBefore: now - (visitorIdleMs - leadOf(visitorIdleMs)),
    botIdleBefore: now - (botIdleMs - leadOf(botIdleMs)),
    // Nothing is that old when there are no reminders.
    unansweredBefore: Number.isFinite(reminder) ? now - reminder : -1,
  }
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
  return reminder(chat, since, patience, now)
}

function reminder(chat: Chat, since: number, patience: Patience, now: number): ChatInput | null {
  const { remindMs, tellMs } = patience
  if (chat.unansweredSince === null || chat.state === 'bot') return null
  const waited = now - Math.max(chat.unansweredSince, since)
  const isDue = (ms: number | null) => ms !== null && waited >= ms
  if (chat.reminded === 'nobody' && isDue(remindMs))
    return { type: 'remind', who: 'staff', people: patience.called(chat) }
  return chat.reminded !== 'visitor' && isDue(tellMs) ? { type: 'remind', who: 'visitor', people: [] } : null
}
