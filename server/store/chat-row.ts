/** A chat as the database keeps it, and as the product knows it. */
import type { BotPart } from '../core/bot-part.ts'
import type { Chat } from '../core/chat-state.ts'
import type { ChatState, CloseReason, Page } from '../core/events.ts'
import type { PartialRoom, Place } from '../ports.ts'
import type { LeaseRow } from './leases.ts'

/** What is known of a chat from its start on. */
export interface ChatFacts {
  readonly id: string
  readonly ref: string
  readonly sessionId: string
  readonly topic: string
  /** The visitor's choice; `topic` follows a handover or a transfer. */
  readonly firstTopic: string
  readonly channel: string
  readonly lang: string
  readonly name: string | null
  readonly email: string | null
  readonly fields: Readonly<Record<string, string>>
  readonly page: Page
  readonly ip: string | null
  readonly userAgent: string
  readonly mobile: boolean
  readonly place: Place | null
  /** What the visitor agreed to; null when the form did not ask. */
  readonly consent: Readonly<{ version: string; text: string }> | null
  readonly createdAt: number
  /** E-mail addresses of those we let into the room; not who is there. */
  readonly people: readonly string[]
}

export interface StoredChat extends ChatFacts, Chat {
  /** Null until the room stands. */
  readonly startedAt: number | null
  readonly beatAt: number
  readonly room: PartialRoom | null
  readonly roomId: string | null
  readonly readId: string | null
  readonly readAt: number | null
}

export interface Row extends LeaseRow {
  id: string
  ref: string
  session_id: string
  open_session: string | null
  state: ChatState
  close_reason: CloseReason | null
  topic: string
  channel: string
  lang: string
  name: string | null
  email: string | null
  fields: string
  page: string
  ip: string | null
  user_agent: string
  mobile: boolean | 0 | 1
  place: string | null
  last_seq: number
  created_at: number
  started_at: number | null
  closed_at: number | null
  beat_at: number
  away: Chat['away']
  away_since: number | null
  idle_since: number
  idle_warned: boolean | 0 | 1
  opening_until: number | null
  room_id: string | null
  room: string | null
  read_id: string | null
  read_at: number | null
  staff_at: number | null
  consent: string | null
  bot: string | null
  owner: string | null
  unanswered_since: number | null
  reminded: Chat['reminded']
  people: string | null
  undelivered: number
  first_topic: string | null
}

/** States in which a chat goes on. */
export const OPEN: readonly ChatState[] = ['bot', 'waiting', 'live']

export const toChat = (row: Row): StoredChat => ({
  id: row.id,
  ref: row.ref,
  sessionId: row.session_id,
  state: row.state,
  closeReason: row.close_reason,
  closedAt: row.closed_at,
  topic: row.topic,
  firstTopic: row.first_topic ?? row.topic,
  channel: row.channel,
  lang: row.lang,
  name: row.name,
  email: row.email,
  fields: JSON.parse(row.fields) as Record<string, string>,
  page: JSON.parse(row.page) as Page,
  ip: row.ip,
  userAgent: row.user_agent,
  mobile: Boolean(row.mobile),
  place: row.place === null ? null : (JSON.parse(row.place) as Place),
  consent: row.consent === null ? null : (JSON.parse(row.consent) as StoredChat['consent']),
  lastSeq: row.last_seq,
  createdAt: row.created_at,
  startedAt: row.started_at,
  beatAt: row.beat_at,
  away: row.away,
  awaySince: row.away_since,
  idleSince: row.idle_since,
  idleWarned: Boolean(row.idle_warned),
  room: row.room === null ? null : (JSON.parse(row.room) as PartialRoom),
  roomId: row.room_id,
  readId: row.read_id,
  readAt: row.read_at,
  bot: row.bot === null ? null : (JSON.parse(row.bot) as BotPart),
  owner: row.owner,
  unansweredSince: row.unanswered_since,
  undelivered: row.undelivered,
  reminded: row.reminded,
  people: row.people === null ? [] : (JSON.parse(row.people) as string[]),
})
