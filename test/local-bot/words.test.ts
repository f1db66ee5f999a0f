import { describe, expect, it } from 'vitest'
import { createLexicon } from '../../server/local-bot/lexicon.ts'
import { fold, isInflected, isMistyped, wordsOf } from '../../server/local-bot/words.ts'

describe('known words', () => {
  const { find } = createLexicon(['opowiedz', 'delivery', 'deliver'], (word) => word === 'odpowiedz')

  it('are found by themselves, by other endings, and by slips; the nearer counts more', () => {
    expect(find('deliver').map(({ word }) => word)).toEqual(['deliver', 'delivery'])
    const likeness = (word: string, of: string) => find(word).find((one) => one.word === of)?.likeness ?? 0
    expect(likeness('delivery', 'delivery')).toBe(1)
    expect(likeness('delivered', 'delivery')).toBeLessThan(1)
    expect(likeness('dleivery', 'delivery')).toBeLessThan(likeness('delivered', 'delivery'))
  })

  it('are not what another word of the language resembles', () => {
    expect(find('opowidez').map(({ word }) => word)).toEqual(['opowiedz'])
    expect(find('odpowiedz')).toEqual([])
  })
})

describe('words', () => {
  it.each([
    ['Zażółć', 'zazolc'],
    ['ŁÓDŹ', 'lodz'],
    ['Straße', 'strasse'],
    ['Ærø', 'aero'],
    ['e\u0301t\u00E9', 'ete'],
    ['ﬁne', 'fine'],
    ['don’t', 'dont'],
    ['½', '12'],
    ['😀', ''],
  ])('are compared without case, accents and ligatures: %s', (text, folded) => {
    expect(fold(text)).toBe(folded)
  })

  it('are found where they stand, punctuation and emoji between them', () => {
    const text = '¿Dónde “est-ce” e-mail, o’clock? 👍 3.5'
    expect(wordsOf(text).map(({ word, start, end }) => [word, text.slice(start, end)])).toEqual([
      ['donde', 'Dónde'],
      ['est', 'est'],
      ['ce', 'ce'],
      ['email', 'e-mail'],
      ['oclock', 'o’clock'],
      ['3', '3'],
      ['5', '5'],
    ])
  })

  it.each([
    ['deliver', 'delivery'],
    ['open', 'opening'],
    ['dostawa', 'dostawie'],
    ['rama', 'rame'],
    ['otwarty', 'otwarcia'],
    ['gwarancja', 'gwarancje'],
  ])('with another ending are the same: %s, %s', (a, b) => {
    expect(isInflected(a, b)).toBe(true)
    expect(isInflected(b, a)).toBe(true)
  })

  it.each([
    ['shop', 'show'],
    ['card', 'care'],
    ['bike', 'bill'],
    ['contact', 'contract'],
    ['general', 'generosity'],
    ['test', 'testament'],
  ])('that only begin alike are not: %s, %s', (a, b) => {
    expect(isInflected(a, b)).toBe(false)
  })

  it.each([
    ['hours', 'huors', true],
    ['return', 'retrun', true],
    ['address', 'adress', true],
    ['warranty', 'waranty', true],
    ['appointment', 'apointmnet', true],
    ['warranty', 'wrranyt', false],
    ['bike', 'bake', false],
    ['hours', 'horse', false],
    ['delivery', 'livery', false],
  ])('with a slip: %s, %s: %s', (a, b, same) => {
    expect(isMistyped(a, b)).toBe(same)
    expect(isMistyped(b, a)).toBe(same)
  })
})
