import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linkify } from '../../widget/chat/linkify.ts'

const links = (text: string) => linkify(text).filter((_, index) => index % 2)

describe('linkify', () => {
  it.each([
    ['see https://example.com/a?b=c#d now', ['https://example.com/a?b=c#d']],
    ['http://a.example, https://b.example.', ['http://a.example', 'https://b.example']],
    ['(https://en.wikipedia.org/wiki/Anvil_(tool))', ['https://en.wikipedia.org/wiki/Anvil_(tool)']],
    ['[https://example.com/x]!', ['https://example.com/x']],
    ['HTTPS://EXAMPLE.COM', ['HTTPS://EXAMPLE.COM']],
    ['https://example.com/zażółć', ['https://example.com/zażółć']],
    ['"https://example.com"<https://b.example>', ['https://example.com', 'https://b.example']],
    ['https://example.com?mail=a@b.example', ['https://example.com?mail=a@b.example']],
    ['javascript:alert(1) data:text/html,x ftp://a.example mailto:a@b.example www.example.com', []],
    ['xhttps://example.com', []],
    ['https://', []],
    ['https://bank.example@evil.example/', []],
    ['https://user:secret@evil.example', []],
    ['no address', []],
    ['', []],
  ])('%s', (text, expected) => {
    expect(links(text)).toEqual(expected)
  })

  it('loses nothing of the text, and makes links of http addresses only', () => {
    const piece = fc.constantFrom(
      'https://',
      'http://',
      'a.example',
      '(',
      ')',
      '.',
      ' ',
      '<',
      '@',
      'javascript:',
      '\n',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'grapheme' }))), (pieces) => {
        const text = pieces.join('')
        expect(linkify(text).join('')).toBe(text)
        for (const link of links(text)) expect(link).toMatch(/^https?:\/\/[^\s<>"]+$/i)
      }),
    )
  })
})
