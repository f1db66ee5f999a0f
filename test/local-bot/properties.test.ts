/** Whatever a visitor writes and whatever the contexts hold: an answer, bounded, and always the same. */
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codePoints, isStorable } from '../../server/core/text.ts'
import { readAgent } from '../../server/local-bot/agent-export.ts'
import { type Context, createBrain, MAX_INPUT } from '../../server/local-bot/brain.ts'
import { createLocalBot } from '../../server/local-bot/index.ts'
import { fold, isInflected, isMistyped, wordsOf } from '../../server/local-bot/words.ts'

const path = fileURLToPath(new URL('../../sandbox/demo-agent', import.meta.url))
const agent = await readAgent(path)
const [brain, other] = [createBrain(agent), createBrain(agent)]
const bot = await createLocalBot({ path })
const signal = new AbortController().signal

const known = agent.intents.flatMap(({ phrases }) =>
  [...phrases.values()].flat().map(({ parts }) => parts.map(({ text }) => text).join('')),
)
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.array(fc.constantFrom(...known.join(' ').split(' ')), { maxLength: 60 }).map((words) => words.join(' ')),
  fc.constantFrom(...known),
)
const name = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    'returns-followup',
    'agentstatus-offline',
    '__proto__',
    ...agent.intents.map(({ id }) => `${id}_id_dialog_context`),
  ),
)
const context: fc.Arbitrary<Context> = fc.record({
  name,
  lifespan: fc.oneof(fc.integer({ min: -2, max: 5 }), fc.double()),
  parameters: fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('number', 'bike', 'subject')),
    fc.jsonValue(),
  ),
})
const query = fc.record({
  input: fc.oneof(
    anyText.map((text) => ({ kind: 'text' as const, text })),
    fc
      .oneof(fc.string(), fc.constantFrom('WELCOME', 'prechat'))
      .map((name) => ({ kind: 'event' as const, name })),
  ),
  lang: fc.oneof(fc.constantFrom('en', 'pl', 'pl-PL', 'xx', ''), fc.string()),
  contexts: fc.array(context, { maxLength: 5 }),
})

describe('the brain', () => {
  it('never throws, and is bounded', () => {
    fc.assert(
      fc.property(query, (asked) => {
        const result = brain.detect(asked)
        expect(codePoints(result.queryText)).toBeLessThanOrEqual(
          asked.input.kind === 'text' ? MAX_INPUT : Number.POSITIVE_INFINITY,
        )
        expect(result.confidence).toBeGreaterThanOrEqual(0)
        expect(result.confidence).toBeLessThanOrEqual(1)
        // Each given one, those of the intent, and that of its questions.
        expect(result.contexts.length).toBeLessThanOrEqual(asked.contexts.length + 3)
        for (const { lifespan } of result.contexts) expect(lifespan).toBeGreaterThanOrEqual(1)
        if (asked.input.kind === 'text') expect(result.intent).not.toBeNull()
      }),
      { numRuns: 500 },
    )
  })

  it('gives the same answer to the same question, and changes nothing it was given', () => {
    fc.assert(
      fc.property(query, (asked) => {
        const before = structuredClone(asked)
        const first = brain.detect(asked)
        expect(asked).toEqual(before)
        expect(other.detect(asked)).toEqual(first)
        expect(brain.detect(asked)).toEqual(first)
      }),
      { numRuns: 300 },
    )
  })

  it('is certain of nothing that it was not given', () => {
    const given = new Set(
      known.map((text) =>
        wordsOf(text)
          .map(({ word }) => word)
          .join(' '),
      ),
    )
    fc.assert(
      fc.property(anyText, fc.constantFrom('en', 'pl'), (text, lang) => {
        const { confidence, queryText } = brain.detect({ input: { kind: 'text', text }, lang, contexts: [] })
        const asked = wordsOf(queryText)
          .map(({ word }) => word)
          .join(' ')
        if (confidence === 1) expect(given).toContain(asked)
      }),
    )
  })
})

describe('the bot', () => {
  it('makes a sound reply of any text, state and variables, and a state that fits', async () => {
    await fc.assert(
      fc.asyncProperty(
        query,
        fc.oneof(fc.constant(null), fc.dictionary(fc.string(), fc.jsonValue())),
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('agentStatus', 'page')), fc.string()),
        async ({ input, lang, contexts }, nonsense, variables) => {
          for (const state of [nonsense, { contexts }]) {
            const turn = { sessionId: 's', input, lang, state, restore: false, variables, signal }
            const reply = await bot.turn(turn)
            for (const { text, choices = [] } of reply.messages)
              for (const said of [text, ...choices]) {
                expect(said.trim()).not.toBe('')
                expect(isStorable(said)).toBe(true)
              }
            const again = JSON.parse(JSON.stringify(reply.state))
            const next = { ...turn, input: { kind: 'text' as const, text: 'delivery' }, state: again }
            expect((await bot.turn(next)).messages.length).toBeGreaterThan(0)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('words', () => {
  it('are the same when they are folded twice, in capitals, or taken apart into letters and accents', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fold(fold(text))).toBe(fold(text))
        expect(fold(text.normalize('NFD'))).toBe(fold(text.normalize('NFC')))
      }),
    )
  })

  it('are like each other both ways, and a word is no slip of one far longer', () => {
    const word = fc.stringMatching(/^[a-d]{1,12}$/)
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(isMistyped(a, b)).toBe(isMistyped(b, a))
        expect(isInflected(a, b)).toBe(isInflected(b, a))
        if (Math.abs(a.length - b.length) > 2) expect(isMistyped(a, b)).toBe(false)
      }),
    )
  })
})
