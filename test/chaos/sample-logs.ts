/** The logs of a chat in which everything went well, to be spoilt by tests of the checker. */
import type { ChatEvent } from '../../server/core/events.ts'
import type { DeletedMessage, OwedRow, Poll, RoomMessage, StaffLine, VisitorLine } from './logs.ts'

export interface SpoilableLogs {
  chat: string
  visitor: { lines: VisitorLine[]; polls: Poll[] }
  database: { events: ChatEvent[]; outbox: OwedRow[] }
  room: { messages: RoomMessage[]; deleted: DeletedMessage[] }
  staff: StaffLine[]
}

export const START = Date.parse('2026-11-20T10:00:00.000Z')

export const LONG = 'x'.repeat(30)

/** Visitor and staff take turns; line 3 is long and stands in two parts; `ok` is said twice by each side. */
export function sampleLogs(): SpoilableLogs {
  const logs: SpoilableLogs = {
    chat: 'c',
    visitor: { lines: [], polls: [] },
    database: { events: [], outbox: [] },
    room: { messages: [], deleted: [] },
    staff: [],
  }
  const { events } = logs.database
  let at = START
  const instant = () => new Date(at).toISOString()
  const show = (by: RoomMessage['by'], text: string, id = `m${logs.room.messages.length + 1}`) => {
    logs.room.messages.push({ id, at, by, text })
    return id
  }
  const stamp = () => ({ seq: events.length + 1, at: instant() })
  const say = (from: 'visitor' | 'agent', text: string, clientId?: string) => {
    const base = stamp()
    const id = `c-${base.seq}`
    events.push({ ...base, type: 'message', message: { id, from, text, ...(clientId && { clientId }) } })
    return base.seq
  }

  show('us', 'Geolocation: unknown')
  events.push({ ...stamp(), type: 'state', state: 'waiting' })
  const lines = ['hello', 'ok', LONG, 'ok', 'bye']
  lines.forEach((text, n) => {
    at += 1000
    const clientId = `id-${n}`
    const seq = say('visitor', text, clientId)
    logs.visitor.lines.push({
      clientId,
      text,
      writtenAt: at - 5,
      answeredAt: at + 5,
      outcome: 'acknowledged',
    })
    if (text === LONG) {
      show('us', `Anna · ${seq}a\n${LONG.slice(0, 20)}`)
      show('us', `Anna · ${seq}b\n${LONG.slice(20)}`)
    } else show('us', `Anna · ${seq}\n${text}`)
    events.push({ ...stamp(), type: 'message.delivered', messageId: `c-${seq}` })
    at += 100
    const answer = ['hi', 'ok', 'secret', 'ok', 'so long'][n] ?? ''
    const to = answer === 'secret' ? 'inside' : 'visitor'
    const id = show('staff', to === 'inside' ? `// ${answer}` : answer)
    logs.staff.push({ id, text: to === 'inside' ? `// ${answer}` : answer, to, at })
    if (to === 'visitor') say('agent', answer)
  })
  // The copy of a late effect, which stood for two seconds.
  logs.room.deleted.push({ id: 'd1', at: at + 1, by: 'us', text: 'Anna · 2\nhello', deletedAt: at + 2001 })
  for (let after = 0; after < events.length; after += 3)
    logs.visitor.polls.push({
      at: at + after,
      after,
      events: structuredClone(events.slice(after, after + 3)),
    })
  return logs
}
