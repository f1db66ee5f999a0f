/** What every desk must do, whoever is behind it. A new desk runs this suite against its own local stand-in. */
import { describe, expect, it } from 'vitest'
import type {
  ChatBrief,
  Desk,
  PartialRoom,
  Presence,
  RoomLine,
  RoomRef,
  StaffLine,
} from '../../server/ports.ts'

/** A line as its room shows it. */
export interface ShownLine {
  readonly id: string
  readonly text: string
  /** Of the line it answers. */
  readonly replyTo: string | null
  /** E-mail addresses of those it calls. */
  readonly calls: readonly string[]
}

export interface DeskUnderTest {
  readonly desk: Desk
  /** How staff call somebody: `@Name` of our bot, of our other account, of a member, and of all. */
  readonly names: { readonly bot: string; readonly ours: string; readonly ben: string; readonly all: string }
  /** Writes into a room as a member of staff, Anna if it is not said who; returns the line's id. */
  write(roomId: string, text: string, more?: { as?: string; replyTo?: string }): Promise<string>
  /** Takes a line back, whoever wrote it. */
  takeBack(roomId: string, id: string): Promise<void>
  /** Changes what a member of staff wrote, Anna if it is not said who. */
  edit(roomId: string, id: string, text: string): Promise<void>
  /** From now on whatever listens to a room for us says nothing, or is gone; not told to us. */
  deafen(roomId: string, how: 'inactive' | 'missing'): Promise<void>
  /** Another program listens to a room too. */
  eavesdrop(roomId: string): Promise<void>
  /** The next room that is asked for will stand, but nobody is told. */
  loseNextRoom(): Promise<void>
  /** E-mail addresses of who is in a room. */
  people(roomId: string): Promise<readonly string[]>
  /** Sets what the desk says of somebody. */
  setPresence(email: string, presence: Presence): Promise<void>
  /** From now on the desk says it knows nobody of any address. */
  knowNobody(): Promise<void>
  /** From now on the desk answers nothing of use. */
  fail(): Promise<void>
  /** Lines of a room in order, oldest first; null when there is no such room. */
  lines(roomId: string): Promise<readonly ShownLine[] | null>
  /** How many listen to a room and do say something. */
  listening(roomId: string): Promise<number>
  /** Everything that stands: rooms and whatever listens to them. */
  standing(): Promise<{ rooms: number; listeners: number }>
  close(): Promise<void>
}

const brief: ChatBrief = {
  ref: 'C-7F3KQ2',
  title: 'Sales · Anna · C-7F3KQ2',
  people: ['anna@example.com', 'ben@example.com'],
  opener: ['Geolocation: unknown', 'What you write here goes to the visitor.'],
  withBot: true,
}
const never = new AbortController().signal
const ANNA = 'anna@example.com'
const BEN = 'ben@example.com'
const CLEO = 'cleo@example.com'

export function deskContract(name: string, create: () => Promise<DeskUnderTest>): void {
  const test = (title: string, run: (under: DeskUnderTest) => Promise<void>) =>
    it(title, async () => {
      const under = await create()
      try {
        await run(under)
      } finally {
        await under.close()
      }
    })
  const open = async ({ desk }: DeskUnderTest, notes: PartialRoom[] = []) =>
    desk.openRoom(brief, async (partial) => void notes.push(partial), never)
  const posted = async ({ desk }: DeskUnderTest, room: RoomRef, line: RoomLine): Promise<string> => {
    const result = await desk.post(room, line)
    if (result.outcome !== 'yes') throw new Error(`not posted: ${result.why}`)
    return result.id
  }
  const texts = async (under: DeskUnderTest, room: RoomRef) =>
    (await under.lines(room.id))?.map((line) => line.text) ?? null
  const lineOf = async (under: DeskUnderTest, room: RoomRef, id: string) =>
    (await under.lines(room.id))?.find((line) => line.id === id)
  /** What the desk says of one line that staff wrote. */
  const heard = async (under: DeskUnderTest, room: RoomRef, id: string): Promise<StaffLine> => {
    const found = (await under.desk.read(room, null)).lines.find((line) => line.id === id)
    if (!found) throw new Error('the line was not read')
    return found
  }

  describe(`a desk: ${name}`, () => {
    test('opens a room whose first line is the opener, noting each effect under the reference', async (under) => {
      await under.desk.verify()
      const notes: PartialRoom[] = []
      const room = await open(under, notes)
      expect(await texts(under, room)).toEqual([brief.opener.join('\n')])
      expect(notes.length).toBeGreaterThan(0)
      for (const note of [...notes, room.details]) expect(note.ref).toBe(brief.ref)
    })

    test('takes down what stands when it was cut off after any of its notes, however often it is asked to', async (under) => {
      const all: PartialRoom[] = []
      const whole = await open(under, all)
      for (let n = 0; n < 2; n++) await under.desk.discardRoom(whole.details)
      expect(await under.standing()).toEqual({ rooms: 0, listeners: 0 })
      for (let cut = 0; cut < all.length; cut++) {
        const noted: PartialRoom[] = []
        const note = async (partial: PartialRoom) => {
          noted.push(partial)
          if (noted.length > cut) throw new Error('the process died')
        }
        await expect(under.desk.openRoom(brief, note, never)).rejects.toThrow('the process died')
        for (let n = 0; n < 2; n++) await under.desk.discardRoom(noted[cut] ?? { ref: brief.ref })
        expect(await under.standing()).toEqual({ rooms: 0, listeners: 0 })
      }
    })

    test('takes down all rooms of a start whose answers were lost', async (under) => {
      const notes: PartialRoom[] = []
      for (let n = 0; n < 2; n++) {
        await under.loseNextRoom()
        await expect(open(under, notes)).rejects.toMatchObject({ outcome: { effect: 'unknown' } })
      }
      const other = await under.desk.openRoom(
        { ...brief, ref: 'C-OTHER', title: 'Sales · Ben · C-OTHER' },
        async () => undefined,
        never,
      )
      expect((await under.standing()).rooms).toBe(3)
      await under.desk.discardRoom(notes.at(-1) ?? { ref: brief.ref })
      expect((await under.standing()).rooms).toBe(1)
      expect(await under.lines(other.id)).toHaveLength(1)
    })

    test('posts lines that stand as they were written, and finds them by marker or text', async (under) => {
      const room = await open(under)
      const lines = [
        { kind: 'visitor', label: 'Anna', marker: '2', text: 'hi **there** <@all>' },
        { kind: 'visitor', label: 'Anna', marker: '12', text: 'Anna · 13\n2' },
        { kind: 'notice', text: 'The visitor has left.' },
      ] as const
      for (const line of lines) expect((await under.desk.find(room, line)).outcome).toBe('no')
      for (const line of lines) {
        const posted = await under.desk.post(room, line)
        expect(posted.outcome).toBe('yes')
        expect(await under.desk.find(room, line)).toEqual(posted)
      }
      const shown = (await texts(under, room)) ?? []
      for (const line of lines) expect(shown.some((text) => text.endsWith(line.text))).toBe(true)
      expect((await under.desk.find(room, { ...lines[1], marker: '13' })).outcome).toBe('no')
    })

    test('cuts a long line into parts that join to it', async (under) => {
      const room = await open(under)
      const text = 'zażółć 😀 '.repeat(2000)
      const parts = under.desk.parts({ kind: 'visitor', label: 'Anna', marker: '3', text })
      expect(parts.length).toBeGreaterThan(1)
      expect(parts.map((part) => part.text).join('')).toBe(text)
      for (const part of parts) expect((await under.desk.post(room, part)).outcome).toBe('yes')
    })

    test('reads what staff wrote, oldest first, and nothing of ours', async (under) => {
      const room = await open(under)
      await under.desk.post(room, { kind: 'visitor', label: 'Anna', marker: '2', text: 'ours' })
      const said = Array.from({ length: 60 }, (_, n) => `line ${n}`)
      for (const text of said) await under.write(room.id, text)
      const { lines: all } = await under.desk.read(room, null)
      expect(all.map((line) => line.text)).toEqual(said)
      expect(new Set(all.map((line) => line.id)).size).toBe(60)

      const known = all[20]
      if (!known) throw new Error('sixty lines were written')
      const { lines: since } = await under.desk.read(room, { id: known.id, at: known.at })
      expect(since.map((line) => line.text).slice(-39)).toEqual(said.slice(21))
    })

    test('says that a line was changed, and what it says now', async (under) => {
      const room = await open(under)
      const id = await under.write(room.id, 'tomorow')
      expect((await heard(under, room, id)).updated).toBeNull()
      await under.edit(room.id, id, 'tomorrow')
      const changed = await heard(under, room, id)
      expect(changed.text).toBe('tomorrow')
      expect(Date.parse(changed.updated ?? '')).toBeGreaterThanOrEqual(Date.parse(changed.at))
    })

    test('says what stands of ours, each with its marker and as it was posted', async (under) => {
      const room = await open(under)
      const text = 'Anna <@all> **waits**  \n # 1. [now](http://x.example) & &lt; \\* \\\\ `x`\n\n\tlater'
      const lines: RoomLine[] = [
        { kind: 'visitor', label: 'Anna', marker: '2', text: 'Anna · 13\nhi' },
        { kind: 'visitor', label: 'Anna', marker: '4b', text: 'hi' },
        { kind: 'bot', marker: '5', text: 'hello' },
        { kind: 'notice', text: 'The visitor is away.' },
        { kind: 'notice', text, mention: [ANNA, BEN] },
      ]
      await under.write(room.id, 'Anna · 2\nnot ours')
      const ids: string[] = []
      for (const line of lines) ids.push(await posted(under, room, line))
      const { own, from } = await under.desk.read(room, null)
      expect(from).toBeNull()
      const [opener, ...rest] = own
      expect(opener).toMatchObject({ marker: null, text: brief.opener.join('\n') })
      expect(rest.map((post) => post.id)).toEqual(ids)
      expect(rest.map((post) => post.marker)).toEqual(['2', '4b', '5', null, null])
      expect(rest.slice(3).map((post) => post.text)).toEqual(['The visitor is away.', text])
      for (const { at } of own) expect(Date.parse(at)).not.toBeNaN()
    })

    test('says from when on it has seen all there is', async (under) => {
      const room = await open(under)
      const ids: string[] = []
      for (let n = 0; n < 120; n++) ids.push(await under.write(room.id, `line ${n}`))
      const all = await under.desk.read(room, null)
      expect(all.from).toBeNull()
      const newest = all.lines.at(-1)
      if (!newest) throw new Error('many lines were written')
      const view = await under.desk.read(room, { id: newest.id, at: newest.at })
      expect(view.lines.length).toBeLessThan(120)
      const from = Date.parse(view.from ?? '')
      expect(from).toBeLessThanOrEqual(Date.parse(newest.at) + 1)
      const since = all.lines.filter(({ at }) => Date.parse(at) >= from)
      expect(view.lines.map(({ id }) => id)).toEqual(expect.arrayContaining(since.map(({ id }) => id)))
    })

    test('knows which lines are deleted, and takes none for it while it cannot look', async (under) => {
      const room = await open(under)
      const [kept, gone] = [await under.write(room.id, 'stays'), await under.write(room.id, 'goes')]
      expect(await under.desk.gone(room, [kept, gone])).toEqual([])
      await under.takeBack(room.id, gone)
      expect(await under.desk.gone(room, [kept, gone])).toEqual([gone])
      expect(await under.desk.gone(room, [])).toEqual([])
      await under.desk.discardRoom(room.details)
      await expect(under.desk.gone(room, [kept])).rejects.toMatchObject({ name: 'DeliveryError' })
      await under.fail()
      await expect(under.desk.gone(room, [kept])).rejects.toMatchObject({ name: 'DeliveryError' })
    })

    test('takes posts of ours out, whichever account wrote them, however often', async (under) => {
      const room = await open(under)
      const before = await texts(under, room)
      for (const line of [
        { kind: 'visitor', label: 'Anna', marker: '2', text: 'hi' },
        { kind: 'bot', marker: '3', text: 'hello' },
        { kind: 'notice', text: 'Somebody waits.', mention: [BEN] },
      ] as const) {
        const id = await posted(under, room, line)
        for (let n = 0; n < 2; n++) await under.desk.removePost(room, id)
        expect(await texts(under, room)).toEqual(before)
        expect((await under.desk.find(room, line)).outcome).toBe('no')
      }
    })

    test('takes nothing out that is not ours', async (under) => {
      const room = await open(under)
      const id = await under.write(room.id, 'mine')
      await expect(under.desk.removePost(room, id)).rejects.toMatchObject({ outcome: { permanent: true } })
      expect(await lineOf(under, room, id)).toBeDefined()
    })

    test('finds, of several copies, the one that was there first, however much was said since', async (under) => {
      const room = await open(under)
      for (const line of [
        { kind: 'visitor', label: 'Anna', marker: '2', text: 'hi' },
        { kind: 'bot', marker: '3', text: 'hello' },
      ] as const) {
        const first = await posted(under, room, line)
        await posted(under, room, line)
        for (let n = 0; n < 120; n++) await under.write(room.id, `line ${n}`)
        await posted(under, room, line)
        expect(await under.desk.find(room, line)).toEqual({ outcome: 'yes', id: first })
      }
    })

    test('says which rooms moved, and when', async (under) => {
      const quiet = await open(under)
      const ref = 'C-OTHER'
      const room = await under.desk.openRoom(
        { ...brief, ref, title: `Sales · ${ref}` },
        async () => {},
        never,
      )
      const moved = (since: number) => under.desk.moved(since)
      const first = await moved(0)
      expect(new Set(first.map(({ id }) => id))).toEqual(new Set([quiet.id, room.id]))
      const { at } = await heard(under, room, await under.write(room.id, 'hello'))
      const now = (await moved(Date.parse(at))).find(({ id }) => id === room.id)
      expect(now?.at).toBe(Date.parse(at))
      expect(await moved(Date.parse(at) + 1)).toEqual([])
    })

    test('says who wrote a line, and what of it was said to the bot or to a colleague', async (under) => {
      const room = await open(under)
      const { bot, ours, ben, all } = under.names
      const said: readonly [line: string, toBot: string | null, toColleague: boolean][] = [
        ['hello', null, false],
        [`${bot} help`, 'help', false],
        [`close ${bot}`, 'close', false],
        [`please ${bot} close now`, 'please close now', false],
        [`${bot}`, '', false],
        [`${bot} note they asked for **2 < 3** & more`, 'note they asked for **2 < 3** & more', false],
        [`${ben} can you help`, null, true],
        [`can you help ${ben}`, null, true],
        [`${all} who can help`, null, true],
        [`${ours} is this yours`, null, true],
        // Names alone call nobody.
        [`${ben.slice(1)} will help you`, null, false],
        [`${bot.slice(1)} says so`, null, false],
      ]
      for (const [line, toBot, toColleague] of said) {
        const id = await under.write(room.id, line)
        expect(await heard(under, room, id), line).toMatchObject({
          by: ANNA,
          toBot,
          toColleague,
          thread: null,
        })
      }
      const both = await heard(under, room, await under.write(room.id, `${bot} ask ${ben}`, { as: BEN }))
      expect(both).toMatchObject({ by: BEN, toColleague: true })
      expect(both.toBot).toMatch(/^ask /)
    })

    test('says what a line answers: the chat, a notice of ours, or somebody else', async (under) => {
      const room = await open(under)
      const [opener] = (await under.lines(room.id)) ?? []
      const began = {
        visitor: await posted(under, room, { kind: 'visitor', label: 'Anna', marker: '2', text: 'hi' }),
        bot: await posted(under, room, { kind: 'bot', marker: '3', text: 'hello' }),
        notice: await posted(under, room, { kind: 'notice', text: 'The visitor is away.' }),
        called: await posted(under, room, { kind: 'notice', text: 'Somebody waits.', mention: [BEN] }),
        opener: opener?.id ?? '',
        staff: await under.write(room.id, 'mine'),
      }
      const answers = new Map<string, string>()
      for (const [what, id] of Object.entries(began))
        answers.set(what, await under.write(room.id, `under ${what}`, { replyTo: id }))
      const gone = await under.write(room.id, '// a note that is taken back')
      const orphan = await under.write(room.id, 'under what is gone', { replyTo: gone })
      await under.takeBack(room.id, gone)

      const check = async () => {
        const { lines } = await under.desk.read(room, null)
        const ours = (id = '') => lines.find((line) => line.id === id)?.thread?.ours
        expect(Object.fromEntries([...answers].map(([what, id]) => [what, ours(id)]))).toEqual({
          visitor: 'line',
          bot: 'line',
          notice: 'notice',
          called: 'notice',
          opener: 'notice',
          staff: null,
        })
        for (const [what, id] of answers)
          expect(lines.find((line) => line.id === id)?.thread?.id).toBe(began[what as keyof typeof began])
        // Nobody can tell any more that it was a note; it must not go out for that.
        expect(lines.find((line) => line.id === orphan)?.thread).toEqual({ id: gone, ours: 'notice' })
      }
      await check()
      await check()
    })

    test('knows what a late answer hangs on, far above the newest lines', async (under) => {
      const room = await open(under)
      const note = await posted(under, room, { kind: 'notice', text: 'The visitor is away.' })
      const line = await posted(under, room, { kind: 'visitor', label: 'Anna', marker: '2', text: 'hi' })
      let last = ''
      for (let n = 0; n < 60; n++) last = await under.write(room.id, `line ${n}`)
      const underNote = await under.write(room.id, 'between us', { replyTo: note })
      const underLine = await under.write(room.id, 'to you', { replyTo: line })
      const known = await heard(under, room, last)
      const { lines } = await under.desk.read(room, { id: known.id, at: known.at })
      expect(lines.length).toBeLessThan(60)
      expect(lines.find(({ id }) => id === underNote)?.thread).toEqual({ id: note, ours: 'notice' })
      expect(lines.find(({ id }) => id === underLine)?.thread).toEqual({ id: line, ours: 'line' })
    })

    test('answers under the line that asked; under an answer or what is gone it answers all the same', async (under) => {
      const room = await open(under)
      const asked = await under.write(room.id, '/who')
      const gone = await under.write(room.id, '/who')
      await under.takeBack(room.id, gone)
      const ids: string[] = []
      for (const ask of [
        async () => asked,
        () => under.write(room.id, '/who', { replyTo: asked }),
        async () => gone,
        () => under.write(room.id, '/who', { replyTo: asked }),
      ]) {
        const line = { kind: 'notice', text: 'Nobody owns this chat.', replyTo: await ask() } as const
        expect((await under.desk.find(room, line)).outcome).toBe('no')
        const id = await posted(under, room, line)
        expect(await under.desk.find(room, line)).toEqual({ outcome: 'yes', id })
        ids.push(id)
      }
      expect(new Set(ids).size).toBe(4)
      expect((await lineOf(under, room, ids[0] ?? ''))?.replyTo).toBe(asked)
      for (const id of ids) expect((await lineOf(under, room, id))?.text).toBe('Nobody owns this chat.')
      expect(
        (await under.desk.find(room, { kind: 'notice', text: 'Nobody owns this chat', replyTo: asked }))
          .outcome,
      ).toBe('no')
    })

    test('calls people by name, and says nothing else than it was told', async (under) => {
      const room = await open(under)
      const text = 'Anna <@all> **waits** since 9_00_\n# 1. [now](http://x.example) & &lt; \\* `x`'
      const line = { kind: 'notice', text, mention: [ANNA, BEN] } as const
      expect((await under.desk.find(room, line)).outcome).toBe('no')
      const id = await posted(under, room, line)
      expect(await under.desk.find(room, line)).toEqual({ outcome: 'yes', id })
      const shown = await lineOf(under, room, id)
      expect(shown?.calls).toEqual([ANNA, BEN])
      expect(shown?.text.endsWith(text)).toBe(true)
      expect(shown?.text).not.toBe(text)
      expect((await under.desk.find(room, { ...line, text: `${text}!` })).outcome).toBe('no')
      expect((await under.desk.read(room, null)).lines).toEqual([])
    })

    test('calls people with the first part of a long notice only', async (under) => {
      const room = await open(under)
      const text = '& < _ żółw '.repeat(1500)
      const parts = under.desk.parts({ kind: 'notice', text, mention: [ANNA] })
      expect(parts.length).toBeGreaterThan(1)
      expect(parts.map((part) => part.text).join('')).toBe(text)
      const calls: (readonly string[] | undefined)[] = []
      for (const part of parts)
        calls.push((await lineOf(under, room, await posted(under, room, part)))?.calls)
      expect(calls).toEqual(parts.map((_part, index) => (index === 0 ? [ANNA] : [])))
    })

    test('lets people in and says who was not, and takes them out again, however often', async (under) => {
      const room = await open(under)
      const before = await under.people(room.id)
      const letIn = async (emails: readonly string[]) => {
        const came: string[] = []
        await under.desk.addPeople(room, emails, (email) => came.push(email))
        return came
      }
      expect(await letIn([ANNA, CLEO, 'dan@example.com', 'Cleo@Example.com'])).toEqual([
        CLEO,
        'dan@example.com',
      ])
      expect(await under.people(room.id)).toEqual([...before, CLEO, 'dan@example.com'])
      expect(await letIn([CLEO])).toEqual([])
      for (let n = 0; n < 2; n++) await under.desk.removePeople(room, ['Cleo@example.com', 'dan@example.com'])
      expect(await under.people(room.id)).toEqual(before)
      const many = Array.from({ length: 12 }, (_, n) => `staff${n}@example.com`)
      expect((await letIn(many)).sort()).toEqual([...many].sort())
    })

    test('never takes itself out of a room', async (under) => {
      const room = await open(under)
      const before = await under.people(room.id)
      await under.desk.removePeople(room, await under.desk.verify())
      expect(await under.people(room.id)).toEqual(before)
    })

    test('refuses for good to let in whom it does not know, without repeating the address', async (under) => {
      const room = await open(under)
      await under.knowNobody()
      const refused = await under.desk.addPeople(room, [CLEO]).catch((error: unknown) => error)
      expect(refused).toMatchObject({ name: 'DeliveryError', outcome: { permanent: true } })
      expect(String(refused)).not.toContain('cleo')
      expect(await under.people(room.id)).not.toContain(CLEO)
    })

    test('takes nobody out of a room that is gone, and lets nobody in', async (under) => {
      const room = await open(under)
      await under.desk.discardRoom(room.details)
      await under.desk.removePeople(room, [ANNA])
      await expect(under.desk.addPeople(room, [CLEO])).rejects.toMatchObject({ outcome: { permanent: true } })
    })

    test('says who is there; whom it does not know may be', async (under) => {
      await open(under)
      const presences: Presence[] = ['online', 'busy', 'offline', 'unknown']
      const emails = presences.map((presence) => `${presence}@example.com`)
      for (const [index, presence] of presences.entries())
        await under.setPresence(emails[index] ?? '', presence)
      // As they were asked for, whatever the desk calls them.
      const asked = [...emails, 'Online@Example.com', 'stranger@elsewhere.example']
      expect([...(await under.desk.presence(asked, never))]).toEqual([
        ...emails.map((email, index) => [email, presences[index]]),
        ['Online@Example.com', 'online'],
        ['stranger@elsewhere.example', 'unknown'],
      ])
      expect([...(await under.desk.presence([], never))]).toEqual([])
    })

    test('says that it cannot say who is there, and does not go on when nobody waits any more', async (under) => {
      await open(under)
      const gaveUp = under.desk.presence([ANNA, BEN], AbortSignal.abort())
      await expect(gaveUp).rejects.toMatchObject({ name: 'DeliveryError' })
      await under.fail()
      const failed = under.desk.presence([ANNA, BEN], never)
      await expect(failed).rejects.toMatchObject({ name: 'DeliveryError' })
    })

    test('says for good that a room is gone', async (under) => {
      const room = await open(under)
      await under.desk.discardRoom(room.details)
      const posted = await under.desk.post(room, { kind: 'notice', text: 'hello?' })
      expect(posted).toMatchObject({ outcome: 'no', permanent: true })
      await expect(under.desk.read(room, null)).rejects.toMatchObject({ outcome: { permanent: true } })
    })

    test('stops listening when a room is closed, leaves it to be read, and may be asked twice', async (under) => {
      const room = await open(under)
      await under.desk.closeRoom(room)
      await under.desk.closeRoom(room)
      expect(await under.standing()).toEqual({ rooms: 1, listeners: 0 })
      expect(await under.lines(room.id)).toHaveLength(1)
    })

    for (const how of ['inactive', 'missing'] as const)
      test(`hears again of a room whose listener is ${how}, and says so once`, async (under) => {
        const room = await open(under)
        const heardOf = await under.listening(room.id)
        expect(await under.desk.tend([room])).toEqual([])
        await under.deafen(room.id, how)
        expect(await under.listening(room.id)).toBe(0)
        const tended = await under.desk.tend([room])
        // A desk that nobody calls has nothing to mend.
        expect(tended.map(({ was }) => was)).toEqual(heardOf === 0 ? [] : [how])
        expect(await under.listening(room.id)).toBe(heardOf)
        const now = tended[0]?.room ?? room
        expect(now).toMatchObject({ id: room.id, details: { ref: brief.ref } })
        expect(await under.desk.tend([now])).toEqual([])
        await under.desk.closeRoom(now)
        expect((await under.standing()).listeners).toBe(0)
      })

    test('minds only its own listeners', async (under) => {
      const room = await open(under)
      await under.eavesdrop(room.id)
      const { listeners } = await under.standing()
      expect(await under.desk.tend([room])).toEqual([])
      expect((await under.standing()).listeners).toBe(listeners)
      await under.deafen(room.id, 'missing')
      await under.desk.closeRoom(room)
      await under.desk.closeRoom(room)
      await under.desk.discardRoom(room.details)
      expect(await under.standing()).toEqual({ rooms: 0, listeners: 1 })
    })

    test('has nothing to mend where there are no rooms', async (under) => {
      expect(await under.desk.tend([])).toEqual([])
    })

    test('believes no call that it cannot verify', async (under) => {
      const call = { method: 'POST', url: new URL('http://x/hooks'), headers: {}, rawBody: Buffer.from('{}') }
      expect(under.desk.receive(call).ok).toBe(false)
    })
  })
}
