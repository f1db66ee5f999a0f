import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RoomLine } from '../../server/ports.ts'
import { bodyOf, escaped, isChatLine, isThatLine, parts } from '../../server/webex/format.ts'
import { openRoom, startSandbox } from '../sandbox/start.ts'

type Notice = Extract<RoomLine, { kind: 'notice' }>
const notice = (text: string, more: Partial<Notice> = {}): Notice => ({ kind: 'notice', text, ...more })
const ANNA = 'anna@example.com'

describe('a notice that calls somebody', () => {
  it('goes as Markdown and as plain text, one that calls nobody as plain text alone', () => {
    expect(bodyOf(notice('Anna_B waits', { mention: [ANNA, 'ben@example.com'] }))).toEqual({
      markdown: `<@personEmail:${ANNA}> <@personEmail:ben@example.com> Anna\\_B waits`,
      text: `${ANNA}, ben@example.com: Anna_B waits`,
    })
    for (const mention of [undefined, [], ['x|y@example.com', '<@all>', 'a@b>', 'nobody']])
      expect(bodyOf(notice('*waits*', { mention, replyTo: 'm1' }))).toEqual({
        text: '*waits*',
        parentId: 'm1',
      })
  })

  it.each([
    ['<@all> <b>', '&lt;@all&gt; &lt;b&gt;'],
    ['&lt; &#42;', '&amp;lt; &amp;#42;'],
    ['**a** _b_ ~c~ `d` [e](f) \\', '\\*\\*a\\*\\* \\_b\\_ \\~c\\~ \\`d\\` \\[e\\](f) \\\\'],
    [
      '# a\n- b\n+ c\n1. d\n12) e\n---\n===',
      '\\# a  \n\\- b  \n\\+ c  \n1\\. d  \n12\\) e  \n\\---  \n\\===',
    ],
    ['a\n    b\n\tc', 'a  \n&#32;   b  \n&#9;c'],
    ['a - b, 1.5 #c', 'a - b, 1.5 #c'],
  ])('means nothing by %j', (text, markdown) => {
    expect(escaped(text)).toBe(markdown)
  })

  it('is read as it was written, whatever is in it', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started, [ANNA])
    const pieces = fc.constantFrom(
      ...'*_`~#+-=.)([]!<>&|\\1a/@',
      ' ',
      '\n',
      '&amp;',
      '&#42;',
      '<@all>',
      `<@personEmail:${ANNA}>`,
      '1. ',
    )
    const words = (text: string) => text.replace(/\s+/g, ' ').trim()
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { minLength: 1, maxLength: 12 }), async (some) => {
        const text = some.join('')
        const { markdown } = bodyOf(notice(text, { mention: [ANNA] }))
        const { body } = await started.rest<{
          text: string
          mentionedPeople: string[]
          mentionedGroups?: string[]
        }>('POST', '/messages', { roomId, markdown })
        expect(words(body.text)).toBe(words(`Anna ${text}`))
        expect(body.mentionedPeople).toHaveLength(1)
        expect(body.mentionedGroups).toBeUndefined()
      }),
      { numRuns: 200 },
    )
  })

  it('fits into a post in every part, whatever its text becomes as Markdown', () => {
    const pieces = fc.constantFrom('&', '<', ' ', '\n ', '*', 'a', 'ż', '😀')
    const people = Array.from({ length: 300 }, (_, n) => `somebody.${n}@example.com`)
    fc.assert(
      fc.property(
        pieces,
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 0, max: 300 }),
        (piece, length, called) => {
          const text = piece.repeat(length)
          const whole = parts(notice(text, { mention: people.slice(0, called), replyTo: 'm1' })) as Notice[]
          expect(whole.map((part) => part.text).join('')).toBe(text)
          for (const part of whole) {
            const { text: plain, markdown = '' } = bodyOf(part)
            expect(Buffer.byteLength(plain)).toBeLessThanOrEqual(7439)
            expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(7439)
            expect(part.replyTo).toBe('m1')
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is known again by its words, also where Webex made the plain text, but not without a call', () => {
    const line = notice('Anna waits\nfor you', { mention: [ANNA] })
    const said = (text: string, mentionedPeople = ['anna']) => ({ text, mentionedPeople })
    expect(isThatLine(said(`${ANNA}: Anna waits\nfor you`), line)).toBe(true)
    expect(isThatLine(said('Anna K. Anna waits for you'), line)).toBe(true)
    expect(isThatLine(said('Anna waits\nfor you', []), line)).toBe(true)
    expect(isThatLine(said('Anna K. Anna waits for you', []), line)).toBe(false)
    expect(isThatLine(said('Anna K. Anna waits for you all'), line)).toBe(false)
    expect(isThatLine(said('Anna K. Anna waits\nfor you'), notice(line.text))).toBe(false)
  })
})

describe('a line of the chat', () => {
  it.each<[text: string, is: boolean]>([
    ['Anna · 12\nhello', true],
    ['Anna · 12b\nhello', true],
    ['Anna · 12–15\nhello', true],
    ['Bot · 3\n', true],
    ['Anna · 12', true],
    ['Sales · Anna · 12\nhello', false],
    ['The visitor has left.', false],
    ['The visitor wrote:\nAnna · 12\nhello', false],
    ['Geolocation: unknown\nIP: 10.0.0.0', false],
    ['', false],
  ])('is told from a notice by its header: %j', (text, is) => {
    expect(isChatLine(text)).toBe(is)
  })
})
