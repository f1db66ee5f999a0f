import { describe, expect, it } from 'vitest'
import { check, type Kind } from './checker.ts'
import { LONG, type SpoilableLogs, START, sampleLogs } from './sample-logs.ts'
import { stories, verdictLine } from './verdict.ts'

const kindsOf = (spoil: (logs: SpoilableLogs) => void): Kind[] => {
  const logs = sampleLogs()
  spoil(logs)
  return [...new Set(check([logs]).findings.map(({ kind }) => kind))]
}

/** Where something stands in one of the logs. */
function at<T>(list: readonly T[], fits: (one: T) => boolean): number {
  const index = list.findIndex(fits)
  if (index === -1) throw new Error('the sample has no such thing')
  return index
}
const shows = (text: string) => (message: { readonly text: string }) => message.text.includes(text)

function cut<T>(list: T[], fits: (one: T) => boolean): T {
  const [one] = list.splice(at(list, fits), 1)
  if (one === undefined) throw new Error('the sample has no such thing')
  return one
}

const says = (text: string) => (event: SpoilableLogs['database']['events'][number]) =>
  event.type === 'message' && event.message.text === text

/** What the log has, the visitor read. */
function rewrite(logs: SpoilableLogs, events: SpoilableLogs['database']['events']): void {
  logs.database.events = events
  logs.visitor.polls = [{ at: START, after: 0, events: structuredClone(events) }]
}

function appended(logs: SpoilableLogs, text: string, from: 'agent' | 'visitor', clientId?: string): void {
  const { events } = logs.database
  const seq = events.length + 1
  const message = { id: `c-${seq}`, from, text, ...(clientId && { clientId }) }
  rewrite(logs, [...events, { seq, at: new Date(START).toISOString(), type: 'message', message }])
}

function swapped<T>(list: readonly T[], a: number, b: number): T[] {
  return list.map((one, n) => (n === a ? list[b] : n === b ? list[a] : one) ?? one)
}

describe('the checker', () => {
  it('has nothing to say of a chat in which everything went well, and counts what was repaired', () => {
    const verdict = check([sampleLogs()])
    expect(verdict).toEqual({ findings: [], repaired: 1, chats: 1, lines: { visitor: 5, staff: 5 } })
    expect(verdictLine(verdict, 7)).toMatch(/^CLEAN .* 1 transient duplicates repaired; seed 7$/)
  })

  /** A bug of a bridge, and what it does to the logs. */
  const BUGS: readonly [bug: string, leads: readonly Kind[], spoil: (logs: SpoilableLogs) => void][] = [
    [
      'acknowledges before it commits',
      ['lost', 'foreign'],
      (logs) => {
        const events = logs.database.events.filter((event) => !says('bye')(event))
        rewrite(
          logs,
          events.map((event, n) => ({ ...event, seq: n + 1 })),
        )
      },
    ],
    [
      'forgets the outbox row of a line',
      ['lost', 'receipt'],
      (logs) => void cut(logs.room.messages, shows('hello')),
    ],
    [
      'posts again after an unknown outcome without looking',
      ['duplicate'],
      (logs) => void logs.room.messages.push({ id: 'x', at: START, by: 'us', text: 'Anna · 2\nhello' }),
    ],
    [
      'posts one part of a long line again',
      ['duplicate'],
      (logs) => {
        const copy = logs.room.messages.find(shows('a\nx'))
        if (copy) logs.room.messages.push({ ...copy, id: 'x' })
      },
    ],
    [
      'gives up after the first part of a long line',
      ['lost'],
      (logs) => void cut(logs.room.messages, shows(`b\n${LONG.slice(20)}`)),
    ],
    [
      'takes an equal text for the line itself',
      ['lost', 'receipt'],
      (logs) => void cut(logs.room.messages, ({ text, by }) => by === 'us' && /· \d+\nok$/.test(text)),
    ],
    [
      'lets two processes work on one lane',
      ['order'],
      (logs) => {
        const list = logs.room.messages
        logs.room.messages = swapped(list, at(list, shows('\nhello')), at(list, shows('\nbye')))
      },
    ],
    [
      'posts under the number of another line',
      ['lost', 'foreign', 'receipt'],
      (logs) => {
        logs.room.messages = logs.room.messages.map((message) => ({
          ...message,
          text: message.text.replace(/· \d+\nbye/, '· 99\nbye'),
        }))
      },
    ],
    [
      'mixes up the rooms of two chats',
      ['foreign'],
      (logs) => {
        logs.room.messages = logs.room.messages.map((message) => ({
          ...message,
          text: message.text.replace('\nbye', '\nsomebody else says bye'),
        }))
      },
    ],
    [
      'takes away the copy that counts as well',
      ['lost', 'receipt', 'deletion'],
      (logs) => {
        const gone = cut(logs.room.messages, shows('\nhello'))
        logs.room.deleted.push({ ...gone, deletedAt: START + 9000 })
      },
    ],
    [
      'takes away what somebody else wrote',
      ['deletion'],
      (logs) =>
        void logs.room.deleted.push({ id: 'z', at: START, by: 'staff', text: 'mine', deletedAt: START }),
    ],
    [
      'reads a room by a cursor that skips what was committed late',
      ['lost'],
      (logs) => {
        const kept = logs.database.events.filter((event) => !says('so long')(event))
        rewrite(
          logs,
          kept.map((event, n) => ({ ...event, seq: n + 1 })),
        )
      },
    ],
    ['takes a replayed webhook for news', ['duplicate'], (logs) => appended(logs, 'hi', 'agent')],
    [
      'takes a room in with the newest line first',
      ['order'],
      (logs) => {
        const { events } = logs.database
        const [a, b] = [at(events, says('hi')), at(events, says('so long'))]
        rewrite(
          logs,
          swapped(events, a, b).map((event, n) => ({ ...event, seq: n + 1 })),
        )
      },
    ],
    ['shows what staff said among themselves', ['leaked'], (logs) => appended(logs, '// secret', 'agent')],
    ['shows what staff of another chat said', ['foreign'], (logs) => appended(logs, 'not for you', 'agent')],
    [
      'has no unique key for what a visitor sends again',
      ['duplicate', 'lost'],
      (logs) => appended(logs, 'bye', 'visitor', 'ID-4'),
    ],
    [
      'numbers events outside the transaction',
      ['gap'],
      (logs) =>
        rewrite(
          logs,
          logs.database.events.map((event) => (event.seq > 4 ? { ...event, seq: event.seq + 1 } : event)),
        ),
    ],
    [
      'skips an event at a poll',
      ['gap', 'lost'],
      (logs) => {
        logs.visitor.polls = logs.visitor.polls.map((poll) =>
          poll.after === 3 ? { ...poll, events: poll.events.slice(1) } : poll,
        )
      },
    ],
    ['never wakes a poll that waits', ['lost'], (logs) => void logs.visitor.polls.pop()],
    [
      'shows what is rolled back later',
      ['changed'],
      (logs) => {
        logs.database.events = logs.database.events.map((event) =>
          event.type === 'state' ? { ...event, state: 'live' } : event,
        )
      },
    ],
    [
      'answers an event differently the second time',
      ['changed'],
      (logs) => {
        const { events } = logs.database
        const first = events.slice(0, 1).map((event) => ({ ...event, at: new Date(0).toISOString() }))
        logs.visitor.polls.unshift({ at: START, after: 0, events: first })
      },
    ],
    [
      'never tells that a line stands',
      ['receipt'],
      (logs) =>
        rewrite(
          logs,
          logs.database.events.map(({ seq, at, ...event }) =>
            event.type === 'message.delivered'
              ? { seq, at, type: 'idle_warning', closesAt: at }
              : { seq, at, ...event },
          ),
        ),
    ],
    [
      'says its closing words twice',
      ['duplicate'],
      (logs) =>
        void logs.room.messages.push(
          { id: 'n1', at: START, by: 'us', text: 'The visitor has left.' },
          { id: 'n2', at: START, by: 'us', text: 'The visitor has left.' },
        ),
    ],
  ]

  it.each(BUGS)('sees a bridge that %s', (_bug, leads, spoil) => {
    expect(kindsOf(spoil)).toEqual(expect.arrayContaining([...leads]))
  })

  it('knows at least a dozen ways to fail, and every kind of failure has one', () => {
    expect(BUGS.length).toBeGreaterThanOrEqual(12)
    expect(new Set(BUGS.flatMap(([, leads]) => leads)).size).toBe(9)
  })

  it.each<[string, (logs: SpoilableLogs) => void]>([
    [
      'a line that never got an answer and was not taken',
      (logs) =>
        void logs.visitor.lines.push({
          clientId: 'gone',
          text: 'gone',
          writtenAt: START,
          answeredAt: START,
          outcome: 'unknown',
        }),
    ],
    [
      'a line that was refused for good and told as failed',
      (logs) => {
        cut(logs.room.messages, shows('\nhello'))
        const { events } = logs.database
        logs.room.deleted = []
        rewrite(
          logs,
          events.map((event) =>
            event.type === 'message.delivered' && event.messageId === 'c-2'
              ? { ...event, type: 'message.failed' }
              : event,
          ),
        )
      },
    ],
    [
      'lines that were joined while Webex throttled',
      (logs) => {
        const { messages } = logs.room
        const last = messages.findLastIndex((m) => m.by === 'us')
        const text = messages[last]?.text ?? ''
        const seq = Number(/· (\d+)/.exec(text)?.[1])
        logs.room.messages = messages.map((m, n) =>
          n === last ? { ...m, text: text.replace(`· ${seq}`, `· ${seq}–${seq + 1}`) } : m,
        )
      },
    ],
  ])('accepts %s', (_what, change) => {
    expect(kindsOf(change)).toEqual([])
  })

  it('tells the shortest story of what went wrong, with its seed', () => {
    const logs = sampleLogs()
    cut(logs.room.messages, shows('\nhello'))
    logs.room.deleted = []
    logs.database.outbox.push({ id: 1, state: 'unknown', task: 'line 2' })
    const verdict = check([logs])
    expect(verdictLine(verdict, 42)).toMatch(/^BROKEN 1 lost, 0 final duplicates, .*; seed 42$/)
    expect(stories(verdict, [logs]).slice(0, 8)).toEqual([
      'lost: not in the room (chat c)',
      '  +  0.00s visitor writes "hello" (id-0)',
      '  +  0.01s log has 2 message',
      '  +  0.01s log has 3 message.delivered',
      '  +  0.01s visitor is answered: acknowledged',
      '  +  4.50s visitor reads 2',
      '          still owed: line 2, unknown',
      'receipt: told as delivered, and does not stand (chat c)',
    ])
  })
})
