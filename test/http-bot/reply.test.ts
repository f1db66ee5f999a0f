import { describe, expect, it } from 'vitest'
import { BotError } from '../../server/core/errors.ts'
import { readReply } from '../../server/http-bot/reply.ts'

const read = (value: unknown) => readReply(Buffer.from(JSON.stringify(value)))
const raw = (json: string) => () => readReply(Buffer.from(json))
const badResponse = expect.objectContaining({ name: 'BotError', kind: 'bad_response' })

const nothing = {
  messages: [],
  intent: null,
  confidence: null,
  isFallback: false,
  asking: false,
  end: false,
  handoff: null,
  parameters: {},
  state: null,
}

describe('a reply over HTTP', () => {
  it.each<[string, object, object]>([
    ['may say nothing', { messages: [] }, {}],
    [
      'may say everything',
      {
        messages: [{ text: 'Which one?', choices: ['Red', 'Blue'] }, { text: 'Take your time.' }],
        intent: 'Colour',
        confidence: 0.9,
        fallback: true,
        asking: true,
        end: true,
        handoff: { skill: 'billing', webstore: 'PL', channel: 'web' },
        parameters: { subject: 'A bell', details: 'It is mute' },
        state: { step: 2, contexts: [{ name: 'x' }] },
      },
      {
        messages: [{ text: 'Which one?', choices: ['Red', 'Blue'] }, { text: 'Take your time.' }],
        intent: 'Colour',
        confidence: 0.9,
        isFallback: true,
        asking: true,
        end: true,
        handoff: { skill: 'billing', webstore: 'PL', channel: 'web' },
        parameters: { subject: 'A bell', details: 'It is mute' },
        state: { step: 2, contexts: [{ name: 'x' }] },
      },
    ],
    [
      'may say null for what it does not say',
      {
        messages: [{ text: 'Hi', choices: null }],
        intent: null,
        confidence: null,
        fallback: null,
        asking: null,
        end: null,
        handoff: null,
        parameters: null,
        state: null,
      },
      { messages: [{ text: 'Hi' }] },
    ],
    ['hands over', { messages: [], handoff: true }, { handoff: {} }],
    ['says that it does not hand over', { messages: [], handoff: false }, { handoff: false }],
    [
      'hands over with what it knows',
      { messages: [], handoff: { skill: 'billing', channel: null, webstore: '' } },
      { handoff: { skill: 'billing' } },
    ],
    ['needs no buttons', { messages: [{ text: 'Hi', choices: [] }] }, { messages: [{ text: 'Hi' }] }],
    [
      'keeps the order of the answers, without empty ones',
      { messages: [], parameters: { b: '1', a: ' ', c: '', d: '2' } },
      { parameters: { b: '1', d: '2' } },
    ],
    [
      'may be newer than we are',
      { messages: [{ text: 'Hi', mood: 'good' }], later: {} },
      { messages: [{ text: 'Hi' }] },
    ],
  ])('%s', (_what, said, understood) => {
    const reply = read(said)
    expect(reply).toEqual({ ...nothing, ...understood })
    expect(Object.keys(reply.parameters)).toEqual(
      Object.keys((understood as { parameters?: object }).parameters ?? {}),
    )
  })

  const message = { text: 'Hi' }
  const state = (bytes: number) => ({ x: 'ż'.repeat((bytes - 8) / 2) })
  const answers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`answer ${n}`, 'x']))
  it.each<[string, object, object]>([
    ['messages', { messages: Array(10).fill(message) }, { messages: Array(11).fill(message) }],
    ['a text', { messages: [{ text: '😀'.repeat(4000) }] }, { messages: [{ text: '😀'.repeat(4001) }] }],
    [
      'choices',
      { messages: [{ ...message, choices: Array(13).fill('x') }] },
      { messages: [{ ...message, choices: Array(14).fill('x') }] },
    ],
    [
      'a choice',
      { messages: [{ ...message, choices: ['😀'.repeat(100)] }] },
      { messages: [{ ...message, choices: ['😀'.repeat(101)] }] },
    ],
    ['an intent', { messages: [], intent: 'x'.repeat(200) }, { messages: [], intent: 'x'.repeat(201) }],
    ['a confidence', { messages: [], confidence: 1 }, { messages: [], confidence: 1.01 }],
    [
      'a skill',
      { messages: [], handoff: { skill: 'x'.repeat(64) } },
      { messages: [], handoff: { skill: 'x'.repeat(65) } },
    ],
    ['answers', { messages: [], parameters: answers(20) }, { messages: [], parameters: answers(21) }],
    [
      'an answer',
      { messages: [], parameters: { a: 'x'.repeat(1000) } },
      { messages: [], parameters: { a: 'x'.repeat(1001) } },
    ],
    [
      'the name of an answer',
      { messages: [], parameters: { ['x'.repeat(64)]: 'x' } },
      { messages: [], parameters: { ['x'.repeat(65)]: 'x' } },
    ],
    ['a state', { messages: [], state: state(16_384) }, { messages: [], state: state(16_386) }],
  ])('is bounded in %s', (_what, fits, tooMuch) => {
    expect(() => read(fits)).not.toThrow()
    expect(() => read(tooMuch)).toThrow(badResponse)
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['a text', 'Hello'],
    ['an object of nothing', {}],
    ['messages that are texts', { messages: ['Hello'] }],
    ['messages that are an object', { messages: { 0: { text: 'Hello' }, length: 1 } }],
    ['a message without text', { messages: [{ choices: ['x'] }] }],
    ['a blank text', { messages: [{ text: ' \n\t' }] }],
    ['a blank choice', { messages: [{ text: 'Hi', choices: [' '] }] }],
    ['a text that is a number', { messages: [{ text: 5 }] }],
    ['a NUL', { messages: [{ text: 'a\0b' }] }],
    ['half an emoji', { messages: [{ text: '\ud83d' }] }],
    ['half an emoji in the state', { messages: [], state: { a: ['\udc00'] } }],
    ['a NUL in a name of the state', { messages: [], state: { 'a\0': 1 } }],
    ['a confidence in words', { messages: [], confidence: '0.9' }],
    ['a negative confidence', { messages: [], confidence: -0.1 }],
    ['a yes in words', { messages: [], asking: 'true' }],
    ['a handoff in words', { messages: [], handoff: 'billing' }],
    ['a skill that is a number', { messages: [], handoff: { skill: 5 } }],
    ['an answer that is an object', { messages: [], parameters: { a: {} } }],
    ['a state that is a list', { messages: [], state: [1] }],
    ['a state that is a text', { messages: [], state: 'x' }],
  ])('makes no sense as %s', (_what, said) => {
    expect(() => read(said)).toThrow(badResponse)
  })

  it.each<[string, () => unknown]>([
    ['no JSON', raw('<html></html>')],
    ['nothing at all', raw('')],
    ['two of them', raw('{"messages":[]}{"messages":[]}')],
    ['a number beyond numbers', raw('{"messages":[],"confidence":1e999}')],
    [
      'no UTF-8',
      () => readReply(Buffer.from([...Buffer.from('{"messages":[{"text":"'), 0xff, ...Buffer.from('"}]}')])),
    ],
    ['a nest of lists', raw(`{"messages":[],"state":{"a":${'['.repeat(32_000)}${']'.repeat(32_000)}}}`)],
    ['a nest of objects', raw(`{"messages":[],"state":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`)],
  ])('makes no sense as %s', (_what, run) => {
    expect(run).toThrow(badResponse)
  })

  it('cannot pass as a prototype', () => {
    const evil = '"__proto__":{"polluted":true,"skill":"stolen","toString":1}'
    const reply = readReply(
      Buffer.from(
        `{${evil},"messages":[{${evil},"text":"Hi"}],"handoff":{${evil}},"parameters":{"__proto__":"x","a":"b"},` +
          `"state":{${evil},"deep":[{${evil}}],"constructor":{"prototype":{"polluted":true}}}}`,
      ),
    )
    expect(reply).toEqual({
      ...nothing,
      messages: [{ text: 'Hi' }],
      handoff: {},
      parameters: { a: 'b' },
      state: { deep: [{}], constructor: { prototype: { polluted: true } } },
    })
    expect(JSON.stringify(reply)).not.toContain('__proto__')
    for (const each of [reply, reply.handoff, reply.parameters, reply.state])
      expect(Object.getPrototypeOf(each)).toBe(Object.prototype)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('is refused in words that name the field and nothing of what stands in it', () => {
    const secret = 'visitor@example.com'
    for (const [said, field] of [
      [{ messages: [{ text: 'x'.repeat(4001) }] }, 'messages'],
      [{ messages: [], parameters: { [secret]: 5 } }, 'parameters'],
      [{ messages: [], intent: [secret] }, 'intent'],
      [{ messages: [], handoff: secret }, 'handoff'],
      [secret, 'the whole'],
    ] as const) {
      const refuse = () => read(said)
      expect(refuse).toThrow(BotError)
      expect(refuse).toThrow(`: ${field}: `)
      expect(refuse).not.toThrow(secret)
    }
  })
})
