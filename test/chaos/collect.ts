/** Gathers the three logs once everything is calm. */
import type { ChatEvent } from '../../server/core/events.ts'
import type { RoomMessage as SeenMessage, Staff } from '../support/staff.ts'
import type { ChatLogs, DeletedMessage, OwedRow, Poll, RoomMessage, StaffLine, VisitorLine } from './logs.ts'

/** Runs one statement that only reads. */
export type Rows = <T>(sql: string) => Promise<T[]>

export interface ChatOnRecord {
  readonly chatId: string
  readonly roomId: string
  readonly lines: readonly VisitorLine[]
  readonly polls: readonly Poll[]
  readonly staff: readonly StaffLine[]
  readonly deleted: readonly DeletedMessage[]
}

interface EventRow {
  readonly chat_id: string
  readonly seq: number
  readonly at: number | string
  readonly type: string
  readonly body: string
}

interface OutboxLine {
  readonly id: number
  readonly chat_id: string
  readonly state: string
  readonly task: string
}

export async function collect(rows: Rows, staff: Staff, chats: readonly ChatOnRecord[]): Promise<ChatLogs[]> {
  const events = await rows<EventRow>('select chat_id, seq, at, type, body from events order by chat_id, seq')
  const owed = await rows<OutboxLine>('select id, chat_id, state, task from outbox order by id')
  return Promise.all(
    chats.map(async ({ chatId, roomId, lines, polls, staff: written, deleted }) => ({
      chat: chatId,
      visitor: { lines, polls },
      database: {
        events: events.filter((row) => row.chat_id === chatId).map(toEvent),
        outbox: owed.filter((row) => row.chat_id === chatId).map(toOwed),
      },
      room: { messages: (await staff.room(roomId)).messages.map(toMessage), deleted },
      staff: written,
    })),
  )
}

/** As the visitor API tells it; instants come as numbers or, where they are wide, as digits. */
function toEvent({ seq, at, type, body }: EventRow): ChatEvent {
  const rest = JSON.parse(body) as object
  return { seq, at: new Date(Number(at)).toISOString(), type, ...rest } as ChatEvent
}

function toOwed({ id, state, task }: OutboxLine): OwedRow {
  const { type, seq } = JSON.parse(task) as { type: string; seq?: number }
  return { id, state, task: seq === undefined ? type : `${type} ${seq}` }
}

const toMessage = (message: SeenMessage & { readonly created?: string }): RoomMessage => ({
  id: message.id,
  at: Date.parse(message.created ?? ''),
  by: message.from.kind === 'person' ? 'staff' : 'us',
  text: message.text ?? '',
  ...(message.parentId !== undefined && { parentId: message.parentId }),
})
