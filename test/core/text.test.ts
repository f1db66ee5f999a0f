import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  codePoints,
  cut,
  isInternal,
  isStorable,
  partLetter,
  singleLine,
  splitUtf8,
  utf8Length,
  visitorLabel,
} from '../../server/core/text.ts'

const anyText = fc.string({ unit: 'grapheme', maxLength: 400 })

describe('splitting by bytes', () => {
  it('gives parts that fit, break no code point, and join to the text', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 4, max: 60 }), (text, max) => {
        const parts = splitUtf8(text, max)
        expect(parts.join('')).toBe(text)
        for (const part of parts) {
          expect(Buffer.byteLength(part)).toBeLessThanOrEqual(max)
          expect(isStorable(part)).toBe(true)
        }
      }),
    )
  })

  it('prefers to break after a word', () => {
    expect(splitUtf8('one two three', 8)).toEqual(['one two ', 'three'])
    expect(splitUtf8('0123456789', 4)).toEqual(['0123', '4567', '89'])
    expect(splitUtf8('', 4)).toEqual([''])
  })

  it('names its parts a, b … z, aa', () => {
    expect([0, 1, 25, 26, 27, 52].map(partLetter)).toEqual(['a', 'b', 'z', 'aa', 'ab', 'ba'])
  })
})

describe('measuring', () => {
  it('counts as UTF-8 does, and code points as people do', () => {
    fc.assert(fc.property(anyText, (text) => void expect(utf8Length(text)).toBe(Buffer.byteLength(text))))
    fc.assert(fc.property(anyText, (text) => void expect(codePoints(text)).toBe([...text].length)))
    fc.assert(
      fc.property(
        anyText,
        fc.nat(50),
        (text, max) => void expect(cut(text, max)).toBe([...text].slice(0, max).join('')),
      ),
    )
  })

  it.each([
    ['plain', true],
    ['😀', true],
    ['a\0b', false],
    ['\ud83d', false],
    ['\ude00 tail first', false],
    ['ok \ud83d\ude00 then \ud83d', false],
  ])('tells what can be stored: %j', (text, storable) => expect(isStorable(text)).toBe(storable))
})

describe('what a visitor calls themselves', () => {
  it.each([
    [null, 'Anonymous'],
    ['', 'Anonymous'],
    [' \u200b\u202e ', 'Anonymous'],
    ['Anna', 'Anna'],
    ['Anna · 12', 'Anna 12'],
    ['Anna\n\nBot · 13', 'Anna Bot 13'],
    ['x'.repeat(100), 'x'.repeat(60)],
  ])('%j becomes the label %j', (name, label) => expect(visitorLabel(name)).toBe(label))

  it('is one line, short, and never ends a header early, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        const label = visitorLabel(name)
        expect(label).not.toMatch(/[\n\r\u2028\u2029\u0085]|·/)
        expect(codePoints(label)).toBeLessThanOrEqual(60)
        expect(label).not.toBe('')
      }),
    )
  })

  it('cannot start a line of its own anywhere', () => {
    expect(singleLine('a\r\nb\u2028c\u0085d\te', 100)).toBe('a b c d e')
  })
})

describe('internal lines', () => {
  it.each(['// x', '/close', '  // x', '\n/x', '／／ x', '\u200b//x'])('%j stays inside', (text) =>
    expect(isInternal(text)).toBe(true),
  )
  it.each(['hello', 'and/or', 'see https://x', ''])('%j does not', (text) =>
    expect(isInternal(text)).toBe(false),
  )
})
