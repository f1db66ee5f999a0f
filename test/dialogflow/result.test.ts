import { describe, expect, it } from 'vitest'
import { replyOf } from '../../server/core/query-result.ts'
import { queryResultOf } from '../../server/dialogflow/result.ts'
import { toStruct } from '../../server/dialogflow/struct.ts'

const INTENT = { displayName: 'Hours', isFallback: false, endInteraction: false, liveAgentHandoff: false }
const text = (...words: string[]) => ({ platform: 'PLATFORM_UNSPECIFIED', text: { text: words } })

const replyTo = (queryResult: object) =>
  replyOf(queryResultOf({ responseId: '1', queryResult: { intent: INTENT, ...queryResult } }))

describe('what Dialogflow answers', () => {
  it.each<[what: string, queryResult: object, messages: object[]]>([
    [
      'texts, each on its own',
      { fulfillmentMessages: [text('One'), text('Two', 'Three')] },
      [{ text: 'One' }, { text: 'Two' }, { text: 'Three' }],
    ],
    [
      'messages for messengers, which are the same again',
      {
        fulfillmentText: 'One',
        fulfillmentMessages: [
          { ...text('Fancy'), platform: 'FACEBOOK' },
          { ...text('T'), platform: 'TELEGRAM' },
          text('One'),
        ],
      },
      [{ text: 'One' }],
    ],
    [
      'messages for messengers only',
      { fulfillmentText: 'Plain', fulfillmentMessages: [{ ...text('Fancy'), platform: 'FACEBOOK' }] },
      [{ text: 'Plain' }],
    ],
    [
      'a platform as a number, or none',
      { fulfillmentMessages: [{ ...text('One'), platform: 0 }, { text: { text: ['Two'] } }] },
      [{ text: 'One' }, { text: 'Two' }],
    ],
    ['a text of old', { fulfillmentText: 'One' }, [{ text: 'One' }]],
    [
      'a text of old that repeats the first',
      { fulfillmentText: 'One', fulfillmentMessages: [text('One')] },
      [{ text: 'One' }],
    ],
    [
      'quick replies',
      {
        fulfillmentMessages: [text('Hello'), { quickReplies: { title: 'What?', quickReplies: ['A', 'B'] } }],
      },
      [{ text: 'Hello' }, { text: 'What?', choices: ['A', 'B'] }],
    ],
    [
      'a card',
      {
        fulfillmentMessages: [
          {
            card: {
              title: 'Bell',
              subtitle: '5 euros',
              imageUri: 'x',
              buttons: [{ text: 'Buy', postback: 'b' }],
            },
          },
        ],
      },
      [{ text: 'Bell\n5 euros', choices: ['Buy'] }],
    ],
    [
      'choices in a payload',
      { fulfillmentMessages: [text('Which?'), { payload: toStruct({ choices: ['A', 'B'] }) }] },
      [{ text: 'Which?', choices: ['A', 'B'] }],
    ],
    ['nothing at all', {}, []],
    [
      'things that make no sense among them',
      { fulfillmentMessages: [7, null, 'x', { text: 7 }, text('One'), { image: {} }] },
      [{ text: 'One' }],
    ],
    [
      'a list that is none',
      { fulfillmentMessages: 7, outputContexts: 'x', fulfillmentText: 'One' },
      [{ text: 'One' }],
    ],
  ])('%s', (_what, queryResult, messages) => {
    expect(replyTo(queryResult).messages).toEqual(messages)
  })

  it('hands over by a payload of the agent or of its webhook', () => {
    const payload = toStruct({ livechat: true, skill: 'billing', mscWebstore: 'PL', mscChannel: 'web' })
    const handoff = { skill: 'billing', webstore: 'PL', channel: 'web' }
    expect(replyTo({ fulfillmentMessages: [{ payload }] }).handoff).toEqual(handoff)
    expect(replyTo({ webhookPayload: payload, fulfillmentText: 'One' })).toMatchObject({
      handoff,
      messages: [{ text: 'One' }],
    })
    expect(replyTo({ intent: { ...INTENT, liveAgentHandoff: true } }).handoff).toEqual({})
  })

  it('ends by the flag of the intent, or as agents of old say it', () => {
    expect(replyTo({ intent: { ...INTENT, endInteraction: true } }).end).toBe(true)
    expect(replyTo({ diagnosticInfo: toStruct({ end_conversation: true }) }).end).toBe(true)
    expect(replyTo({ diagnosticInfo: toStruct({ end_conversation: 'no' }) }).end).toBe(false)
  })

  it('has its confidence as it was meant', () => {
    expect(replyTo({ intentDetectionConfidence: Math.fround(0.8) }).confidence).toBe(0.8)
    expect(replyTo({ intentDetectionConfidence: 7 }).confidence).toBe(1)
  })

  it('has its contexts by their short names', () => {
    const path = 'projects/p/agent/sessions/s/contexts/'
    const { contexts } = queryResultOf({
      queryResult: {
        outputContexts: [
          { name: `${path}Order-Followup`, lifespanCount: 2, parameters: toStruct({ a: [1] }) },
          { name: `${path}${'x'.repeat(251)}`, lifespanCount: 2 },
          { name: path, lifespanCount: 2 },
          { name: `${path}b`, lifespanCount: 'many' },
          { lifespanCount: 2 },
        ],
      },
    })
    expect(contexts).toEqual([
      { name: 'order-followup', lifespan: 2, parameters: { a: [1] } },
      { name: 'b', lifespan: 0, parameters: {} },
    ])
  })

  it.each([[undefined], [null], [{}], [{ queryResult: null }], [{ queryResult: 'x' }]])(
    'is no answer without a result: %o',
    (response) => {
      expect(() => queryResultOf(response)).toThrow(
        expect.objectContaining({ name: 'BotError', kind: 'bad_response' }),
      )
    },
  )
})
