import { describe, expect, it } from 'vitest'
import type { Json } from './start.ts'
import { nextOf, openRoom, startSandbox } from './start.ts'

const ANNA = 'anna.kowalska@example.com'

describe('answers look like those of Webex', () => {
  it('creates are answered 200, deletes 204, and ids are unpadded base64 of a ciscospark address', async () => {
    const { rest } = await startSandbox()
    const made = await rest<{ id: string; type: string }>('POST', '/rooms', { title: 'Sales' })
    expect(made.status).toBe(200)
    expect(made.headers.get('content-type')).toBe('application/json;charset=UTF-8')
    expect(made.headers.get('trackingid')).toMatch(/\S/)
    expect(made.body.id).not.toContain('=')
    expect(Buffer.from(made.body.id, 'base64').toString()).toMatch(/^ciscospark:\/\/us\/ROOM\/[0-9a-f-]{36}$/)
    expect(made.body.type).toBe('group')
    expect((await rest('DELETE', `/rooms/${made.body.id}`)).status).toBe(204)
    expect((await rest('GET', `/rooms/${made.body.id}`)).status).toBe(404)
  })

  it('errors carry message, errors and trackingId', async () => {
    const { rest } = await startSandbox()
    const refused = await rest('POST', '/rooms', {})
    expect(refused.status).toBe(400)
    expect(refused.body).toEqual({
      message: expect.any(String),
      errors: [{ description: expect.any(String) }],
      trackingId: refused.headers.get('trackingid'),
    })
  })

  it.each([
    ['GET', '/nothing', 404],
    ['PATCH', '/rooms', 405],
    ['GET', '/rooms/unknown', 404],
    ['GET', '/rooms?max=0', 400],
    ['GET', '/rooms?max=null', 400],
    ['GET', '/rooms?sortBy=title', 400],
    ['GET', '/rooms?type=team', 400],
    ['GET', '/rooms/%E0%A4%A', 400],
  ])('%s %s is %i', async (method, path, status) => {
    const { rest } = await startSandbox()
    expect((await rest(method, path)).status).toBe(status)
  })

  it('a missing or unknown token is 401', async () => {
    const { as, base } = await startSandbox()
    expect((await as('nobody')('GET', '/people/me')).status).toBe(401)
    expect((await fetch(`${base}/v1/people/me`)).status).toBe(401)
  })

  it('a body that is no JSON object is 400, another type 415, a huge one 413', async () => {
    const { base, sandbox } = await startSandbox()
    const post = (body: string, type: string) =>
      fetch(`${base}/v1/rooms`, {
        method: 'POST',
        body,
        headers: { 'content-type': type, authorization: `Bearer ${sandbox.accounts.integrationToken}` },
      }).then((response) => response.status)
    expect(await post('{', 'application/json')).toBe(400)
    expect(await post('[1]', 'application/json')).toBe(400)
    expect(await post('null', 'application/json')).toBe(400)
    expect(await post('x', 'text/plain')).toBe(415)
    expect(await post('title=Sales', 'application/x-www-form-urlencoded')).toBe(200)
    expect(await post(JSON.stringify({ title: 'x'.repeat(2_000_000) }), 'application/json')).toBe(413)
  })
})

describe('rooms', () => {
  it('are listed by activity, newest first, in pages that Link names absolutely', async () => {
    let time = Date.parse('2026-11-20T08:00:00Z')
    const { rest, base } = await startSandbox({ now: () => time })
    const ids: string[] = []
    for (const title of ['one', 'two', 'three', 'four', 'five']) {
      time += 1000
      ids.push((await rest<{ id: string }>('POST', '/rooms', { title })).body.id)
    }
    time += 1000
    await rest('POST', '/messages', { roomId: ids[0], text: 'hello' })

    const titles: unknown[] = []
    let next: string | null = '/rooms?sortBy=lastactivity&max=2'
    let pages = 0
    while (next) {
      const { body, headers }: { body: { items: Json[] }; headers: Headers } = await rest('GET', next)
      titles.push(...body.items.map((room) => room.title))
      next = nextOf(headers)
      if (next) expect(next).toMatch(`${base}/v1/rooms?`)
      pages += 1
    }
    expect(titles).toEqual(['one', 'five', 'four', 'three', 'two'])
    expect(pages).toBe(3)
  })

  it('can be renamed, which moves no activity', async () => {
    let time = Date.parse('2026-11-20T08:00:00Z')
    const started = await startSandbox({ now: () => time })
    const id = await openRoom(started)
    time += 1000
    expect((await started.rest('PUT', `/rooms/${id}`, {})).status).toBe(400)
    const { body } = await started.rest('PUT', `/rooms/${id}`, { title: 'Closed' })
    expect(body).toMatchObject({ title: 'Closed', lastActivity: '2026-11-20T08:00:00.000Z' })
  })

  it('disappear for everybody when they are deleted', async () => {
    const started = await startSandbox()
    const { rest, bot, api } = started
    const id = await openRoom(started, ['frontroom@webex.bot'])
    const message = await rest<{ id: string }>('POST', '/messages', { roomId: id, text: 'hello' })
    expect((await bot('GET', `/rooms/${id}`)).status).toBe(200)
    await rest('DELETE', `/rooms/${id}`)
    expect((await bot('GET', `/rooms/${id}`)).status).toBe(404)
    expect((await rest('GET', `/messages/${message.body.id}`)).status).toBe(404)
    expect((await api<{ items: [] }>('GET', '/rooms')).body.items).toEqual([])
  })

  it('that are locked let only moderators add people or delete them', async () => {
    const { rest, bot } = await startSandbox()
    const { body } = await rest<{ id: string }>('POST', '/rooms', { title: 'Locked', isLocked: true })
    await rest('POST', '/memberships', { roomId: body.id, personEmail: 'frontroom@webex.bot' })
    expect((await bot('POST', '/memberships', { roomId: body.id, personEmail: ANNA })).status).toBe(403)
    expect((await bot('DELETE', `/rooms/${body.id}`)).status).toBe(204)
    expect((await bot('GET', `/rooms/${body.id}`)).status).toBe(404)
    expect((await rest('GET', `/rooms/${body.id}`)).status).toBe(200)
  })

  it('beyond the limit push out the one that was quiet the longest, with its webhooks', async () => {
    let time = Date.parse('2026-11-20T08:00:00Z')
    const started = await startSandbox({ maxRooms: 2, now: () => time++ })
    const { rest, api } = started
    const first = await openRoom(started)
    const second = await openRoom(started)
    await rest('POST', '/webhooks', {
      name: 'second',
      targetUrl: 'http://127.0.0.1:1/',
      resource: 'messages',
      event: 'all',
      filter: `roomId=${second}`,
    })
    await rest('POST', '/messages', { roomId: first, text: 'still here' })
    const third = await openRoom(started)
    const { body } = await api<{ items: { id: string }[] }>('GET', '/rooms')
    expect(body.items.map((room) => room.id)).toEqual([third, first])
    expect((await rest<{ items: Json[] }>('GET', '/webhooks')).body.items).toEqual([])
  })
})

describe('memberships', () => {
  it('make a person of an unknown address and refuse the same one twice', async () => {
    const started = await startSandbox()
    const { rest } = started
    const roomId = await openRoom(started)
    const made = await rest('POST', '/memberships', { roomId, personEmail: 'Anna.Kowalska@Example.com' })
    expect(made.body).toMatchObject({ personEmail: ANNA, personDisplayName: 'Anna Kowalska', roomId })
    expect((await rest('POST', '/memberships', { roomId, personEmail: ANNA })).status).toBe(409)
    expect((await rest('POST', '/memberships', { roomId, personId: made.body.personId })).status).toBe(409)
  })

  it('begin with the creator', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started)
    const { body } = await started.rest<{ items: Json[] }>('GET', `/memberships?roomId=${roomId}`)
    expect(body.items).toMatchObject([{ personEmail: 'desk@sandbox.example', roomType: 'group' }])
  })

  it('are found by address within a room, and only there', async () => {
    const started = await startSandbox()
    const { rest } = started
    const roomId = await openRoom(started, [ANNA, 'jan@example.com'])
    const one = await rest<{ items: Json[] }>('GET', `/memberships?roomId=${roomId}&personEmail=${ANNA}`)
    expect(one.body.items).toHaveLength(1)
    expect((await rest('GET', `/memberships?personEmail=${ANNA}`)).status).toBe(400)
    const mine = await rest<{ items: Json[] }>('GET', '/memberships?max=1000')
    expect(mine.body.items).toMatchObject([{ roomId, personEmail: 'desk@sandbox.example' }])
  })

  it('end by DELETE: the person is out, and outsiders see nothing', async () => {
    const started = await startSandbox()
    const { rest, bot } = started
    const roomId = await openRoom(started, ['frontroom@webex.bot'])
    const { body } = await rest<{ items: { id: string }[] }>(
      'GET',
      `/memberships?roomId=${roomId}&personEmail=frontroom@webex.bot`,
    )
    expect((await rest('DELETE', `/memberships/${body.items[0]?.id}`)).status).toBe(204)
    for (const path of [`/rooms/${roomId}`, `/memberships?roomId=${roomId}`, `/messages?roomId=${roomId}`]) {
      expect((await bot('GET', path)).status).toBe(404)
    }
    expect((await bot('POST', '/messages', { roomId, text: 'hello' })).status).toBe(404)
    expect((await bot('POST', '/memberships', { roomId, personEmail: ANNA })).status).toBe(404)
  })

  it.each([
    [{}, 400],
    [{ personEmail: 'nonsense' }, 400],
    [{ personEmail: ANNA, personId: 'x' }, 400],
    [{ personId: 'unknown' }, 404],
    [{ personEmail: ANNA, isModerator: 'perhaps' }, 400],
  ])('with %j are refused with %i', async (fields, status) => {
    const started = await startSandbox()
    const roomId = await openRoom(started)
    expect((await started.rest('POST', '/memberships', { roomId, ...fields })).status).toBe(status)
  })
})

describe('people', () => {
  it('are found by address, by ids (with a trailing slash, as the SDK asks) and by the beginning of a name', async () => {
    const started = await startSandbox()
    const { rest } = started
    await openRoom(started, [ANNA])
    type List = { items: { id: string; emails: string[]; status: string }[] }
    const found = await rest<List>('GET', `/people?email=${ANNA}`)
    expect(found.body.items).toMatchObject([
      { emails: [ANNA], displayName: 'Anna Kowalska', status: 'active' },
    ])
    const me = await rest<{ id: string }>('GET', '/people/me')
    const ids = `${me.body.id},${found.body.items[0]?.id}`
    const both = await rest<List>('GET', `/people/?id=${ids}&showAllTypes=false`)
    expect(both.body.items.map((person) => person.emails[0])).toEqual(['desk@sandbox.example', ANNA])
    expect((await rest<List>('GET', '/people?displayName=anna')).body.items).toHaveLength(1)
    expect((await rest<List>('GET', '/people?email=nobody@example.com')).body.items).toEqual([])
    expect((await rest('GET', '/people')).status).toBe(400)
  })

  it('show the presence that was set for them', async () => {
    const { api, rest } = await startSandbox()
    expect((await api('PUT', `/people/${ANNA}`, { status: 'asleep' })).status).toBe(400)
    expect((await api('PUT', `/people/${ANNA}`, { status: 'DoNotDisturb' })).status).toBe(200)
    const { body } = await rest<{ items: { id: string }[] }>('GET', `/people?email=${ANNA}`)
    expect((await rest('GET', `/people/${body.items[0]?.id}`)).body).toMatchObject({ status: 'DoNotDisturb' })
    const without = await rest<{ items: Json[] }>('GET', `/people?email=${ANNA}&excludeStatus=true`)
    expect(without.body.items[0]).not.toHaveProperty('status')
    const byId = await rest<{ items: Json[] }>('GET', `/people?id=${body.items[0]?.id}`)
    expect(byId.body.items).toMatchObject([{ emails: [ANNA] }])
    expect(byId.body.items[0]).not.toHaveProperty('status')
  })

  it('show when they were last seen: long ago when they are inactive, unless it is said', async () => {
    const now = Date.parse('2026-11-20T12:00:00Z')
    const { api, rest } = await startSandbox({ now: () => now })
    const set = (body: object) => api('PUT', `/people/${ANNA}`, body)
    const seen = async () =>
      (await rest<{ items: Json[] }>('GET', `/people?email=${ANNA}`)).body.items[0]?.lastActivity
    await set({ status: 'active' })
    expect(await seen()).toBe('2026-11-20T12:00:00.000Z')
    await set({ status: 'inactive' })
    expect(await seen()).toBe('2026-11-20T10:00:00.000Z')
    await set({ status: 'inactive', lastActivity: '2026-11-20T11:45:00.000Z' })
    expect(await seen()).toBe('2026-11-20T11:45:00.000Z')
    expect((await set({ status: 'active', lastActivity: 'yesterday' })).status).toBe(400)
  })
})
