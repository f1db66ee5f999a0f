/** What three independent witnesses of one chat wrote down: the visitor, the database, the room. Times are epoch ms. */
import type { ChatEvent } from '../../server/core/events.ts'

/** A line as its visitor knows it. Lines are written one after the other, the next when the outcome of the last is known. */
export interface VisitorLine {
  readonly clientId: string
  readonly text: string
  readonly writtenAt: number
  /** `unknown`: the visitor gave up without an answer; it may stand or not, but not twice. */
  readonly outcome: 'acknowledged' | 'refused' | 'unknown'
  readonly answeredAt: number
}

/** One answer of the events poll. */
export interface Poll {
  readonly at: number
  readonly after: number
  readonly events: readonly ChatEvent[]
}

/** A line as its author knows it: the room took it under this id. */
export interface StaffLine {
  readonly id: string
  readonly text: string
  readonly to: 'visitor' | 'inside'
  readonly at: number
}

export interface RoomMessage {
  readonly id: string
  readonly at: number
  readonly by: 'us' | 'staff'
  readonly text: string
  readonly parentId?: string | undefined
}

/** A message that we took away again. */
export interface DeletedMessage extends RoomMessage {
  readonly deletedAt: number
}

/** What the outbox still holds. */
export interface OwedRow {
  readonly id: number
  readonly state: string
  /** `line 12`, `notice` … */
  readonly task: string
}

export interface ChatLogs {
  readonly chat: string
  readonly visitor: { readonly lines: readonly VisitorLine[]; readonly polls: readonly Poll[] }
  readonly database: { readonly events: readonly ChatEvent[]; readonly outbox: readonly OwedRow[] }
  /** `messages` in the order of the room, the oldest first. */
  readonly room: { readonly messages: readonly RoomMessage[]; readonly deleted: readonly DeletedMessage[] }
  readonly staff: readonly StaffLine[]
}

/** A message of ours that carries a chat line: `Anna · 12`, a part `12b` of it, or several lines `12–15`. */
export interface Post {
  readonly message: RoomMessage
  readonly from: number
  readonly to: number
  /** `''` for a line in one piece. */
  readonly part: string
  readonly text: string
}

/** Null: a notice, or not ours. */
export function postOf(message: RoomMessage): Post | null {
  const [, from, part = '', to, text = ''] =
    /^[^\n·]+ · (\d+)([a-z]*)(?:–(\d+))?\n([\s\S]*)$/.exec(message.by === 'us' ? message.text : '') ?? []
  if (from === undefined) return null
  return { message, from: Number(from), to: Number(to ?? from), part, text }
}
