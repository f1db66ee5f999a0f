/** What every desk must do, whoever is behind it. A new desk runs this suite against its own local stand-in. */
import { describe, expect, it } from 'vitest'
import type { ChatBrief, Desk, PartialRoom } from '../../server/ports.ts'

export interface DeskUnderTest {
  readonly desk: Desk
  /** Writes into a room as a member of staff. */
  write(roomId: string, text: string): Promise<void>
  /** Texts of a room in order, oldest first; null when there is no such room. */
  texts(roomId: string): Promise<readonly string[] | null>
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

  describe(`a desk: ${name}`, () => {
    test('opens a room whose first line is the opener, noting each effect under the reference', async (under) => {
      await under.desk.verify()
      const notes: PartialRoom[] = []
      const room = await open(under, notes)
      expect(await under.texts(room.id)).toEqual([brief.opener.join('\n')])
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
      const texts = (await under.texts(room.id)) ?? []
      for (const line of lines) expect(texts.some((text) => text.endsWith(line.text))).toBe(true)
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
      const all = await under.desk.read(room, null)
      expect(all.map((line) => line.text)).toEqual(said)
      expect(new Set(all.map((line) => line.id)).size).toBe(60)

      const known = all[20]
      if (!known) throw new Error('sixty lines were written')
      const since = await under.desk.read(room, { id: known.id, at: known.at })
      expect(since.map((line) => line.text).slice(-39)).toEqual(said.slice(21))
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
      expect(await under.texts(room.id)).toHaveLength(1)
    })

    test('believes no call that it cannot verify', async (under) => {
      const call = { method: 'POST', url: new URL('http://x/hooks'), headers: {}, rawBody: Buffer.from('{}') }
      expect(under.desk.receive(call).ok).toBe(false)
    })
  })
}
