import { describe, expect, it } from 'vitest'
import type { PartialRoom } from '../../server/ports.ts'
import { openRoom } from '../sandbox/start.ts'
import { ANNA, type Answer, calls, fault, furnished, NOW, oddWebex } from './desks.ts'

const REF = 'C-7F3KQ2'
const brief = { ref: REF, title: `Sales · Anna · ${REF}`, people: [], opener: ['Opener'], withBot: false }
const never = new AbortController().signal
const minutes = (n: number) => n * 60_000

/** Pages by `page=`, the first of them empty. */
function paged(path: string, query: URLSearchParams, pages: readonly (readonly object[])[]): Answer {
  const page = Number(query.get('page') ?? '0')
  const link = page < pages.length ? { link: `</v1${path}?page=${page + 1}>; rel="next"` } : {}
  return { body: { items: page === 0 ? [] : pages[page - 1] }, headers: link }
}

describe('rooms that moved', () => {
  const at = (n: number) => new Date(NOW - minutes(n)).toISOString()

  it('are listed as far back as is asked for, over pages that may be empty', async () => {
    const pages = [
      [
        { id: 'r1', lastActivity: at(1) },
        { id: 'r2', lastActivity: at(2) },
      ],
      [{ id: 'r2', lastActivity: at(3) }, { id: 'odd', lastActivity: 'yesterday' }, { id: 'never' }],
      [
        { id: 'r3', lastActivity: at(4) },
        { id: 'r4', lastActivity: at(6) },
      ],
      [{ id: 'r5', lastActivity: at(7) }],
    ]
    const { desk, asked } = await oddWebex((path, query) => paged(path, query, pages))
    expect(await desk.moved(NOW - minutes(4))).toEqual([
      { id: 'r1', at: NOW - minutes(1) },
      { id: 'r2', at: NOW - minutes(2) },
      { id: 'r3', at: NOW - minutes(4) },
    ])
    expect(asked[0]).toBe('GET /rooms?sortBy=lastactivity&max=100')
    expect(asked).toHaveLength(4)
  })

  it('are not listed for ever', async () => {
    const { desk, asked } = await oddWebex((path) => ({
      body: { items: [{ id: 'r1', lastActivity: at(1) }] },
      headers: { link: `</v1${path}?more>; rel="next"` },
    }))
    expect(await desk.moved(0)).toHaveLength(1)
    expect(asked.length).toBeLessThanOrEqual(50)
  })
})

describe('a room that was asked for without an answer', () => {
  /** A start whose room may stand; returns what was noted last. */
  async function lost(rule: object) {
    let now = Date.now()
    const furniture = await furnished({ now: () => now })
    const { started, desk, roomId } = furniture
    await started.api('DELETE', `/rooms/${roomId}`)
    await fault(started, { method: 'POST', path: '/rooms', ...rule })
    const notes: PartialRoom[] = []
    const opening = desk.openRoom(brief, async (partial) => void notes.push(partial), never)
    await expect(opening).rejects.toMatchObject({ outcome: { effect: 'unknown' } })
    const noted = notes.at(-1) ?? { ref: REF }
    const rooms = async () => (await started.api<{ items: object[] }>('GET', '/rooms')).body.items.length
    const pass = (ms: number) => {
      now += ms
    }
    return { ...furniture, noted, rooms, pass }
  }

  it('is looked for until it can no longer appear', async () => {
    const { desk, noted, pass } = await lost({ answer: { status: 502 } })
    for (let n = 0; n < 5; n++) {
      await expect(desk.discardRoom(noted)).rejects.toMatchObject({
        outcome: { effect: 'no', retryAfter: 60 },
      })
      pass(minutes(1))
    }
    await desk.discardRoom(noted)
  })

  it('is taken down when it appears late', async () => {
    const { desk, noted, rooms } = await lost({ answer: { status: 504 }, effect: 'late' })
    await expect.poll(rooms).toBe(1)
    await desk.discardRoom(noted)
    expect(await rooms()).toBe(0)
    await expect(desk.discardRoom(noted)).rejects.toMatchObject({ outcome: { retryAfter: 60 } })
  })

  it('is found behind all that were made since', async () => {
    const { started, desk, noted, rooms } = await lost({ effect: 'before', reset: true })
    for (let n = 0; n < 120; n++) await started.rest('POST', '/rooms', { title: `Sales · C-${n}` })
    await desk.discardRoom(noted)
    expect(await rooms()).toBe(120)
  })

  it('is not looked for among those that stood before', async () => {
    const made = (n: number) => new Date(NOW - minutes(n)).toISOString()
    const pages = [
      [{ id: 'r1', title: `Sales · ${REF}`, created: made(-1) }],
      [
        { id: 'r2', title: `Sales · ${REF}`, created: made(9) },
        { id: 'r3', title: 'Sales · C-OLD', created: made(11) },
      ],
      [{ id: 'r4', title: `Sales · ${REF}`, created: made(12) }],
    ]
    const { desk, asked } = await oddWebex((path, query, method) =>
      method === 'GET' ? paged(path, query, pages) : {},
    )
    await desk.discardRoom({ ref: REF, askedAt: String(NOW) })
    expect(asked.filter((call) => call.startsWith('GET'))).toHaveLength(3)
    expect(asked.filter((call) => call.startsWith('DELETE'))).toEqual([
      'DELETE /rooms/r1',
      'DELETE /rooms/r2',
    ])
  })
})

describe('a room list', () => {
  it('that is behind hides what moved only for so long', async () => {
    const { started, desk, room } = await furnished()
    const before = await desk.moved(0)
    await fault(started, { lag: 60_000, path: '/rooms', times: 1 })
    await started.api('POST', `/rooms/${room.id}/messages`, { as: ANNA, text: 'hello' })
    expect(await desk.moved((before[0]?.at ?? 0) + 1)).toEqual([])
    expect(await desk.moved(0)).toHaveLength(1)
  })

  it('asks for no more than the newest page when the rest is older', async () => {
    const { started, desk, room } = await furnished()
    for (let n = 0; n < 150; n++) await openRoom(started)
    const line = await started.api<{ created: string }>('POST', `/rooms/${room.id}/messages`, {
      as: ANNA,
      text: 'hello',
    })
    const before = (await calls(started, /^GET \/rooms/)).length
    expect((await desk.moved(Date.parse(line.body.created))).map(({ id }) => id)).toContain(room.id)
    expect((await calls(started, /^GET \/rooms/)).length - before).toBe(1)
  })
})
