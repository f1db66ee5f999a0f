import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Json, Started } from './start.ts'
import { nextOf, openRoom, startReceiver, startSandbox } from './start.ts'

const ANNA = 'anna.kowalska@example.com'
const BOT = 'frontroom@webex.bot'
const SECRET = 'a secret of at least thirty-two characters: ąę'

type Hook = Json & { id: string; status: string }

function hook(started: Started, targetUrl: string, fields: Json = {}) {
  return started.rest<Hook>('POST', '/webhooks', {
    name: 'frontroom',
    targetUrl,
    resource: 'messages',
    event: 'all',
    ...fields,
  })
}

const staffLine = (started: Started, roomId: string, text: string) =>
  started.api<{ id: string }>('POST', `/rooms/${roomId}/messages`, { as: ANNA, text })

describe('a delivery', () => {
  it('carries the envelope without the text, signed over the raw bytes', async () => {
    const started = await startSandbox()
    const receiver = await startReceiver()
    const roomId = await openRoom(started, [ANNA])
    const made = await hook(started, receiver.url, { filter: `roomId=${roomId}`, secret: SECRET })
    const line = await staffLine(started, roomId, 'a secret text')
    await expect.poll(() => receiver.calls.length).toBe(1)

    const [call] = receiver.calls
    if (!call) throw new Error('no call')
    expect(call.signature).toBe(createHmac('sha1', SECRET).update(call.raw).digest('hex'))
    expect(call.raw.toString()).not.toContain('secret')
    const anna = await started.rest<{ items: Json[] }>('GET', `/people?email=${ANNA}`)
    const me = await started.rest('GET', '/people/me')
    expect(call.json).toEqual({
      id: made.body.id,
      name: 'frontroom',
      resource: 'messages',
      event: 'created',
      filter: `roomId=${roomId}`,
      orgId: expect.any(String),
      createdBy: me.body.id,
      appId: expect.any(String),
      ownedBy: 'creator',
      status: 'active',
      actorId: anna.body.items[0]?.id,
      data: {
        id: line.body.id,
        roomId,
        roomType: 'group',
        personId: anna.body.items[0]?.id,
        personEmail: ANNA,
        created: expect.any(String),
      },
    })
  })

  it('has no signature without a secret', async () => {
    const started = await startSandbox()
    const receiver = await startReceiver()
    const roomId = await openRoom(started, [ANNA])
    await hook(started, receiver.url)
    await staffLine(started, roomId, 'hello')
    await expect.poll(() => receiver.calls.length).toBe(1)
    expect(receiver.calls[0]?.signature).toBe('')
  })

  it('comes for created, updated and deleted, in that order', async () => {
    const started = await startSandbox()
    const receiver = await startReceiver()
    const roomId = await openRoom(started, [ANNA])
    await hook(started, receiver.url)
    const { body } = await staffLine(started, roomId, 'one')
    await started.api('PUT', `/rooms/${roomId}/messages/${body.id}`, { as: ANNA, text: 'two' })
    await started.api('DELETE', `/rooms/${roomId}/messages/${body.id}`, { as: ANNA })
    await expect.poll(() => receiver.calls.length).toBe(3)
    expect(receiver.calls.map((call) => call.json.event)).toEqual(['created', 'updated', 'deleted'])
    expect(receiver.calls[1]?.json.data.updated).toEqual(expect.any(String))
  })

  it('keeps the order of fifty lines', async () => {
    const started = await startSandbox()
    const receiver = await startReceiver()
    const roomId = await openRoom(started, [ANNA])
    await hook(started, receiver.url)
    const ids = []
    for (let n = 0; n < 50; n += 1) ids.push((await staffLine(started, roomId, String(n))).body.id)
    await expect.poll(() => receiver.calls.length).toBe(50)
    expect(receiver.calls.map((call) => call.json.data.id)).toEqual(ids)
  })

  it('comes only for what its event and filter name, and only from rooms its owner is in', async () => {
    const started = await startSandbox()
    const receiver = await startReceiver()
    const [one, two] = [await openRoom(started, [ANNA]), await openRoom(started, [ANNA])]
    const jan = 'jan@example.com'
    await started.api('POST', `/rooms/${one}/members`, { as: ANNA, email: jan })
    await hook(started, receiver.url, {
      event: 'created',
      filter: `roomId=${one}&personEmail=Anna.Kowalska@example.com`,
    })
    await staffLine(started, two, 'other room')
    await started.api('POST', `/rooms/${one}/messages`, { as: jan, text: 'other person' })
    const { body } = await staffLine(started, one, 'this')
    await started.api('DELETE', `/rooms/${one}/messages/${body.id}`, { as: ANNA })
    const last = await staffLine(started, one, 'and this')
    await expect.poll(() => receiver.calls.length).toBe(2)
    expect(receiver.calls.map((call) => call.json.data.id)).toEqual([body.id, last.body.id])
  })

  it('stops when the room is deleted, while the webhook stays', async () => {
    const started = await startSandbox()
    const receiver = await startReceiver()
    const [gone, other] = [await openRoom(started, [ANNA]), await openRoom(started, [ANNA])]
    const made = await hook(started, receiver.url, { filter: `roomId=${gone}` })
    await hook(started, receiver.url, { filter: `roomId=${other}` })
    await started.rest('DELETE', `/rooms/${gone}`)
    await staffLine(started, other, 'hello')
    await expect.poll(() => receiver.calls.length).toBe(1)
    expect((await started.rest('GET', `/webhooks/${made.body.id}`)).body).toMatchObject({ status: 'active' })
  })

  it('of everything tells of rooms and memberships too', async () => {
    const started = await startSandbox()
    const receiver = await startReceiver()
    await hook(started, receiver.url, { resource: 'all' })
    const roomId = await openRoom(started, [ANNA])
    await started.api('DELETE', `/rooms/${roomId}/members/${ANNA}`)
    await expect.poll(() => receiver.calls.length).toBe(4)
    expect(receiver.calls.map(({ json }) => `${json.resource} ${json.event}`)).toEqual([
      'rooms created',
      'memberships created',
      'memberships created',
      'memberships deleted',
    ])
    expect(receiver.calls[3]?.json.data).toMatchObject({ personEmail: ANNA, roomId, roomType: 'group' })
  })

  it('to a bot comes only for lines that mention it', async () => {
    const started = await startSandbox()
    const receiver = await startReceiver()
    const roomId = await openRoom(started, [ANNA, BOT])
    const firehose = { name: 'bot', targetUrl: receiver.url, resource: 'messages', event: 'created' }
    await started.bot('POST', '/webhooks', firehose)
    await staffLine(started, roomId, 'among ourselves')
    await started.bot('POST', '/messages', { roomId, text: 'my own line' })
    const { body } = await staffLine(started, roomId, '@Frontroom help')
    await expect.poll(() => receiver.calls.length).toBe(1)
    expect(receiver.calls[0]?.json.data.id).toBe(body.id)
    expect((await started.bot('GET', `/messages/${body.id}`)).body).toMatchObject({ text: 'Frontroom help' })
  })

  it('can be dropped or doubled on demand', async () => {
    const started = await startSandbox()
    const receiver = await startReceiver()
    const roomId = await openRoom(started, [ANNA])
    await hook(started, receiver.url)
    await started.api('POST', '/faults', [{ webhook: 'drop' }, { webhook: 'duplicate' }])
    await staffLine(started, roomId, 'lost')
    const twice = await staffLine(started, roomId, 'twice')
    const once = await staffLine(started, roomId, 'once')
    await expect.poll(() => receiver.calls.length).toBe(3)
    expect(receiver.calls.map((call) => call.json.data.id)).toEqual([
      twice.body.id,
      twice.body.id,
      once.body.id,
    ])
  })

  it('never leaves this machine: others count as failed, and the log says so once', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started, [ANNA])
    const far = await hook(started, 'https://frontroom.example/hooks/webex')
    await staffLine(started, roomId, 'one')
    await staffLine(started, roomId, 'two')
    type Hooks = { items: { id: string; failures: number }[] }
    await expect
      .poll(async () => (await started.api<Hooks>('GET', '/webhooks')).body.items)
      .toMatchObject([{ id: far.body.id, failures: 2 }])
    expect(started.lines.filter((line) => line.includes('https://frontroom.example'))).toHaveLength(1)
  })
})

describe('failures', () => {
  it('switch a webhook off after a hundred in five minutes; switched on again, one is enough', async () => {
    let status = 503
    const started = await startSandbox()
    const receiver = await startReceiver(() => status)
    const roomId = await openRoom(started, [ANNA])
    const { body } = await hook(started, receiver.url)
    const state = async () => (await started.rest<Hook>('GET', `/webhooks/${body.id}`)).body.status
    for (let n = 0; n < 99; n += 1) await staffLine(started, roomId, String(n))
    await expect.poll(() => receiver.calls.length).toBe(99)
    expect(await state()).toBe('active')
    await staffLine(started, roomId, 'the hundredth')
    await expect.poll(state).toBe('inactive')
    await staffLine(started, roomId, 'not delivered')

    const again = { name: 'frontroom', targetUrl: receiver.url, status: 'active' }
    expect((await started.rest('PUT', `/webhooks/${body.id}`, again)).body).toMatchObject({
      status: 'active',
    })
    await staffLine(started, roomId, 'one more')
    await expect.poll(state).toBe('inactive')
    expect(receiver.calls).toHaveLength(101)

    await started.rest('PUT', `/webhooks/${body.id}`, again)
    status = 200
    await staffLine(started, roomId, 'good again')
    await expect.poll(() => receiver.calls.length).toBe(102)
    status = 500
    await staffLine(started, roomId, 'one failure after a success')
    await expect.poll(() => receiver.calls.length).toBe(103)
    expect(await state()).toBe('active')
  })

  it('further apart than five minutes do not add up', async () => {
    let time = Date.parse('2026-11-20T08:00:00Z')
    const started = await startSandbox({ now: () => time })
    const receiver = await startReceiver(() => 500)
    const roomId = await openRoom(started, [ANNA])
    const { body } = await hook(started, receiver.url)
    for (let n = 0; n < 99; n += 1) await staffLine(started, roomId, String(n))
    type Hooks = { items: { failures: number }[] }
    const failures = async () => (await started.api<Hooks>('GET', '/webhooks')).body.items[0]?.failures
    await expect.poll(failures).toBe(99)
    time += 5 * 60_000
    await staffLine(started, roomId, 'later')
    await expect.poll(failures).toBe(1)
    expect((await started.rest('GET', `/webhooks/${body.id}`)).body).toMatchObject({ status: 'active' })
  })
})

describe('the webhook calls', () => {
  it.each<[Json, number]>([
    [{ name: '' }, 400],
    [{ targetUrl: 'nowhere' }, 400],
    [{ targetUrl: 'ftp://127.0.0.1/' }, 400],
    [{ resource: 'constructor' }, 400],
    [{ event: 'started' }, 400],
    [{ filter: 'title=Sales' }, 400],
    [{ resource: 'all', filter: 'roomId=x' }, 400],
    [{ resource: 'attachmentActions', event: 'created' }, 200],
  ])('POST with %j is %i', async (fields, status) => {
    const started = await startSandbox()
    expect((await hook(started, 'http://127.0.0.1:1/', fields)).status).toBe(status)
  })

  it('list pages of at most a hundred, show the secret, and only to the owner', async () => {
    const started = await startSandbox()
    for (let n = 0; n < 101; n += 1) await hook(started, 'http://127.0.0.1:1/', { secret: SECRET })
    const first = await started.rest<{ items: Hook[] }>('GET', '/webhooks?max=1000')
    expect(first.body.items).toHaveLength(100)
    expect(first.body.items[0]).toMatchObject({ secret: SECRET, status: 'active' })
    const second = await started.rest<{ items: Hook[] }>('GET', nextOf(first.headers) ?? '')
    expect(second.body.items).toHaveLength(1)
    expect((await started.bot<{ items: Hook[] }>('GET', '/webhooks')).body.items).toEqual([])
    const id = first.body.items[0]?.id
    expect((await started.bot('GET', `/webhooks/${id}`)).status).toBe(404)
    expect((await started.bot('DELETE', `/webhooks/${id}`)).status).toBe(404)
    expect((await started.rest('DELETE', `/webhooks/${id}`)).status).toBe(204)
    expect((await started.rest('DELETE', `/webhooks/${id}`)).status).toBe(404)
    const shown = JSON.stringify((await started.api('GET', '/webhooks')).body)
    expect(shown).not.toContain(SECRET)
  })

  it('PUT changes name, target and secret, and nothing else', async () => {
    const started = await startSandbox()
    const made = await hook(started, 'http://127.0.0.1:1/')
    const path = `/webhooks/${made.body.id}`
    expect((await started.rest('PUT', path, { name: 'x' })).status).toBe(400)
    const inactive = { name: 'x', targetUrl: 'http://127.0.0.1:2/', status: 'inactive' }
    expect((await started.rest('PUT', path, inactive)).status).toBe(400)
    const change = { name: 'x', targetUrl: 'http://127.0.0.1:2/', secret: SECRET, event: 'deleted' }
    expect((await started.rest('PUT', path, change)).body).toMatchObject({ ...change, event: 'all' })
  })
})
