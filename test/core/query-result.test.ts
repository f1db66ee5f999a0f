import { describe, expect, it } from 'vitest'
import { type QueryMessage, type QueryResult, replyOf } from '../../server/core/query-result.ts'

const result = (more: Partial<QueryResult> = {}): QueryResult => ({
  intent: { displayName: 'Hours', isFallback: false, endInteraction: false, liveAgentHandoff: false },
  confidence: 0.8,
  allRequiredParamsPresent: true,
  parameters: {},
  messages: [],
  contexts: [],
  ...more,
})
const text = (words: string): QueryMessage => ({ kind: 'text', text: words })
const quick = (title: string, ...replies: string[]): QueryMessage => ({
  kind: 'quick_replies',
  title,
  replies,
})
const payload = (of: Record<string, unknown>): QueryMessage => ({ kind: 'payload', payload: of })
const said = (...messages: QueryMessage[]) => replyOf(result({ messages })).messages
const intent = (more: object) => result({ intent: { ...result().intent, ...more } as QueryResult['intent'] })

describe('a QueryResult becomes a reply', () => {
  it('with its intent, and how sure the bot is', () => {
    expect(replyOf(result())).toMatchObject({
      intent: 'Hours',
      confidence: 0.8,
      isFallback: false,
      end: false,
    })
    expect(replyOf(result({ intent: null }))).toMatchObject({
      intent: null,
      confidence: null,
      isFallback: false,
    })
    expect(replyOf(intent({ isFallback: true, endInteraction: true }))).toMatchObject({
      isFallback: true,
      end: true,
    })
    expect(replyOf(result({ confidence: 7 })).confidence).toBe(1)
  })

  it.each<[what: string, messages: QueryMessage[], expected: object[]]>([
    ['texts are lines of their own', [text('a'), text('b')], [{ text: 'a' }, { text: 'b' }]],
    ['nothing is said of empty ones', [text(''), text(' \n')], []],
    ['a title is said', [text('a'), quick('b?', 'c')], [{ text: 'a' }, { text: 'b?', choices: ['c'] }]],
    [
      'without a title choices hang on the text before',
      [text('a'), quick('', 'c', 'd', 'c')],
      [{ text: 'a', choices: ['c', 'd'] }],
    ],
    [
      'or on the first text',
      [quick('', 'c'), text('a'), text('b')],
      [{ text: 'a', choices: ['c'] }, { text: 'b' }],
    ],
    ['or are said themselves', [quick('', 'c', 'd')], [{ text: 'c\nd', choices: ['c', 'd'] }]],
    [
      'a payload may have them',
      [text('a'), payload({ choices: ['c'], quickReplies: ['d', 5] })],
      [{ text: 'a', choices: ['c', 'd'] }],
    ],
    ['other payloads are for other programs', [payload({ richContent: [] }), payload({ choices: 'c' })], []],
  ])('whose messages are its messages: %s', (_, messages, expected) => {
    expect(said(...messages)).toEqual(expected)
  })

  it('that fits a chat, whatever was sent', () => {
    const messages = [
      text(`a\0b${'x'.repeat(5000)}`),
      quick('\uD800', ...Array.from({ length: 50 }, (_, n) => `${n}${'y'.repeat(200)}`)),
      ...Array.from({ length: 50 }, () => text('z')),
    ]
    const [first, second, ...rest] = said(...messages)
    expect(first?.text).toHaveLength(4000)
    expect(first?.text.startsWith('abx')).toBe(true)
    expect(second?.text).toBe('\uFFFD')
    expect(second?.choices).toHaveLength(13)
    expect(second?.choices?.[0]).toHaveLength(100)
    expect(rest).toHaveLength(8)
  })

  it.each<[what: string, query: QueryResult, handoff: unknown]>([
    ['nothing said', result(), null],
    ['the flag', intent({ liveAgentHandoff: true }), {}],
    ['a payload', result({ messages: [payload({ livechat: true })] }), {}],
    [
      'a payload that says whereto',
      result({
        messages: [payload({ livechat: true, skill: 'billing', mscWebstore: 'PL', mscChannel: 'web' })],
      }),
      { skill: 'billing', webstore: 'PL', channel: 'web' },
    ],
    ['words for booleans', result({ messages: [payload({ livechat: 'true', skill: '' })] }), {}],
    ['a payload that says no', result({ messages: [payload({ livechat: false, skill: 'x' })] }), false],
    [
      'a payload against the flag',
      { ...intent({ liveAgentHandoff: true }), messages: [payload({ livechat: false })] },
      false,
    ],
    [
      'the last of two',
      result({ messages: [payload({ livechat: false }), payload({ livechat: true })] }),
      {},
    ],
    ['wrong types', result({ messages: [payload({ livechat: 1 }), payload({ livechat: null })] }), null],
    ['a skill that is no word', result({ messages: [payload({ livechat: true, skill: { a: 1 } })] }), {}],
  ])('that hands over: %s', (_, query, handoff) => {
    expect(replyOf(query).handoff).toEqual(handoff)
  })

  it('that asks while a parameter is missing, or a context of the intake lives', () => {
    const context = (name: string, lifespan: number) =>
      replyOf(result({ contexts: [{ name, lifespan, parameters: {} }] })).asking
    expect(replyOf(result({ allRequiredParamsPresent: false })).asking).toBe(true)
    expect(context('prechat', 1)).toBe(true)
    expect(context('prechat-phone', 2)).toBe(true)
    expect(context('prechat', 0)).toBe(false)
    expect(context('prechatter', 1)).toBe(false)
  })

  it('with the parameters that are filled, in their order', () => {
    const parameters = {
      subject: ' A bell ',
      number: 4711,
      empty: '',
      blank: '  ',
      nothing: null,
      list: ['a', '', 'b'],
      deep: { a: 1 },
      long: 'x'.repeat(5000),
    }
    const reply = replyOf(result({ parameters }))
    expect(Object.entries(reply.parameters)).toEqual([
      ['subject', 'A bell'],
      ['number', '4711'],
      ['list', 'a, b'],
      ['long', 'x'.repeat(1000)],
    ])
    const hostile = JSON.parse('{"__proto__":"x","ok":"y"}') as Record<string, unknown>
    expect(replyOf(result({ parameters: hostile })).parameters).toEqual({ ok: 'y' })
  })

  it('whose state is the contexts that live, without the provider’s own', () => {
    const living = { name: 'a', lifespan: 2, parameters: { x: 1 } }
    const contexts = [
      living,
      { name: 'b', lifespan: 0, parameters: {} },
      { name: '__system_counters__', lifespan: 1, parameters: {} },
    ]
    expect(replyOf(result({ contexts })).state).toEqual({ contexts: [living] })
  })
})
