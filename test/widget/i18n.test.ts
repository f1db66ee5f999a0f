import { describe, expect, it } from 'vitest'
import { createSay, format, localesOf, sayEnd } from '../../widget/chat/i18n.ts'
import { direction, pick } from '../../widget/shared.ts'
import { texts } from '../../widget/texts.ts'

describe('texts', () => {
  it('are the server’s where it has them, else English', () => {
    const say = createSay({ start: 'Rozpocznij', send: '' })
    expect([say('start'), say('send'), say('end')]).toEqual(['Rozpocznij', 'Send', 'End chat'])
    expect(createSay()('end')).toBe('End chat')
  })

  it('are none where nobody wrote any, and a site may have its own', () => {
    expect(createSay(texts.en)('live')).toBe('')
    expect(createSay({ ...texts.en, live: 'You are talking to us.' })('live')).toBe('You are talking to us.')
  })

  it('are filled in as they are, whatever the filling looks like', () => {
    expect(createSay()('unread', 3)).toBe('3 unread')
    expect(createSay({ opens: 'Od {kiedy}' })('opens', '$& {n}')).toBe('Od $& {n}')
  })

  it('name the reason of an end, if it is a known one', () => {
    const say = createSay(texts.pl)
    expect(sayEnd(say, 'visitor_ended')).toBe(texts.pl.ended_visitor_ended)
    expect(sayEnd(say, 'struck_by_lightning')).toBe(texts.pl.ended)
    expect(sayEnd(createSay(), undefined)).toBe('Chat ended')
  })

  it('exist in every language with the same keys and the same holes', () => {
    const holes = (text: string) => text.match(/\{\w+\}/g)
    for (const language of Object.values(texts)) {
      expect(Object.keys(language).sort()).toEqual(Object.keys(texts.en).sort())
      for (const [key, text] of Object.entries(texts.en)) {
        const own = language[key as keyof typeof language]
        expect(own.trim()).not.toBe('')
        expect([key, holes(own)]).toEqual([key, holes(text)])
      }
    }
  })

  it('are picked by language, base language, English, or whatever there is', () => {
    const text = { en: 'Chat', pl: 'Czat' }
    expect([
      pick(text, 'pl'),
      pick(text, 'pl-PL'),
      pick(text, 'de'),
      pick({ de: 'Plausch' }, 'fr'),
      pick({}, 'en'),
    ]).toEqual(['Czat', 'Czat', 'Chat', 'Plausch', ''])
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
    expect(format(at, ['pl'], true)).toBe('poniedziałek, 23 listopada 2026 08:00')
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
