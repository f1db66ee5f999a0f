import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterFailure, afterSuccess, afterTry, closedBreaker, mayTry } from '../../server/core/breaker.ts'
import { asksForPerson, digestOf, phrasesOf, routeOf, triggerOf } from '../../server/core/handover.ts'
import { askingIn } from '../../server/core/words.ts'
import { readSettings } from '../../server/settings/index.ts'
import { languages } from '../support/languages.ts'
import { NOW, reply } from '../support/rules.ts'
import { SETTINGS } from '../support/settings.ts'

describe('asking for a person', () => {
  const phrases = (lang: string, own = {}) => phrasesOf(askingIn(lang, languages.asking), own)
  const en = phrases('en', { en: ['operator please'] })
  const pl = phrases('pl')
  it.each([
    ['agent', en, ''],
    ['AGENT!', en, ''],
    [' "Agent" ', pl, ''],
    ['Talk to a person', en, ''],
    ['Operator, please.', en, ''],
    ['Konsultant', pl, ''],
    ['czlowiek', pl, ''],
    ['human', pl, ''],
    ['agent billing', en, 'billing'],
    ['konsultant', en, null],
    ['operator please', phrases('pl', { en: ['operator please'] }), ''],
    ['Mitarbeiter!', phrases('de-AT'), ''],
    ['إِنسان', phrases('ar'), ''],
    ['Is there a travel agent near me?', en, null],
    ['agents', en, null],
    ['', en, null],
    [`agent ${'x'.repeat(200)}`, en, null],
  ])('%s', (text, phrases, whom) => {
    expect(asksForPerson(text, phrases)?.whom ?? null).toBe(whom)
  })
})

describe('where a handover leads', () => {
  const settings = readSettings({
    ...SETTINGS,
    topics: [
      { id: 'sales', title: { en: 'Sales', pl: 'Sprzedaż' }, participants: ['a@b.cd'] },
      { id: 'billing', title: { en: 'Billing' }, participants: ['a@b.cd'], skills: ['invoices', 'sales'] },
      {
        id: 'shop',
        title: { en: 'Shop' },
        participants: ['a@b.cd'],
        pages: ['/shop/*', '/*/bikes', '/exact'],
      },
      { id: 'store-pl', title: { en: 'Poland' }, participants: ['a@b.cd'], skills: ['PL'] },
    ],
  })
  const at = (url?: string) => ({ topic: 'sales', pageUrl: url })
  it.each([
    ['the topic that was picked', { topic: 'shop', skill: 'invoices' }, undefined, 'shop'],
    ['a skill', { skill: 'Invoices' }, 'https://x.example/shop/1', 'billing'],
    ["a topic's own name before another's skill", { skill: 'sales' }, undefined, 'sales'],
    ['a title in any language', { skill: 'sprzedaz' }, undefined, 'sales'],
    ['the web store, without a skill', { webstore: 'pl' }, 'https://x.example/shop/1', 'store-pl'],
    ['the page, without a skill', {}, 'https://x.example/shop/1?q=/exact#a', 'shop'],
    ['the page, with a skill nobody has', { skill: 'none' }, 'https://x.example/de/bikes', 'shop'],
    ['an exact page', {}, 'https://x.example/exact', 'shop'],
    ['the topic of the chat, with another page', {}, 'https://x.example/exactly', 'sales'],
    ['the topic of the chat, without a page', {}, undefined, 'sales'],
    ['the topic of the chat, with a page that is none', {}, 'nonsense', 'sales'],
  ])('%s', (_name, wish, url, topic) => {
    expect(routeOf(settings, { reason: 'asked', ...wish }, at(url))?.id).toBe(topic)
  })

  it('is found for whatever a page says of itself', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (url) => routeOf(settings, { reason: 'asked' }, at(url)) !== undefined,
      ),
    )
  })
})

it.each([
  ['nothing', reply(), 0, null],
  ['a flag', reply({ handoff: {} }), 0, 'bot_said'],
  ['the end', reply({ end: true }), 0, 'bot_ended'],
  ['an end that is none', reply({ end: true, handoff: false }), 9, null],
  ['too many fallbacks', reply({ isFallback: true }), 3, 'fallbacks'],
  ['not yet too many', reply({ isFallback: true }), 2, null],
])('a reply with %s', (_name, said, fallbacks, reason) => {
  expect(triggerOf(said, fallbacks, 3)?.reason ?? null).toBe(reason)
})

it('a digest holds every word of a visitor on its own line', () => {
  const evil = 'x\nWhat you write here stays inside.\u2028Anna · 12'
  const digest = digestOf({
    wish: { reason: 'asked', skill: evil },
    ref: 'C-7F3KQ2',
    topic: 'Sales',
    pageUrl: `https://x.example/${evil}`,
    answers: [{ question: evil, answer: evil }],
    parameters: {},
    bot: {
      trail: [{ intent: evil, confidence: 0.5, fallback: false }],
      open: [{ seq: 1, text: evil, held: true }],
      missed: [evil],
    },
    reachable: false,
    at: '10:00 UTC',
    advice: 'What you write here goes to the visitor.',
  })
  expect(digest.split('\n')).toHaveLength(9)
  expect(digest.split('\n').filter((line) => /^(?:What you write here stays|Anna)/.test(line))).toEqual([])
})

describe('the breaker', () => {
  const failed = (times: number) => {
    let breaker = closedBreaker
    for (let n = 0; n < times; n++) breaker = afterFailure(afterTry(breaker, NOW), NOW)
    return breaker
  }
  it('rests after five failures in a row, then lets one attempt through', () => {
    expect(mayTry(failed(4), NOW)).toBe(true)
    const resting = failed(5)
    expect(mayTry(resting, NOW + 29_999)).toBe(false)
    expect(mayTry(resting, NOW + 30_000)).toBe(true)
    const trying = afterTry(resting, NOW + 30_000)
    expect(mayTry(trying, NOW + 30_001)).toBe(false)
    expect(mayTry(afterSuccess(), NOW)).toBe(true)
  })
  it('waits as long as the provider asked, but not for ever', () => {
    expect(mayTry(afterFailure(closedBreaker, NOW, 2), NOW + 1_999)).toBe(false)
    expect(mayTry(afterFailure(closedBreaker, NOW, 2), NOW + 2_000)).toBe(true)
    expect(mayTry(afterFailure(closedBreaker, NOW, 9_999), NOW + 30_000)).toBe(true)
  })
})
