import { describe, expect, it } from 'vitest'
import { readableOn } from '../../server/core/colour.ts'
import { isEmail, withoutLinks } from '../../server/core/form.ts'
import { backOff } from '../../server/core/outbox.ts'

describe('e-mail addresses', () => {
  it.each(['a@b.pl', 'anna.kowalska+x@mail.example.com', 'ążź@przykład.pl'])('%s passes', (email) =>
    expect(isEmail(email)).toBe(true),
  )
  it.each([
    '',
    'a',
    'a@b',
    '@b.pl',
    'a@b.',
    'a b@c.pl',
    'a@b.pl,c@d.pl',
    '<a@b.pl>',
    `${'x'.repeat(250)}@b.pl`,
  ])('%s does not', (email) => expect(isEmail(email)).toBe(false))
})

describe('a label without its links', () => {
  it.each([
    ['I agree.', 'I agree.'],
    ['[Terms](https://a.example/t) and [more](http://b.example)', 'Terms and more'],
    ['[a] [b](https://a.example)', '[a] b'],
    ['[a](javascript:alert(1))', '[a](javascript:alert(1))'],
    ['[a](https://a.example/x y)', '[a](https://a.example/x y)'],
  ])('%s', (label, words) => expect(withoutLinks(label)).toBe(words))
})

describe('backing off', () => {
  it('doubles up to a minute, with jitter over the upper half', () => {
    expect([1, 2, 3, 7, 50].map((n) => backOff(n, 0))).toEqual([500, 1000, 2000, 30_000, 30_000])
    expect([1, 2, 3, 7, 50].map((n) => backOff(n, 1))).toEqual([1000, 2000, 4000, 60_000, 60_000])
  })
})

describe('a readable colour', () => {
  it.each([
    ['#0b6e4f', '#ffffff'],
    ['#ffd400', '#000000'],
    ['#000000', '#ffffff'],
    ['#ffffff', '#000000'],
  ])('on %s is %s', (background, text) => expect(readableOn(background)).toBe(text))
})
