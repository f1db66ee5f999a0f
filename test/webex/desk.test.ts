import { describe, expect, it } from 'vitest'
import type { Presence } from '../../server/ports.ts'
import { ANNA, type Answer, calls, deskAt, fault, furnished, NOW, oddWebex, roomRef } from './desks.ts'

const never = new AbortController().signal

describe('a notice that Webex refuses as it is', () => {
  const line = { kind: 'notice', text: 'Anna waits', mention: [ANNA] } as const

  it('is said without the call, and found', async () => {
    const { started, desk, room } = await furnished()
    await fault(started, { method: 'POST', path: '/messages', answer: { status: 400 } })
    const posted = await desk.post(room, line)
    expect(posted.outcome).toBe('yes')
    expect(await desk.find(room, line)).toEqual(posted)
    expect(await calls(started, /^POST \/messages/)).toEqual(['POST /messages 400', 'POST /messages 200'])
  })

  it('is tried once for each thing it may have been refused for, and then refused', async () => {
    const { started, desk, room } = await furnished()
    const asked = await started.rest<{ id: string }>('POST', '/messages', { roomId: room.id, text: 'x' })
    await fault(started, { method: 'POST', path: '/messages', answer: { status: 400 }, times: 100 })
    const refused = await desk.post(room, { ...line, replyTo: asked.body.id })
    expect(refused).toMatchObject({ outcome: 'no', permanent: true })
    expect(await calls(started, /^POST \/messages 400/)).toHaveLength(3)
  })

  it.each([500, 502, 401, 403, 429])(
    'is not posted again after %i: it may stand, or the refusal is another',
    async (status) => {
      const { started, desk, room } = await furnished()
      const before = (await calls(started, /^POST \/messages/)).length
      await fault(started, { method: 'POST', path: '/messages', answer: { status }, times: 100 })
      expect((await desk.post(room, { ...line, replyTo: 'gone' })).outcome).not.toBe('yes')
      expect((await calls(started, /^POST \/messages/)).length - before).toBe(1)
    },
  )

  it('of the visitor is never said in another way', async () => {
    const { started, desk, room } = await furnished()
    await fault(started, { method: 'POST', path: '/messages', answer: { status: 400 }, times: 100 })
    const refused = await desk.post(room, { kind: 'visitor', label: 'Anna', marker: '2', text: 'x' })
    expect(refused).toMatchObject({ outcome: 'no', permanent: true })
    expect(await calls(started, /^POST \/messages/)).toHaveLength(1)
  })
})

describe('a line of the bot', () => {
  const line = { kind: 'bot', marker: '2', text: 'hello' } as const

  it('is written and found as ours where the token of the bot is refused', async () => {
    const { started, room } = await furnished()
    const { integrationToken } = started.sandbox.accounts
    const desk = deskAt(`${started.base}/v1`, { tokens: { integration: integrationToken, bot: 'refused' } })
    const posted = await desk.post(room, line)
    expect(posted.outcome).toBe('yes')
    expect(await desk.find(room, line)).toEqual(posted)
    await started.api('DELETE', `/rooms/${room.id}`)
    expect(await desk.regain(room)).toBeNull()
  })

  it('surely does not stand while nobody can say whether there is a bot', async () => {
    const { started, desk, room } = await furnished()
    await fault(started, { method: 'GET', path: '/people/me', answer: { status: 503 }, times: 2 })
    expect(await desk.post(room, line)).toMatchObject({ outcome: 'no', permanent: false })
    expect(await calls(started, /^POST \/messages/)).toEqual([])
  })
})

describe('threads', () => {
  async function withThreads(count: number) {
    const furniture = await furnished()
    const { started, roomId, room, desk } = furniture
    const note = await started.rest<{ id: string }>('POST', '/messages', {
      roomId,
      text: 'The visitor is away.',
    })
    for (let n = 0; n < 60; n++) await started.rest('POST', '/messages', { roomId, text: `Anna · ${n}\nx` })
    for (let n = 0; n < count; n++)
      await started.api('POST', `/rooms/${roomId}/messages`, {
        as: ANNA,
        text: `${n}`,
        parentId: note.body.id,
      })
    const known = (await desk.read(room, null)).lines.at(-1)
    if (!known) throw new Error('nothing was read')
    return { ...furniture, note: note.body.id, since: { id: known.id, at: known.at } }
  }
  const LOOKUP = /^GET \/messages\//

  it('that begin above the page are looked up once, not with every read', async () => {
    const { started, desk, room, since } = await withThreads(3)
    // From a desk that has seen nothing yet, as after a restart.
    const { integrationToken, botToken } = started.sandbox.accounts
    const fresh = deskAt(`${started.base}/v1`, {
      tokens: { integration: integrationToken, bot: botToken },
    })
    const before = (await calls(started, LOOKUP)).length
    for (let n = 0; n < 3; n++)
      expect((await fresh.read(room, since)).lines.at(-1)?.thread?.ours).toBe('notice')
    expect((await calls(started, LOOKUP)).length - before).toBe(1)
    expect((await desk.read(room, null)).lines.at(-1)?.thread?.ours).toBe('notice')
  })

  it.each([503, 429, 401])('whose beginning cannot be looked up now (%i) are read later', async (status) => {
    const { started, room, since, desk, note } = await withThreads(1)
    await fault(started, { method: 'GET', path: `/messages/${note}`, answer: { status }, times: 2 })
    await expect(desk.read(room, since)).rejects.toMatchObject({ name: 'DeliveryError' })
    await started.api('DELETE', '/faults')
    expect((await desk.read(room, since)).lines.at(-1)?.thread?.ours).toBe('notice')
  })

  it.each<[what: string, answer: Answer, ours: 'line' | 'notice' | null]>([
    ['is gone', { status: 404 }, 'notice'],
    ['is forbidden', { status: 403 }, 'notice'],
    ['has no author', { body: { id: 'm0', text: 'Anna · 2\nx' } }, 'notice'],
    ['has an author that makes no sense', { body: { personId: 7, text: 'Anna · 2\nx' } }, 'notice'],
    ['has no text', { body: { personId: 'desk' } }, 'notice'],
    ['looks like a line but is not ours', { body: { personId: 'anna', text: 'Anna · 2\nx' } }, null],
    ['is a line of the visitor', { body: { personId: 'desk', text: 'Anna · 2\nx' } }, 'line'],
    ['is a line of the bot', { body: { personId: 'bot', text: 'Bot · 2\nx' } }, 'line'],
  ])('whose beginning %s', async (_what, answer, ours) => {
    const reply = {
      id: 'm1',
      parentId: 'm0',
      personId: 'anna',
      personEmail: 'Anna@Example.com',
      text: 'x',
      created: '2026-11-20T08:00:00Z',
    }
    const { desk } = await oddWebex((path) =>
      path === '/messages/m0' ? answer : { body: { items: [reply] } },
    )
    expect((await desk.read(roomRef('r1'), null)).lines).toEqual([
      expect.objectContaining({ by: ANNA, thread: { id: 'm0', ours } }),
    ])
  })
})

describe('lines of staff', () => {
  it('are left out while nobody can tell whom they call, and hide no other', async () => {
    const line = { personId: 'anna', personEmail: ANNA, created: '2026-11-20T08:00:00Z' }
    const items = [
      { ...line, id: 'm2', text: 'two', mentionedPeople: null, html: null, parentId: null },
      { ...line, id: 'm1', text: 'one', mentionedPeople: 'anna' },
    ]
    const { desk } = await oddWebex(() => ({ body: { items } }))
    const { lines } = await desk.read(roomRef('r1'), null)
    expect(lines).toEqual([
      {
        id: 'm2',
        at: line.created,
        text: 'two',
        files: 0,
        by: ANNA,
        toBot: null,
        toColleague: false,
        thread: null,
        updated: null,
      },
    ])
  })
})

describe('people of a room', () => {
  it('are taken out one by one, also where Webex lists others than were asked for', async () => {
    const items = [
      { id: 'k1', personId: 'desk', personEmail: 'desk@example.com' },
      { id: 'k2', personId: 'ben', personEmail: 'ben@example.com' },
      { id: 'k3', personId: 'anna', personEmail: 'Anna@Example.com' },
    ]
    const { desk, asked } = await oddWebex((path) => (path === '/memberships' ? { body: { items } } : {}))
    await desk.removePeople(roomRef('r1'), [ANNA])
    expect(asked.filter((call) => call.startsWith('DELETE'))).toEqual(['DELETE /memberships/k3'])
  })

  it('may be listed under another of their addresses', async () => {
    const items = [{ id: 'k3', personId: 'anna', personEmail: 'anna.k@example.com' }]
    const { desk, asked } = await oddWebex((path) => (path === '/memberships' ? { body: { items } } : {}))
    await desk.removePeople(roomRef('r1'), [ANNA])
    expect(asked).toContain('DELETE /memberships/k3')
  })

  it('are all let in or refused before a failure is told', async () => {
    let open = 0
    let late: () => void = () => undefined
    const { desk } = await oddWebex(async (path) => {
      if (path !== '/memberships') return { body: { items: [] } }
      open++
      if (open === 1) return { status: 404 }
      await new Promise<void>((resolve) => {
        late = resolve
      })
      open = 100
      return { body: { id: 'k1' } }
    })
    const failed = desk.addPeople(roomRef('r1'), [ANNA, 'ben@example.com']).catch((error: unknown) => error)
    let told = false
    void failed.then(() => {
      told = true
    })
    await expect.poll(() => open).toBe(2)
    await desk.presence([ANNA], never)
    expect(told).toBe(false)
    late()
    expect(await failed).toMatchObject({ outcome: { effect: 'no', permanent: true } })
    expect(open).toBe(100)
  })
})

describe('presence', () => {
  const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString()

  it.each<[person: object | null, presence: Presence]>([
    [{ status: 'active' }, 'online'],
    [{ status: 'call' }, 'busy'],
    [{ status: 'meeting' }, 'busy'],
    [{ status: 'presenting' }, 'busy'],
    [{ status: 'DoNotDisturb' }, 'offline'],
    [{ status: 'OutOfOffice' }, 'offline'],
    [{ status: 'pending' }, 'offline'],
    [{ status: 'unknown' }, 'unknown'],
    [{ status: 'something new' }, 'unknown'],
    [{ status: 'constructor' }, 'unknown'],
    [{ status: null }, 'unknown'],
    [{}, 'unknown'],
    [null, 'unknown'],
    // Idle says little; idle for long says enough.
    [{ status: 'inactive', lastActivity: ago(11) }, 'unknown'],
    [{ status: 'inactive', lastActivity: ago(59) }, 'unknown'],
    [{ status: 'inactive', lastActivity: ago(61) }, 'offline'],
    [{ status: 'inactive', lastActivity: 'yesterday' }, 'offline'],
    [{ status: 'inactive' }, 'offline'],
  ])('of %j is %s', async (person, presence) => {
    const { desk, asked } = await oddWebex(() => ({
      body: { items: person ? [{ id: 'p1', emails: [ANNA], ...person }] : [] },
    }))
    expect([...(await desk.presence([ANNA], never))]).toEqual([[ANNA, presence]])
    expect(asked).toEqual(['GET /people?email=anna%40example.com'])
  })

  it.each<[status: number, presence: Presence | null]>([
    [400, 'unknown'],
    [404, 'unknown'],
    [401, null],
    [403, null],
    [429, null],
    [503, null],
  ])('after %i is %s', async (status, presence) => {
    const { desk } = await oddWebex(() => ({ status }))
    const asked = desk.presence([ANNA], never)
    if (presence !== null) expect((await asked).get(ANNA)).toBe(presence)
    else {
      const error = await asked.catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'DeliveryError' })
      expect(String(error)).not.toContain('anna')
    }
  })

  it('is that of the person asked for, not of the first one listed', async () => {
    const items = [
      { emails: ['joanna@example.com'], status: 'active' },
      { emails: ['a@example.com', 'Anna@Example.com'], status: 'call' },
    ]
    const { desk } = await oddWebex(() => ({ body: { items } }))
    expect((await desk.presence([ANNA], never)).get(ANNA)).toBe('busy')
    expect((await desk.presence(['ben@example.com'], never)).get('ben@example.com')).toBe('unknown')
  })

  async function slowWebex() {
    const waiting: (() => void)[] = []
    const odd = await oddWebex(async () => {
      await new Promise<void>((resolve) => waiting.push(resolve))
      return { body: { items: [{ emails: [], status: 'active' }] } }
    })
    return {
      ...odd,
      waiting,
      async letGo(expected: number) {
        await expect.poll(() => waiting.length).toBe(expected)
        for (const go of waiting.splice(0)) go()
      },
    }
  }
  const people = Array.from({ length: 12 }, (_, n) => `staff${n}@example.com`)

  it('is asked for five at a time, and of everybody once', async () => {
    const { desk, asked, letGo } = await slowWebex()
    const all = desk.presence([...people, ...people], never)
    for (const expected of [5, 5, 2]) await letGo(expected)
    expect([...(await all).keys()]).toEqual(people)
    expect(asked).toHaveLength(12)
  })

  it('is asked for no more when nobody waits for it', async () => {
    const { desk, asked, waiting, letGo } = await slowWebex()
    const giveUp = new AbortController()
    const all = desk.presence(people, giveUp.signal).catch((error: unknown) => error)
    await letGo(5)
    await expect.poll(() => waiting.length).toBe(5)
    giveUp.abort()
    const error = await all
    expect(error).toMatchObject({ name: 'DeliveryError' })
    expect(String(error)).toMatch(/abort/i)
    for (const go of waiting) go()
    expect(asked).toHaveLength(10)
  })
})
