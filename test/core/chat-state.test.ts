import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Chat, type ChatInput, type Task, transition } from '../../server/core/chat-state.ts'
import { parseCommand } from '../../server/core/commands.ts'
import { Problem } from '../../server/core/errors.ts'
import { type ChatEvent, CLOSE_REASONS } from '../../server/core/events.ts'
import { overdue } from '../../server/core/idle.ts'
import { fresh, NOW, reply, rules } from '../support/rules.ts'

function play(inputs: readonly ChatInput[], from: Chat = fresh) {
  let chat = from
  const events: ChatEvent[] = []
  const tasks: Task[] = []
  inputs.forEach((input, n) => {
    const next = transition(chat, input, NOW + n * 1000, rules)
    chat = next.chat
    events.push(...next.events)
    tasks.push(...next.tasks)
  })
  return { chat, events, tasks, types: events.map((e) => (e.type === 'state' ? e.state : e.type)) }
}

const staff = (text: string): ChatInput => ({
  type: 'staff_line',
  text,
  files: 0,
  by: 'anna@example.com',
  id: text,
})

describe('a chat', () => {
  it('waits for staff once its room stands, and is live with their first line to the visitor', () => {
    const { chat, types } = play([
      { type: 'opened', text: 'Hello' },
      { type: 'whisper', id: 'w1' },
      staff('I do. How can I help?'),
      staff('Are you there?'),
    ])
    expect(types).toEqual(['waiting', 'message', 'live', 'message', 'message'])
    expect(chat.state).toBe('live')
  })

  it('owes the desk the line, then the notice of the end, then the end of listening', () => {
    const { tasks } = play([
      { type: 'opened' },
      { type: 'visitor_line', text: 'bye' },
      { type: 'close', reason: 'visitor_ended' },
    ])
    expect(tasks.map((task) => task.type)).toEqual(['line', 'notice', 'close_room'])
  })

  it('that failed to open shows nothing and owes the removal of what stands', () => {
    const { chat, events, tasks } = play([{ type: 'open_failed' }, { type: 'opened' }])
    expect(chat).toMatchObject({ state: 'closed', closeReason: 'failed', lastSeq: 0 })
    expect(events).toEqual([])
    expect(tasks).toEqual([{ type: 'discard_room' }])
  })

  it('takes no line after its end', () => {
    const { chat } = play([{ type: 'opened' }, { type: 'close', reason: 'logout' }])
    expect(() => transition(chat, { type: 'visitor_line', text: 'hi' }, NOW, rules)).toThrow(Problem)
    expect(transition(chat, staff('hi'), NOW, rules).events).toEqual([])
  })

  it('tells the room of an absence only when it lasted, and then also of its end', () => {
    const reload = play([{ type: 'opened' }, { type: 'away' }, { type: 'here' }, { type: 'tell_away' }])
    expect(reload.tasks).toEqual([])
    const gone = play([
      { type: 'opened' },
      { type: 'away' },
      { type: 'tell_away' },
      { type: 'visitor_line', text: 'hi' },
    ])
    expect(gone.tasks.map((task) => task.type)).toEqual(['notice', 'notice', 'line'])
  })
})

const turns = fc.oneof(
  fc.record({
    epoch: fc.nat(2),
    seq: fc.constant(null),
    event: fc.constantFrom('welcome' as const, 'prechat' as const),
  }),
  fc.record({ epoch: fc.nat(2), seq: fc.integer({ min: 1, max: 12 }) }),
)

const input: fc.Arbitrary<ChatInput> = fc.oneof(
  fc.record({
    type: fc.constant('opened' as const),
    text: fc.option(fc.string(), { nil: undefined }),
    bot: fc.boolean(),
    nobody: fc.boolean(),
  }),
  fc.constant({ type: 'open_failed' as const }),
  fc.record({ type: fc.constant('visitor_line' as const), text: fc.string() }),
  fc.record({
    type: fc.constant('staff_line' as const),
    text: fc.oneof(fc.string(), fc.constant('to you')),
    files: fc.nat(2),
    by: fc.constantFrom('anna@example.com', 'eva@example.com'),
    id: fc.uuid(),
  }),
  fc.record({
    type: fc.constant('whisper' as const),
    id: fc.uuid(),
    why: fc.constantFrom(undefined, 'because'),
  }),
  fc.record({
    type: fc.constant('order' as const),
    by: fc.constantFrom('anna@example.com', 'eva@example.com'),
    id: fc.uuid(),
    command: fc
      .constantFrom(
        'help',
        'close',
        'transfer billing',
        'transfer x',
        'take',
        'handback',
        'who',
        'invite a@b.cd',
        'nonsense',
      )
      .map(parseCommand),
  }),
  fc.record({ type: fc.constant('ask_person' as const) }),
  fc.record({
    type: fc.constant('bot_reply' as const),
    turn: turns,
    reply: fc.constantFrom(
      reply(),
      reply({ isFallback: true }),
      reply({ asking: true }),
      reply({ handoff: { skill: 'billing' } }),
      reply({ handoff: false }),
      reply({ end: true, messages: [] }),
    ),
  }),
  fc.record({ type: fc.constant('bot_failed' as const), turn: turns }),
  fc.record({ type: fc.constant('staff_found' as const), epoch: fc.nat(2), reachable: fc.boolean() }),
  fc.record({
    type: fc.constant('handed_over' as const),
    epoch: fc.nat(2),
    topic: fc.constantFrom('sales', 'billing'),
    people: fc.constant(['chris@example.com']),
    owner: fc.constantFrom(null, 'chris@example.com'),
    digest: fc.constant('digest'),
  }),
  fc.record({
    type: fc.constant('handover_failed' as const),
    epoch: fc.nat(2),
    dismiss: fc.constantFrom([], ['chris@example.com']),
  }),
  fc.record({
    type: fc.constant('transferred' as const),
    topic: fc.constantFrom('sales', 'billing'),
    people: fc.constant(['chris@example.com']),
    by: fc.constant('anna@example.com'),
  }),
  fc.record({
    type: fc.constant('remind' as const),
    who: fc.constantFrom('staff' as const, 'visitor' as const),
    people: fc.constant(['anna@example.com']),
  }),
  fc.record({
    type: fc.constantFrom('delivered' as const, 'undeliverable' as const),
    seq: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ type: fc.constantFrom('away' as const, 'here' as const, 'tell_away' as const) }),
  fc.record({ type: fc.constant('idle_warning' as const), closesAt: fc.constant(NOW + 60_000) }),
  fc.record({ type: fc.constant('close' as const), reason: fc.constantFrom(...CLOSE_REASONS) }),
)

describe('whatever happens in whatever order', () => {
  it('numbers have no gaps, the end is final, and the bot has its say only while it has the chat', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        let chat: Chat = fresh
        let closedWith: string | null = null
        for (const [n, step] of inputs.entries()) {
          const before = chat
          let next: ReturnType<typeof transition>
          try {
            next = transition(chat, step, NOW + n, rules)
          } catch (error) {
            expect(error).toBeInstanceOf(Problem)
            expect(before.state).toBe('closed')
            continue
          }
          expect(next.events.map((e) => e.seq)).toEqual(next.events.map((_, k) => before.lastSeq + k + 1))
          expect(next.chat.lastSeq).toBe(before.lastSeq + next.events.length)
          if (before.state === 'closed') {
            expect(next.chat.state).toBe('closed')
            expect(next.tasks).toEqual([])
            expect(next.events.every((e) => e.type.startsWith('message.'))).toBe(true)
            expect(next.chat.closeReason).toBe(closedWith)
          }
          if (next.chat.state === 'closed') closedWith = next.chat.closeReason
          // The bot speaks, and is asked, only while it has the chat.
          const spoke = next.events.some((e) => e.type === 'message' && e.message.from === 'bot')
          if (spoke) expect([before.state, next.chat.state]).toContain('bot')
          const asked = next.tasks.some((task) => task.type === 'bot_turn')
          if (asked) expect(next.chat.state).toBe('bot')
          if (next.chat.state === 'bot') expect(next.chat.bot).not.toBeNull()
          chat = next.chat
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('patience', () => {
  const open: Chat = { ...fresh, state: 'live' }
  const patience = {
    heartbeatMs: 300_000,
    visitorIdleMs: 900_000,
    botIdleMs: 86_400_000,
    remindMs: 180_000,
    tellMs: 300_000,
    called: () => ['anna@example.com'],
  }
  const minutes = (n: number) => NOW + n * 60_000
  it.each([
    ['fresh', open, NOW, NOW, 1, null],
    ['no heartbeat for 5 minutes', open, NOW, 0, 5, { type: 'close', reason: 'visitor_left' }],
    ['no heartbeat, but we have only just started', open, NOW, minutes(4), 5, null],
    [
      'nothing said, warned in time',
      open,
      minutes(13),
      0,
      13,
      { type: 'idle_warning', closesAt: minutes(15) },
    ],
    ['warned once only', { ...open, idleWarned: true }, minutes(13), 0, 13, null],
    ['nothing said for 15 minutes', open, minutes(15), 0, 15, { type: 'close', reason: 'visitor_idle' }],
    ['the bot has more patience', { ...open, state: 'bot' as const }, minutes(15), 0, 15, null],
    [
      'away for a while',
      { ...open, away: 'gone' as const, awaySince: NOW },
      minutes(1),
      0,
      1,
      { type: 'tell_away' },
    ],
    ['closed', { ...open, state: 'closed' as const }, NOW, 0, 99, null],
  ] as const)('%s', (_name, chat, beat, since, after, expected) => {
    expect(overdue(chat, beat, since, patience, minutes(after))).toEqual(expected)
  })
})
