import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as step from '../../widget/chat/state.ts'
import type { ChatEvent, Config, Message, Topic } from '../../widget/chat/wire.ts'

const at = '2026-11-20T10:00:00.000Z'
const topic = (id: string, open = true): Topic => ({ id, title: id, open })
const config = (topics: Topic[], open = true): Config => ({ open: { open, name: 'New Year' }, topics })
const message = (seq: number, from: Message['from'], text: string, clientId?: string): ChatEvent => ({
  seq,
  at,
  type: 'message',
  message: { id: `m${seq}`, from, text, ...(clientId && { clientId }) },
})
const texts = (state: step.State) => state.lines.map(({ text }) => text)
const closed = (state: step.State) => step.looked(state, { open: false })
const chat = (events: ChatEvent[] = []) =>
  step.started(step.looked(step.initial, { open: true }), { id: 'c1', state: 'live', topic: 'sales' }, events)

describe('before a chat', () => {
  it('chooses no topic for the visitor when there are several', () => {
    const state = step.configured(step.initial, config([topic('sales'), topic('support')]), undefined)
    expect(state).toMatchObject({ phase: 'form', topic: undefined })
  })

  it('chooses the only topic, or the one that the page asked for', () => {
    expect(step.configured(step.initial, config([topic('sales')]), undefined).topic).toBe('sales')
    const two = config([topic('sales'), topic('support')])
    expect(step.configured(step.initial, two, 'support').topic).toBe('support')
  })

  it('never chooses a topic that is closed', () => {
    expect(step.configured(step.initial, config([topic('sales', false)]), 'sales').topic).toBeUndefined()
  })

  it('keeps the chosen topic when the texts come in another language', () => {
    const two = config([topic('sales'), topic('support')])
    const chosen: step.State = { ...step.configured(step.initial, two, 'sales'), topic: 'support' }
    expect(step.configured(chosen, two, 'sales').topic).toBe('support')
  })

  it.each([
    { open: false, topics: [topic('a', false)], phase: 'closed_hours' },
    { open: false, topics: [topic('a', false), topic('b')], phase: 'form' },
    { open: true, topics: [topic('a', false)], phase: 'form' },
  ])('is $phase when general opening is $open and topics are $topics', ({ open, topics, phase }) => {
    expect(step.configured(step.initial, config(topics, open), undefined).phase).toBe(phase)
  })

  it('goes back to the form when a start fails, with a word and a time to wait until', () => {
    const starting = step.starting(step.configured(step.initial, config([topic('a')]), undefined))
    expect(starting.phase).toBe('starting')
    expect(step.failed(starting, 'no', 5)).toMatchObject({
      phase: 'form',
      notice: 'no',
      retryAt: 5,
      topic: 'a',
    })
  })

  it('has nothing to show but the error when there is no configuration', () => {
    expect(step.failed(step.initial, 'no', 0).phase).toBe('error')
  })

  it('says why it is closed when a start comes too late', () => {
    const late = step.closed(step.starting(step.initial), { name: 'New Year', opensAt: at })
    expect(late).toMatchObject({ phase: 'closed_hours', closed: { name: 'New Year', opensAt: at } })
  })

  it('does not leave a chat or a start for a configuration that comes late', () => {
    expect(step.configured(chat(), config([topic('a')]), undefined).phase).toBe('chat')
    expect(step.configured(step.starting(step.initial), config([topic('a')]), undefined).phase).toBe(
      'starting',
    )
  })
})

describe('the log', () => {
  it('shows a line at once, then as sent, then as delivered', () => {
    const wrote = step.wrote(chat(), { clientId: 'k', text: 'hello', at })
    expect(wrote.lines[0]).toMatchObject({ status: 'sending', key: 'k', text: 'hello' })
    const sent = step.sent(wrote, message(1, 'visitor', 'hello', 'k'))
    expect(sent.lines).toMatchObject([{ status: 'sent', key: 'k', id: 'm1' }])
    const polled = step.heard(
      sent,
      [message(1, 'visitor', 'hello', 'k'), { seq: 2, at, type: 'message.delivered', messageId: 'm1' }],
      'live',
    )
    expect(polled.lines).toMatchObject([{ status: 'delivered', key: 'k', id: 'm1' }])
  })

  it('does not take back a delivery when the answer to the sending comes last', () => {
    let state = step.wrote(chat(), { clientId: 'k', text: 'hello', at })
    const delivered: ChatEvent = { seq: 2, at, type: 'message.delivered', messageId: 'm1' }
    state = step.heard(state, [message(1, 'visitor', 'hello', 'k'), delivered], 'live')
    state = step.sent(state, message(1, 'visitor', 'hello', 'k'))
    state = step.marked(state, 'k', 'unsent')
    expect(state.lines).toMatchObject([{ status: 'delivered' }])
  })

  it('puts a line where its number says, also when an earlier one comes later; what is not sent stays last', () => {
    let state = step.wrote(chat(), { clientId: 'k', text: 'second', at })
    state = step.wrote(state, { clientId: 'l', text: 'third', at })
    state = step.wrote(state, { clientId: 'm', text: 'fourth', at })
    state = step.sent(state, message(2, 'visitor', 'second', 'k'))
    expect(state.cursor).toBe(0)
    state = step.heard(state, [message(1, 'agent', 'first'), message(2, 'visitor', 'second', 'k')], 'live')
    expect(texts(state)).toEqual(['first', 'second', 'third', 'fourth'])
  })

  it('applies edits, deletions and failures, and passes over what it does not know', () => {
    const strange = JSON.parse(`{"seq":4,"at":"${at}","type":"agent.typing","who":1}`)
    const state = step.heard(
      chat(),
      [
        message(1, 'agent', 'one'),
        message(2, 'agent', 'two'),
        message(3, 'visitor', 'three', 'k'),
        strange,
        { seq: 5, at, type: 'message.edited', messageId: 'm1', text: 'uno' },
        { seq: 6, at, type: 'message.deleted', messageId: 'm2' },
        { seq: 7, at, type: 'message.failed', messageId: 'm3' },
        { seq: 8, at, type: 'message.deleted', messageId: 'nobody' },
      ],
      'live',
    )
    expect(state.lines).toMatchObject([
      { text: 'uno', edited: true },
      { text: '', deleted: true },
      { text: 'three', status: 'undelivered' },
    ])
    expect(state.cursor).toBe(8)
  })

  it('keeps the answers that the bot offers', () => {
    const choices = ['Fjord', 'Hafen']
    const asked: Message = { id: 'm1', from: 'bot', text: 'Which one?', choices }
    const state = step.heard(chat(), [{ seq: 1, at, type: 'message', message: asked }], 'bot')
    expect(state.lines).toMatchObject([{ choices }])
  })

  it('is not set back by an old answer that comes late', () => {
    const state = step.heard(chat(), [message(1, 'agent', 'a'), message(2, 'agent', 'b')], 'live')
    expect(step.heard(state, [message(1, 'agent', 'a')], 'live')).toEqual(state)
  })

  it('is the same however the events are cut into answers, and however often they come', () => {
    const all: ChatEvent[] = Array.from({ length: 12 }, (_, i) =>
      i % 4 === 3
        ? { seq: i + 1, at, type: 'message.edited', messageId: `m${i}`, text: `edited ${i}` }
        : message(i + 1, i % 2 ? 'agent' : 'visitor', `text ${i}`, i % 2 ? undefined : `k${i}`),
    )
    const whole = step.heard(chat(), all, 'live')
    fc.assert(
      fc.property(fc.array(fc.nat(12), { maxLength: 12 }), fc.subarray(all), (cuts, acknowledged) => {
        let state = chat()
        for (const event of acknowledged) state = step.sent(state, event)
        for (const cut of [...cuts, 12]) {
          // From an older place than needed: a repeated poll.
          const from = Math.max(0, Math.min(state.cursor, cut) - 2)
          state = step.heard(state, all.slice(from, Math.max(cut, state.cursor)), 'live')
        }
        expect(state).toEqual(whole)
      }),
    )
  })
})

describe('unread lines', () => {
  it('are those from our side that came while the panel was minimised', () => {
    let state = closed(chat([message(1, 'system', 'hello'), message(2, 'agent', 'seen')]))
    expect(step.unread(state)).toBe(0)
    state = step.heard(
      state,
      [
        message(3, 'agent', 'a'),
        message(4, 'bot', 'b'),
        message(5, 'system', 's'),
        message(6, 'visitor', 'v'),
      ],
      'live',
    )
    expect(step.unread(state)).toBe(2)
    state = step.looked(state, { open: true })
    expect(step.unread(state)).toBe(0)
    expect(step.unread(closed(state))).toBe(0)
  })

  it('are also those that came while another tab or window was looked at', () => {
    const hidden = step.looked(chat([message(1, 'agent', 'seen')]), { hidden: true })
    const state = step.heard(hidden, [message(2, 'agent', 'a')], 'live')
    expect(step.unread(state)).toBe(1)
    expect(step.unread(step.looked(state, { hidden: false }))).toBe(0)
  })

  it('begin where the visitor last looked, until they look again or answer', () => {
    let state = step.heard(closed(chat([message(1, 'agent', 'seen')])), [message(2, 'agent', 'a')], 'live')
    expect(state.newAfter).toBeUndefined()
    state = step.looked(state, { open: true })
    expect(state.newAfter).toBe(1)
    expect(state.lines.filter((line) => step.isNew(line, state.newAfter)).map(({ seq }) => seq)).toEqual([2])
    expect(step.heard(state, [message(3, 'agent', 'b')], 'live').newAfter).toBe(1)
    expect(step.wrote(state, { clientId: 'k', text: 'yes', at }).newAfter).toBeUndefined()
    expect(step.looked(closed(state), { open: true }).newAfter).toBeUndefined()
  })

  it('are known after a reload from what was seen before it', () => {
    const state = step.resumed(step.initial, 'c1', 1)
    expect(state.phase).toBe('loading')
    const history = step.heard(state, [message(1, 'agent', 'a'), message(2, 'agent', 'b')], 'live')
    expect(history.phase).toBe('chat')
    expect(step.unread(history)).toBe(1)
    expect(history.newAfter).toBe(1)
  })
})

describe('the end', () => {
  const closing: ChatEvent = { seq: 1, at, type: 'state', state: 'closed', reason: 'agent_closed' }

  it('comes with its reason, and what is not sent is said to be so', () => {
    const state = step.heard(step.wrote(chat(), { clientId: 'k', text: 'late', at }), [closing], 'closed')
    expect(state).toMatchObject({
      phase: 'ended',
      reason: 'agent_closed',
      lines: [{ status: 'undelivered' }],
    })
  })

  it('is final: later answers change nothing', () => {
    const state = step.heard(chat(), [closing], 'closed')
    expect(step.heard(state, [message(2, 'agent', 'ghost')], 'live')).toBe(state)
  })

  it('takes the question and the troubles away with it', () => {
    const troubled: step.State = { ...chat(), asking: true, online: false, notice: 'no' }
    expect(step.over(troubled, 'gone')).toMatchObject({
      phase: 'ended',
      asking: false,
      online: true,
      notice: '',
    })
  })

  it('leaves nothing behind for the next chat but the open panel', () => {
    const next = step.loading(
      step.heard(chat([]), [message(1, 'agent', 'a'), { ...closing, seq: 2 }], 'closed'),
    )
    expect(next).toEqual({ ...step.initial, open: true, config: undefined })
  })
})

describe('a notice that something did not work', () => {
  it('goes when the chat is in other hands', () => {
    const failed = step.failed(chat(), 'Please try again.', 0)
    expect(step.heard(failed, [message(1, 'bot', 'still here')], 'bot').notice).toBe('Please try again.')
    expect(step.heard(failed, [{ seq: 1, at, type: 'state', state: 'live' }], 'live').notice).toBe('')
  })
})

describe('an idle warning', () => {
  it('stands until somebody writes', () => {
    const warned = step.heard(chat(), [{ seq: 1, at, type: 'idle_warning', closesAt: at }], 'live')
    expect(warned.closesAt).toBe(at)
    expect(step.heard(warned, [message(2, 'visitor', 'here')], 'live').closesAt).toBeUndefined()
  })
})
