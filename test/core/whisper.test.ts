import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { transition } from '../../server/core/chat-state.ts'
import { type Audience, audienceOf, type StaffWords } from '../../server/core/whisper.ts'
import { fresh, NOW, rules } from '../support/rules.ts'

const words = (text: string, change: Partial<StaffWords> = {}): StaffWords => ({
  text,
  toBot: null,
  toColleague: false,
  underNote: false,
  ...change,
})
const open = { prefixes: ['intern:', 'intern', '（内）'], visitorPrefix: null }
const explicit = { prefixes: [], visitorPrefix: '>' }

describe('who a line of staff is for', () => {
  it.each<[string, StaffWords, Audience['to']]>([
    ['plain words', words('Hello'), 'visitor'],
    ['a note', words('// hello'), 'inside'],
    ['a note with full-width slashes', words('／／hello'), 'inside'],
    ['a note with one of each', words('/／ hello'), 'inside'],
    ['a note with look-alikes', words('⁄∕hello'), 'inside'],
    [
      'a note behind blanks and what cannot be seen',
      words(`${' '.repeat(500)}\u200b\u2060/\u00ad/hello`),
      'inside',
    ],
    ['a prefix of the site', words('Intern: hello'), 'inside'],
    ['the same, shouted and spaced out', words(' I N T E R N : hello'), 'inside'],
    ['the same in full width', words('ｉｎｔｅｒｎ： hello'), 'inside'],
    ['a prefix in another script', words('(内)hello'), 'inside'],
    ['a call of a colleague', words('Ben, look', { toColleague: true }), 'inside'],
    ['a reply under a note', words('me too', { underNote: true }), 'inside'],
    ['a note in a later line', words('Hello\r\n // he is angry'), 'inside'],
    ['a note behind a line separator', words('Hello\u2028//he is angry'), 'inside'],
    ['a note in a list', words('Hello\n\n- // he is angry'), 'inside'],
    ['a note in quotes', words('"// he is angry"'), 'inside'],
    ['a numbered note', words('1. // he is angry'), 'inside'],
    ['a call of somebody who is not there', words('@Zoe he is angry'), 'inside'],
    ['a word that only begins like a prefix', words('Internal mail is slow'), 'visitor'],
    ['a list', words('- one\n- two'), 'visitor'],
    ['an address in the text', words('See https://example.com//x'), 'visitor'],
    ['a command', words('/close'), 'bot'],
    ['a command in full width', words('／ｃｌｏｓｅ'), 'bot'],
    ['something like a command', words('/etc/hosts'), 'bot'],
    ['a word to the bot', words('Frontroom close', { toBot: 'close' }), 'bot'],
    ['a note about the bot', words('// Frontroom is odd', { toBot: '// is odd' }), 'inside'],
    ['a command under a note', words('/close', { underNote: true }), 'bot'],
  ])('%s', (_name, line, to) => {
    expect(audienceOf(line, open).to).toBe(to)
  })

  it('in an explicit topic is nobody but the staff, unless it says so', () => {
    expect(audienceOf(words('Hello'), explicit)).toEqual({ to: 'inside' })
    expect(audienceOf(words('> Hello'), explicit)).toEqual({ to: 'visitor', text: 'Hello' })
    expect(audienceOf(words(' ＞ Hello > all'), explicit)).toEqual({ to: 'visitor', text: 'Hello > all' })
    expect(audienceOf(words('>', { toColleague: true }), explicit).to).toBe('inside')
    for (const inner of ['// hm', '/close', '／／hm'])
      expect(audienceOf(words(`> ${inner}`), explicit)).toMatchObject({
        to: 'inside',
        why: expect.any(String),
      })
  })

  it('says why, where staff might not expect that it stays inside', () => {
    const kept = audienceOf(words('Good morning\n//angry'), open)
    expect(kept).toMatchObject({ to: 'inside', why: expect.stringMatching(/^Not sent to the visitor/) })
    expect(audienceOf(words('// angry'), open)).toEqual({ to: 'inside' })
  })
})

describe('whatever staff write', () => {
  const blank = fc
    .array(fc.constantFrom(' ', '\t', '\u200b', '\u2060', '\u00ad', '\ufeff', '\u3000', '\u200e'), {
      maxLength: 12,
    })
    .map((all) => all.join(''))
  const slash = fc.constantFrom('/', '／', '⁄', '∕')
  const prefix = fc.oneof(
    fc.tuple(blank, slash, blank, slash).map((parts) => parts.join('')),
    fc
      .tuple(blank, fc.constantFrom('intern:', 'INTERN:', 'I ntern :', 'ｉｎｔｅｒｎ：', '（内）'))
      .map((parts) => parts.join('')),
  )
  const secret = fc.string({ unit: 'grapheme', maxLength: 40 })
  const internal = fc.oneof(
    fc.tuple(prefix, secret).map(([begin, text]) => words(begin + text)),
    fc
      .tuple(fc.string(), fc.constantFrom('\n', '\r\n', '\r', '\u2028', '\u0085'), prefix, secret)
      .map((parts) => words(parts.join(''))),
    secret.map((text) => words(text, { toColleague: true })),
    secret.map((text) => words(text, { underNote: true })),
    fc.tuple(blank, slash, secret).map((parts) => words(parts.join(''))),
    fc.tuple(secret, fc.string()).map(([text, toBot]) => words(text, { toBot })),
  )

  it('no line that is meant for inside ever reaches an event', () => {
    fc.assert(
      fc.property(internal, fc.constantFrom(open, { ...open, visitorPrefix: '>' }), (line, by) => {
        const audience = audienceOf(line, by)
        expect(audience.to).not.toBe('visitor')
        const id = 'line'
        const input =
          audience.to === 'bot'
            ? ({ type: 'order', command: audience.command, by: 'anna@example.com', id } as const)
            : ({ type: 'whisper', id, why: undefined } as const)
        const { events } = transition({ ...fresh, state: 'waiting' }, input, NOW, rules)
        for (const event of events) if (event.type === 'message') expect(event.message.from).not.toBe('agent')
      }),
      { numRuns: 5_000 },
    )
  })

  it('what does go out is what was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const audience = audienceOf(words(text), open)
        if (audience.to === 'visitor') expect(audience.text).toBe(text)
      }),
    )
  })
})
