import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyOf, markerIn, ownText } from '../../server/webex/format.ts'
import { ANNA, type Answer, calls, fault, furnished, oddWebex, roomRef } from './desks.ts'

const room = roomRef('r1')
const at = (n: number) => new Date(Date.parse('2026-11-20T08:00:00Z') + n).toISOString()
const said = (n: number, change: object = {}) => ({
  id: `m${n}`,
  personId: 'anna',
  personEmail: ANNA,
  text: `line ${n}`,
  created: at(n),
  ...change,
})

/** A room with lines 0 … `count` - 1, one each millisecond, in pages of fifty. */
function roomOf(count: number, change: (n: number) => object = () => ({})) {
  return (path: string, query: URLSearchParams): Answer => {
    if (path !== '/messages') return { body: { id: 'r1' } }
    const before = query.get('beforeMessage')
    const from = before === null ? count : Number(before.slice(1))
    const numbers = Array.from({ length: 50 }, (_, n) => from - 1 - n).filter((n) => n >= 0)
    return { body: { items: numbers.map((n) => said(n, change(n))) } }
  }
}

describe('from when on a room was seen', () => {
  it('is its beginning when that was reached', async () => {
    for (const count of [0, 1, 49, 50, 100]) {
      const { desk } = await oddWebex(roomOf(count))
      const view = await desk.read(room, null)
      expect([count, view.lines.length, view.from]).toEqual([count, count, null])
    }
  })

  it('is just after the oldest line that was read: others of that instant may be on the next page', async () => {
    const { desk } = await oddWebex(roomOf(120))
    const { lines, from } = await desk.read(room, { id: 'm110', at: at(110) })
    expect(lines[0]?.at).toBe(at(70))
    expect(from).toBe(at(71))
  })

  it('is after whatever made no sense: nobody can say that it is not there', async () => {
    const { desk } = await oddWebex(
      roomOf(100, (n) => (n === 30 || n === 60 ? { mentionedPeople: 'x' } : {})),
    )
    const { lines, from } = await desk.read(room, null)
    expect(lines).toHaveLength(98)
    expect(from).toBe(at(62))
  })

  it('is never when the newest line makes no sense', async () => {
    const { desk } = await oddWebex(roomOf(3, (n) => (n === 2 ? { created: 'now' } : {})))
    const { lines, from } = await desk.read(room, null)
    expect(lines).toHaveLength(2)
    expect(Date.parse(from ?? '')).toBe(8.64e15)
  })

  it('does not end where a page has less that makes sense than it holds', async () => {
    const { desk } = await oddWebex(roomOf(120, (n) => (n === 100 ? { id: '' } : {})))
    expect((await desk.read(room, null)).lines).toHaveLength(119)
  })
})

describe('a line that is deleted while its room is being read', () => {
  const midway = (path: string, query: URLSearchParams): Answer =>
    query.has('beforeMessage') ? { status: 404 } : roomOf(60)(path, query)

  it('does not make the room seem gone, neither to who reads it nor to who looks for a line', async () => {
    const { desk } = await oddWebex(midway)
    await expect(desk.read(room, null)).rejects.toMatchObject({
      name: 'DeliveryError',
      outcome: { permanent: false },
    })
    const line = { kind: 'visitor', label: 'Anna', marker: '2', text: 'hi' } as const
    const full = await oddWebex((_path, query) =>
      query.has('beforeMessage')
        ? { status: 404 }
        : { body: { items: Array.from({ length: 100 }, (_, n) => said(100 - n)) } },
    )
    expect((await full.desk.find(room, line)).outcome).toBe('unknown')
    const gone = await oddWebex(() => ({ status: 404 }))
    expect(await gone.desk.find(room, line)).toMatchObject({ outcome: 'no', permanent: true })
  })
})

describe('an edit', () => {
  it('has an instant; a line whose instant makes no sense is left out', async () => {
    const { desk } = await oddWebex(
      roomOf(3, (n) => (n === 0 ? { updated: null } : { updated: n === 1 ? at(9) : 'later' })),
    )
    const { lines } = await desk.read(room, null)
    expect(lines.map(({ id, updated }) => [id, updated])).toEqual([
      ['m0', null],
      ['m1', at(9)],
    ])
  })
})

describe('the marker of a post of ours', () => {
  it.each([
    ['Anna · 12\nhi', '12'],
    ['Anna · 12b\nhi', '12b'],
    ['Anna · 12–15\nhi', '12–15'],
    // A part that is nothing but blanks, of which Webex keeps nothing.
    ['Anna · 12b', '12b'],
    ['Anna · 12\n2 · 13\nhi', '12'],
    ['Anna · 12 hi', null],
    ['Anna · twelve\nhi', null],
    ['The visitor is away.', null],
    ['Sales · C-7F3KQ2: this chat needs a person.', null],
  ])('of %j is %j', (text, marker) => {
    expect(markerIn(text)).toBe(marker)
  })
})

describe('the text of a notice of ours', () => {
  it('is what it was given, whoever it calls and whatever is in it', () => {
    const pieces = fc.constantFrom(
      ...'*_`~#+-=.)([]!<>&|\\1a ;\t\n',
      '&amp;',
      '&#32;',
      '  \n',
      '<@all>',
      '\\\\',
    )
    fc.assert(
      fc.property(fc.array(pieces, { minLength: 1, maxLength: 14 }), (some) => {
        const text = some.join('')
        for (const mention of [[ANNA], [ANNA, 'ben@example.com']]) {
          const { text: plain, markdown = '' } = bodyOf({ kind: 'notice', text, mention })
          expect(ownText({ text: plain, markdown })).toBe(text)
          // As Webex may have put whom it calls.
          const named = markdown.replaceAll(/<@personEmail:[^>]*>/g, '<@personId:x1|Anna K.>')
          expect(ownText({ text: 'Anna K. …', markdown: named })).toBe(text)
        }
      }),
      { numRuns: 500 },
    )
    expect(ownText({ text: 'The visitor\n*waits*', markdown: '' })).toBe('The visitor\n*waits*')
  })
})

describe('lines that are missing', () => {
  it.each<[status: number, gone: boolean | null]>([
    [200, false],
    [404, true],
    [403, false],
    [410, false],
    [503, null],
    [429, null],
    [401, null],
  ])('and answer %i: deleted %s', async (status, gone) => {
    const { desk } = await oddWebex((path) =>
      path.startsWith('/messages/') ? { status, body: { id: 'm1' } } : { body: { id: 'r1' } },
    )
    const looked = desk.gone(room, ['m1'])
    if (gone === null) await expect(looked).rejects.toMatchObject({ name: 'DeliveryError' })
    else expect(await looked).toEqual(gone ? ['m1'] : [])
  })

  it('are not deleted because we are no longer in their room', async () => {
    const { started, desk, room: ours } = await furnished()
    const line = await started.api<{ id: string }>('POST', `/rooms/${ours.id}/messages`, {
      as: ANNA,
      text: 'hello',
    })
    await started.api('DELETE', `/rooms/${ours.id}/members/desk@sandbox.example?as=${ANNA}`)
    await expect(desk.gone(ours, [line.body.id])).rejects.toMatchObject({ outcome: { permanent: true } })
  })

  it('are asked for one by one where a list is behind', async () => {
    const { started, desk, room: ours } = await furnished()
    const line = await started.api<{ id: string }>('POST', `/rooms/${ours.id}/messages`, {
      as: ANNA,
      text: 'hello',
    })
    await fault(started, { lag: 60_000, path: '/messages', times: 1 })
    expect((await desk.read(ours, null)).lines).toEqual([])
    expect(await desk.gone(ours, [line.body.id])).toEqual([])
  })
})

describe('taking out a post of ours', () => {
  async function posted(kind: 'visitor' | 'bot') {
    const furniture = await furnished()
    const { started, desk, room: ours } = furniture
    await started.api('POST', `/rooms/${ours.id}/members`, { as: ANNA, email: 'frontroom@webex.bot' })
    const line =
      kind === 'bot'
        ? ({ kind, marker: '2', text: 'hi' } as const)
        : ({ kind, label: 'Anna', marker: '2', text: 'hi' } as const)
    const result = await desk.post(ours, line)
    if (result.outcome !== 'yes') throw new Error(result.why)
    return { ...furniture, id: result.id }
  }
  const DELETES = /^DELETE \/messages/

  it.each(['visitor', 'bot'] as const)('asks the account that wrote it, here the %s line’s', async (kind) => {
    const { started, desk, room: ours, id } = await posted(kind)
    await desk.removePost(ours, id)
    expect(await calls(started, DELETES)).toEqual([`DELETE /messages/${id} 204`])
  })

  it('asks the other account when the one may not', async () => {
    const { started, desk, room: ours, id } = await posted('bot')
    await fault(started, { method: 'DELETE', path: '/messages/*', answer: { status: 403 } })
    await expect(desk.removePost(ours, id)).rejects.toMatchObject({
      outcome: { effect: 'no', status: 403, permanent: true },
    })
    expect(await calls(started, DELETES)).toHaveLength(2)
  })

  it('is done when retention was faster', async () => {
    const { started, desk, room: ours, id } = await posted('visitor')
    await started.api('DELETE', `/messages/${id}`)
    await desk.removePost(ours, id)
    expect(await calls(started, DELETES)).toEqual([])
  })

  it.each([503, 429, 401])('is not begun while nobody can say whose it is (%i)', async (status) => {
    const { started, desk, room: ours, id } = await posted('bot')
    await fault(started, { method: 'GET', path: '/messages/*', answer: { status }, times: 2 })
    await expect(desk.removePost(ours, id)).rejects.toMatchObject({ name: 'DeliveryError' })
    expect(await calls(started, DELETES)).toEqual([])
  })
})
