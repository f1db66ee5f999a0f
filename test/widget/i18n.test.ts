import { describe, expect, it } from 'vitest'
import en from '../../texts/en.json' with { type: 'json' }
import pl from '../../texts/pl.json' with { type: 'json' }
import { createSay, direction, format, localesOf, sayEnd } from '../../widget/chat/i18n.ts'
import { pick } from '../../widget/shared.ts'

describe('texts', () => {
  it('are the server’s where it has them, else the few that come with the chat', () => {
    const say = createSay({ start: 'Rozpocznij', retry: '' })
    expect([say('start'), say('retry'), say('send')]).toEqual(['Rozpocznij', 'Try again', ''])
    expect(createSay()('retry')).toBe('Try again')
  })

  it('come in the plural form of their language where there is one', () => {
    const polish = createSay(pl.widget, ['pl'])
    expect([1, 3, 5].map((n) => polish('unread', n))).toEqual([
      pl.widget.unread_one.replace('{n}', '1'),
      pl.widget.unread_few.replace('{n}', '3'),
      pl.widget.unread_many.replace('{n}', '5'),
    ])
    expect(createSay(en.widget, ['en'])('unread', 1234)).toBe('1,234 unread')
  })

  it('are none where nobody wrote any, and a site may have its own', () => {
    expect(createSay(en.widget)('live')).toBe('')
    expect(createSay({ ...en.widget, live: 'You are talking to us.' })('live')).toBe('You are talking to us.')
  })

  it('are filled in as they are, whatever the filling looks like', () => {
    expect(createSay(en.widget)('unread', 3)).toBe('3 unread')
    expect(createSay({ opens: 'Od {kiedy}' })('opens', '$& {n}')).toBe('Od $& {n}')
  })

  it('name the reason of an end, if it is a known one', () => {
    const say = createSay(pl.widget)
    expect(sayEnd(say, 'visitor_ended')).toBe(pl.widget.ended_visitor_ended)
    expect(sayEnd(say, 'struck_by_lightning')).toBe(pl.widget.ended)
    expect(sayEnd(createSay(en.widget), undefined)).toBe(en.widget.ended)
  })

  it('are picked by language, base language, or English', () => {
    const text = { en: 'Chat', pl: 'Czat' }
    expect([pick(text, 'pl'), pick(text, 'pl-PL'), pick(text, 'de'), pick({}, 'en')]).toEqual([
      'Czat',
      'Czat',
      'Chat',
      '',
    ])
  })
})

describe('times', () => {
  const at = '2026-11-23T08:00:00'

  it('keep to the visitor’s own variant of the language', () => {
    expect(localesOf('en', ['pl-PL', 'en-GB', 'en-US'])).toEqual(['en-GB', 'en-US', 'en'])
    expect(format(at, localesOf('en', ['en-GB']))).toBe('08:00')
    expect(format(at, localesOf('en', ['en-US']))).toMatch(/^8:00\sAM$/)
  })

  it('come with their date when it matters', () => {
    expect(format(at, ['en-GB'], 'short')).toBe('23/11/2026, 08:00')
    expect(format(new Date().toISOString(), ['en-GB'], 'short')).toMatch(/^\d\d:\d\d$/)
    expect(format(at, ['pl'], 'full')).toBe('poniedziałek, 23 listopada 8:00')
  })

  it('are left out when there is none, or the language is none', () => {
    expect([format(undefined, ['en']), format('soon', ['en']), format(at, ['no_such_language!'])]).toEqual([
      '',
      '',
      '',
    ])
  })
})

describe('direction', () => {
  it.each([
    ['ar', 'rtl'],
    ['he-IL', 'rtl'],
    ['FA', 'rtl'],
    ['en', 'ltr'],
    ['arn', 'ltr'],
    ['', 'ltr'],
  ])('of %s is %s', (lang, expected) => {
    expect(direction(lang)).toBe(expected)
  })
})
