import { describe, expect, it } from 'vitest'
import { choicesOf, isWithBot, mustWait } from '../../widget/chat/offers.ts'
import * as step from '../../widget/chat/state.ts'
import type { ChatEvent, ChatState, Message } from '../../widget/chat/wire.ts'

const at = '2026-11-20T10:00:00.000Z'
const choices = ['Fjord', 'Hafen', 'Polar']
const message = (seq: number, from: Message['from'], offered?: readonly string[]): ChatEvent => ({
  seq,
  at,
  type: 'message',
  message: { id: `m${seq}`, from, text: 'text', ...(offered && { choices: offered }) },
})
const chat = (events: readonly ChatEvent[] = [], state: ChatState = 'bot') =>
  step.started(step.looked(step.initial, { open: true }), { id: 'c1', state, topic: 'sales' }, events)
const offering = chat([message(1, 'bot'), message(2, 'bot', choices)])

describe('answers to pick from', () => {
  it('are those of the bot’s newest line', () => {
    expect(choicesOf(offering)).toEqual(choices)
    expect(choicesOf(step.heard(offering, [message(3, 'bot', ['Yes'])], 'bot'))).toEqual(['Yes'])
  })

  it('stay while only what is known of a line changes', () => {
    const delivered: ChatEvent = { seq: 3, at, type: 'message.delivered', messageId: 'm2' }
    expect(choicesOf(step.heard(offering, [delivered], 'bot'))).toBe(choicesOf(offering))
  })

  it('are gone as soon as the visitor has written, before the server knows', () => {
    expect(choicesOf(step.wrote(offering, { clientId: 'k', text: 'Fjord', at }))).toEqual([])
  })

  it.each(['agent', 'system', 'bot', 'visitor'] as const)('are gone when a line from %s came', (from) => {
    expect(choicesOf(step.heard(offering, [message(3, from)], 'bot'))).toEqual([])
  })

  it('are gone with their line, and with the chat', () => {
    const deleted: ChatEvent = { seq: 3, at, type: 'message.deleted', messageId: 'm2' }
    expect(choicesOf(step.heard(offering, [deleted], 'bot'))).toEqual([])
    const closed: ChatEvent = { seq: 3, at, type: 'state', state: 'closed', reason: 'visitor_idle' }
    expect(choicesOf(step.heard(offering, [closed], 'closed'))).toEqual([])
  })

  it('are a bot’s only', () => {
    expect(choicesOf(chat([message(1, 'agent', choices)]))).toEqual([])
    expect(choicesOf(chat())).toEqual([])
  })
})

describe('a person', () => {
  it.each([
    ['bot', true],
    ['opening', false],
    ['waiting', false],
    ['live', false],
  ] as const)('can be asked for in %s: %s', (state, expected) => {
    expect(isWithBot(chat([], state))).toBe(expected)
  })

  it('cannot be asked for before or after a chat, nor while the visitor is asked whether to end it', () => {
    expect(isWithBot({ ...offering, phase: 'loading' })).toBe(false)
    expect(isWithBot(step.over(offering, 'gone'))).toBe(false)
    expect(isWithBot({ ...offering, asking: true })).toBe(false)
  })

  it('is asked for once at a time, and again when the server has said something more', () => {
    const now = Date.parse(at)
    expect(mustWait(offering, undefined, now)).toBe(false)
    const unanswered = { chatId: 'c1', cursor: Number.POSITIVE_INFINITY }
    const more = step.heard(offering, [message(3, 'bot')], 'bot')
    expect(mustWait(more, unanswered, now)).toBe(true)
    const agreed = { chatId: 'c1', cursor: offering.cursor }
    expect(mustWait(offering, agreed, now)).toBe(true)
    expect(mustWait(more, agreed, now)).toBe(false)
  })

  it('can be asked for at once in the next chat, whatever became of the last', () => {
    const agreed = { chatId: 'c0', cursor: 99 }
    expect(mustWait(offering, agreed, Date.parse(at))).toBe(false)
  })

  it('is not asked for sooner than the server wants to be asked', () => {
    const now = Date.parse(at)
    const failed = step.failed(offering, 'Please try again.', now + 2000)
    expect(mustWait(failed, undefined, now + 1999)).toBe(true)
    expect(mustWait(failed, undefined, now + 2000)).toBe(false)
  })
})
