import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Chat, type ChatInput, type Transition, transition } from '../../server/core/chat-state.ts'
import { parseCommand } from '../../server/core/commands.ts'
import { Problem } from '../../server/core/errors.ts'
import { CLOSE_REASONS } from '../../server/core/events.ts'
import { fresh, NOW, reply, rules } from '../support/rules.ts'
import { type ChatModel, type Consequences, expected, newModel } from './chat-model.ts'

interface Real {
  chat: Chat
  steps: number
}

const SEQUENCES = 1_000
const LONGEST = 60

const seenOf = ({ events, tasks }: Transition): Consequences => ({
  events: events.map((event) =>
    event.type === 'message'
      ? `message ${event.message.from}`
      : event.type === 'state'
        ? `state ${event.state}`
        : event.type,
  ),
  tasks: tasks.map(({ type }) => type),
})

const shortly = ({ state, bot, away, topic, owner, lastSeq, reminded, ...rest }: Chat) => ({
  ...{ state, away, topic, owner, lastSeq, reminded },
  warned: rest.idleWarned,
  waits: rest.unansweredSince !== null,
  bot: bot && {
    stage: bot.stage.name,
    fallbacks: bot.fallbacks,
    failures: bot.failures,
    handovers: bot.handovers,
    epoch: bot.epoch,
    open: bot.open.map(({ seq, held, text }) => ({ seq, held, wants: text === 'agent' })),
  },
})

const shortModel = ({ bot, ...model }: ChatModel) => ({
  ...model,
  bot: bot && {
    stage: bot.stage,
    fallbacks: bot.fallbacks,
    failures: bot.failures,
    handovers: bot.handovers,
    epoch: bot.epoch,
    open: bot.open,
  },
})

/** Sent only to a chat whose room stands: everybody who could send it earlier is refused by the API or comes later. */
const BEFORE_IT_STANDS: ReadonlySet<ChatInput['type']> = new Set(['opened', 'open_failed'])

/** What comes from the bot belongs to an errand: this one, or one from before staff gave the chat back. */
function ofEpoch(input: ChatInput, epoch: number): ChatInput {
  if ('turn' in input) return { ...input, turn: { ...input.turn, epoch } }
  return 'epoch' in input ? { ...input, epoch } : input
}

class Step implements fc.Command<ChatModel, Real> {
  readonly input: ChatInput
  readonly isLate: boolean
  constructor(input: ChatInput, isLate: boolean) {
    this.input = input
    this.isLate = isLate
  }
  check(model: Readonly<ChatModel>): boolean {
    return model.state !== 'opening' || BEFORE_IT_STANDS.has(this.input.type)
  }
  run(model: ChatModel, real: Real): void {
    const before = real.chat
    const input = ofEpoch(this.input, (model.bot?.epoch ?? 0) - (this.isLate ? 1 : 0))
    const must = expected(model, input)
    if (must === null) {
      expect(() => transition(before, input, NOW, rules)).toThrow(Problem)
      return
    }
    const next = transition(before, input, NOW + real.steps++, rules)
    expect(seenOf(next)).toEqual(must)
    expect(next.events.map(({ seq }) => seq)).toEqual(next.events.map((_, n) => before.lastSeq + n + 1))
    expect(shortly(next.chat)).toEqual(shortModel(model))
    real.chat = next.chat
  }
  toString(): string {
    return JSON.stringify(this.input)
  }
}

const line = fc.integer({ min: 1, max: 25 })
const turn = fc.oneof(
  fc.record({ epoch: fc.constant(0), seq: line }),
  fc.record({
    epoch: fc.constant(0),
    seq: fc.constant(null),
    event: fc.constantFrom('welcome' as const, 'prechat' as const),
  }),
)
const by = fc.constantFrom('anna@example.com', 'eva@example.com')
const of = <T extends ChatInput['type']>(...types: T[]) => fc.constantFrom(...types.map((type) => ({ type })))

const INPUTS: readonly fc.Arbitrary<ChatInput>[] = [
  fc.record({
    type: fc.constant('opened' as const),
    text: fc.constantFrom(undefined, 'Hello'),
    bot: fc.boolean(),
    nobody: fc.boolean(),
  }),
  fc.constant({ type: 'opened', bot: true }),
  fc.record({
    type: fc.constant('visitor_line' as const),
    text: fc.constantFrom('Hello', 'What does it cost?', 'agent', 'Billing'),
  }),
  fc.record({
    type: fc.constant('staff_line' as const),
    text: fc.constantFrom('Good morning', ' '),
    files: fc.nat(1),
    by,
    id: fc.uuid(),
  }),
  fc.record({ type: fc.constant('whisper' as const), id: fc.uuid(), why: fc.constantFrom(undefined, 'so') }),
  fc.record({
    type: fc.constant('order' as const),
    by,
    id: fc.uuid(),
    command: fc
      .constantFrom('help', 'who', 'close', 'take', 'handback', 'handback', 'transfer billing', 'nonsense')
      .map(parseCommand),
  }),
  of('ask_person') as fc.Arbitrary<ChatInput>,
  fc.record({
    type: fc.constant('bot_reply' as const),
    turn,
    reply: fc.constantFrom(
      reply(),
      reply({ isFallback: true }),
      reply({ asking: true }),
      reply({ handoff: { skill: 'billing' } }),
      reply({ handoff: false }),
      reply({ end: true, messages: [] }),
    ),
  }),
  fc.record({ type: fc.constant('bot_failed' as const), turn }),
  fc.record({ type: fc.constant('staff_found' as const), epoch: fc.constant(0), reachable: fc.boolean() }),
  fc.record({
    type: fc.constant('handed_over' as const),
    epoch: fc.constant(0),
    topic: fc.constantFrom('sales', 'billing'),
    people: fc.constant(['chris@example.com']),
    owner: fc.constantFrom(null, 'chris@example.com'),
    digest: fc.constant('digest'),
  }),
  fc.record({
    type: fc.constant('handover_failed' as const),
    epoch: fc.constant(0),
    dismiss: fc.constantFrom([], ['chris@example.com']),
  }),
  fc.record({
    type: fc.constant('transferred' as const),
    topic: fc.constantFrom('sales', 'billing'),
    people: fc.constant(['chris@example.com']),
    by,
  }),
  fc.record({
    type: fc.constant('remind' as const),
    who: fc.constantFrom('staff' as const, 'visitor' as const),
    people: fc.constant([]),
  }),
  fc.record({ type: fc.constantFrom('delivered' as const, 'undeliverable' as const), seq: line }),
  of('away', 'here', 'tell_away') as fc.Arbitrary<ChatInput>,
  fc.constant({ type: 'idle_warning', closesAt: NOW + 60_000 }),
]

/** Ends are final, and a walk that ends at once shows nothing: they are drawn more rarely. */
const ENDINGS: readonly fc.Arbitrary<ChatInput>[] = [
  fc.constant({ type: 'open_failed' }),
  fc.record({ type: fc.constant('close' as const), reason: fc.constantFrom(...CLOSE_REASONS) }),
]

it(`agrees with its model in ${SEQUENCES} walks of up to ${LONGEST} steps`, () => {
  const reached = new Set<string>()
  const step = fc.oneof(
    ...INPUTS.map((arbitrary) => ({ arbitrary, weight: 10 })),
    ...ENDINGS.map((arbitrary) => ({ arbitrary, weight: 1 })),
  )
  const late = fc.integer({ min: 1, max: 10 }).map((n) => n === 1)
  const commands = [fc.tuple(step, late).map(([input, isLate]) => new Step(input, isLate))]
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: LONGEST, size: 'max' }), (walk) => {
      const model = newModel()
      fc.modelRun(() => ({ model, real: { chat: fresh, steps: 0 } }), walk)
      reached.add(`${model.state} ${model.bot?.stage ?? 'without a bot'}`)
    }),
    { numRuns: SEQUENCES },
  )
  // Walks that never get anywhere agree with any model.
  expect([...reached]).toEqual(
    expect.arrayContaining([
      'live talking',
      'bot intake',
      'bot joining',
      'waiting talking',
      'live without a bot',
    ]),
  )
})
