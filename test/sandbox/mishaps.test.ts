import { describe, expect, it } from 'vitest'
import type { Json, Started } from './start.ts'
import { openRoom, startReceiver, startSandbox } from './start.ts'

const ANNA = 'anna.kowalska@example.com'
type Items = { items: Json[] }
type Hook = Json & { id: string; status: string }

/** A sandbox with one room and one webhook on it. */
async function startHooked() {
  const started = await startSandbox()
  const receiver = await startReceiver()
  const roomId = await openRoom(started, [ANNA])
  const hook = await started.rest<Hook>('POST', '/webhooks', {
    name: 'frontroom',
    targetUrl: receiver.url,
    resource: 'messages',
    event: 'all',
    filter: `roomId=${roomId}`,
  })
  const lines: string[] = []
  /** Writes lines as staff, one after the other. */
  async function write(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      const line = await started.api<{ id: string }>('POST', `/rooms/${roomId}/messages`, {
        as: ANNA,
        text: 'x',
      })
      lines.push(line.body.id)
    }
  }
  /** Which of the lines the webhook was called for, in this order. */
  const told = () => receiver.calls.map((call) => lines.indexOf(String(call.json.data.id)))
  return { ...started, started, calls: receiver.calls, roomId, hookId: hook.body.id, write, told }
}

const armed = async ({ api }: Started) => (await api<Items>('GET', '/faults')).body.items

describe('webhook calls', () => {
  it('come in reverse when they are shuffled, and in order again after that', async () => {
    const { api, write, told } = await startHooked()
    await api('POST', '/faults', { webhook: 'shuffle', times: 3 })
    await write(5)
    await expect.poll(told).toHaveLength(5)
    expect(told().filter((line) => line < 3)).toEqual([2, 1, 0])
    expect(told().filter((line) => line > 2)).toEqual([3, 4])
  })

  it('are not held back for ever by a shuffle that too few follow', async () => {
    const { api, started, write, told } = await startHooked()
    await api('POST', '/faults', { webhook: 'shuffle', times: 9, ms: 5 })
    await write(1)
    await expect.poll(told).toEqual([0])
    expect(await armed(started)).toMatchObject([{ webhook: 'shuffle', times: 8 }])
  })

  it('keep their order behind one that is delayed', async () => {
    const { api, write, told } = await startHooked()
    await api('POST', '/faults', { webhook: 'delay', ms: 20 })
    await write(3)
    await expect.poll(told).toEqual([0, 1, 2])
  })

  it.each([
    ['delayed', { webhook: 'delay', ms: 60_000 }, [0, 1]],
    ['gathered', { webhook: 'shuffle', times: 3, ms: 60_000 }, [1, 0]],
  ])('that are %s wait, and go out when the sandbox closes', async (_how, rule, order) => {
    const { api, started, write, told, close } = await startHooked()
    await api('POST', '/faults', rule)
    await write(2)
    await expect.poll(async () => (await armed(started))[0]?.times ?? 0).toBeLessThan(2)
    expect(told()).toEqual([])
    await close()
    expect(told()).toEqual(order)
  })

  it('that waited do not come to a webhook switched off meanwhile', async () => {
    const { api, started, hookId, write, told, close } = await startHooked()
    await api('POST', '/faults', { webhook: 'delay', ms: 60_000 })
    await write(1)
    await expect.poll(() => armed(started)).toEqual([])
    await api('POST', `/webhooks/${hookId}/deactivate`, {})
    await close()
    expect(told()).toEqual([])
  })
})

describe('an effect that comes when the sandbox closes', () => {
  it('is still told to webhooks', async () => {
    const { api, rest, roomId, calls, close } = await startHooked()
    const answer = { status: 504 }
    await api('POST', '/faults', {
      method: 'POST',
      path: '/messages',
      answer,
      effect: 'late',
      lateMs: 60_000,
    })
    expect((await rest('POST', '/messages', { roomId, text: 'x' })).status).toBe(504)
    // Round trips, so that the sandbox knows the answer as sent.
    for (let n = 0; n < 3; n += 1) expect((await rest('GET', `/rooms/${roomId}`)).status).toBe(200)
    expect(calls).toHaveLength(0)
    await close()
    expect(calls).toHaveLength(1)
  })
})

describe('a webhook that is switched off', () => {
  it('is called no more until its owner switches it on', async () => {
    const { api, rest, hookId, write, told } = await startHooked()
    expect((await api('POST', `/webhooks/${hookId}/deactivate`, {})).status).toBe(204)
    const { body } = await rest<Hook>('GET', `/webhooks/${hookId}`)
    expect(body.status).toBe('inactive')
    await write(1)
    const { name, targetUrl } = body
    await rest('PUT', `/webhooks/${hookId}`, { name, targetUrl, status: 'active' })
    await write(1)
    await expect.poll(told).toEqual([1])
  })

  it('must exist', async () => {
    const { api } = await startSandbox()
    expect((await api('POST', '/webhooks/nonsense/deactivate', {})).status).toBe(404)
  })
})

describe('all webhooks', () => {
  it('can be switched off at once', async () => {
    const { api, rest, roomId, write, told } = await startHooked()
    const target = 'http://127.0.0.1:9/hooks'
    for (const event of ['created', 'deleted'])
      await rest('POST', '/webhooks', { name: 'x', targetUrl: target, resource: 'messages', event })
    expect((await api('POST', '/webhooks/deactivate', {})).body).toEqual({ deactivated: 3 })
    expect((await api('POST', '/webhooks/deactivate', {})).body).toEqual({ deactivated: 0 })
    const { items } = (await rest<{ items: Hook[] }>('GET', '/webhooks')).body
    expect(items.map(({ status }) => status)).toEqual(['inactive', 'inactive', 'inactive'])
    await write(1)
    expect((await rest('GET', `/rooms/${roomId}`)).status).toBe(200)
    expect(told()).toEqual([])
  })
})

describe('a webhook that somebody else deletes', () => {
  it('is gone, and is called no more', async () => {
    const { api, rest, hookId, roomId, write, told } = await startHooked()
    expect((await api('DELETE', `/webhooks/${hookId}`)).status).toBe(204)
    expect((await rest('GET', `/webhooks/${hookId}`)).status).toBe(404)
    expect((await api('DELETE', `/webhooks/${hookId}`)).status).toBe(404)
    await write(1)
    expect((await rest('GET', `/rooms/${roomId}`)).status).toBe(200)
    expect(told()).toEqual([])
  })
})

describe('a message that retention takes', () => {
  it('is gone whoever wrote it, and webhooks are told', async () => {
    const { api, rest, roomId, calls, write } = await startHooked()
    await write(1)
    const ours = await rest<{ id: string }>('POST', '/messages', { roomId, text: 'x' })
    const { items } = (await rest<Items>('GET', `/messages?roomId=${roomId}`)).body
    expect(items).toHaveLength(2)
    for (const { id } of items) expect((await api('DELETE', `/messages/${String(id)}`)).status).toBe(204)
    expect((await rest<Items>('GET', `/messages?roomId=${roomId}`)).body.items).toEqual([])
    expect((await rest('GET', `/messages/${ours.body.id}`)).status).toBe(404)
    expect((await api('DELETE', `/messages/${ours.body.id}`)).status).toBe(404)
    await expect
      .poll(() => calls.map((call) => call.json.event))
      .toEqual(['created', 'created', 'deleted', 'deleted'])
  })
})

describe('a room that goes to another geography', () => {
  it('has another id there, with everything in it; its webhooks go on listening to the old one', async () => {
    const { api, rest, roomId, hookId, write, told } = await startHooked()
    await write(1)
    const before = (await rest<Items>('GET', `/messages?roomId=${roomId}`)).body.items
    const { body } = await api<{ id: string }>('POST', `/rooms/${roomId}/migrate`, {})
    expect(body.id).not.toBe(roomId)
    for (const path of [`/rooms/${roomId}`, `/messages?roomId=${roomId}`, `/memberships?roomId=${roomId}`])
      expect((await rest('GET', path)).status).toBe(404)
    const room = (await rest('GET', `/rooms/${body.id}`)).body
    expect(room).toMatchObject({ id: body.id, title: 'Sales · Anna · C-7F3KQ2', type: 'group' })
    expect((await rest<Items>('GET', '/rooms')).body.items).toEqual([room])
    const after = (await rest<Items>('GET', `/messages?roomId=${body.id}`)).body.items
    expect(after).toEqual(before.map((message) => ({ ...message, roomId: body.id })))
    expect((await rest('GET', `/messages/${String(before[0]?.id)}`)).body).toEqual(after[0])
    const { items: members } = (await rest<Items>('GET', `/memberships?roomId=${body.id}`)).body
    expect(members.map(({ roomId: id, personEmail }) => [id, personEmail])).toEqual([
      [body.id, 'desk@sandbox.example'],
      [body.id, ANNA],
    ])
    expect((await rest('GET', `/webhooks/${hookId}`)).body).toMatchObject({ filter: `roomId=${roomId}` })
    await expect.poll(told).toEqual([0])
    await api('POST', `/rooms/${body.id}/messages`, { as: ANNA, text: 'x' })
    await rest('POST', '/messages', { roomId: body.id, text: 'x' })
    expect((await rest<Items>('GET', `/messages?roomId=${body.id}`)).body.items).toHaveLength(3)
    expect(told()).toEqual([0])
    expect((await api('POST', `/rooms/${roomId}/migrate`, {})).status).toBe(404)
  })

  it('is announced to who listens to rooms', async () => {
    const { api, rest, roomId } = await startHooked()
    const receiver = await startReceiver()
    const targetUrl = receiver.url
    for (const event of ['migrated', 'all'])
      await rest('POST', '/webhooks', { name: event, targetUrl, resource: 'rooms', event })
    const { body } = await api<{ id: string }>('POST', `/rooms/${roomId}/migrate`, {})
    await expect.poll(() => receiver.calls).toHaveLength(2)
    for (const { json } of receiver.calls)
      expect(json).toMatchObject({ resource: 'rooms', event: 'migrated', data: { id: body.id } })
  })
})

describe('our account', () => {
  it('can be put out of a room by a member, and let in again', async () => {
    const { api, rest, roomId } = await startHooked()
    const path = `/rooms/${roomId}/members/desk@sandbox.example?as=${ANNA}`
    expect((await api('DELETE', path)).status).toBe(204)
    expect((await rest('GET', `/messages?roomId=${roomId}`)).status).toBe(404)
    expect((await rest('POST', '/messages', { roomId, text: 'x' })).status).toBe(404)
    await api('POST', `/rooms/${roomId}/members`, { as: ANNA, email: 'desk@sandbox.example' })
    expect((await rest('GET', `/messages?roomId=${roomId}`)).status).toBe(200)
  })
})

describe('a room that is deleted', () => {
  it('is gone for everybody, with its messages; its webhooks stay, as in Webex', async () => {
    const { api, rest, roomId, hookId } = await startHooked()
    const posted = await rest<{ id: string }>('POST', '/messages', { roomId, text: 'x' })
    expect((await api('DELETE', `/rooms/${roomId}`)).status).toBe(204)
    expect((await rest('GET', `/rooms/${roomId}`)).status).toBe(404)
    expect((await rest('GET', `/messages/${posted.body.id}`)).status).toBe(404)
    expect((await rest('POST', '/messages', { roomId, text: 'x' })).status).toBe(404)
    expect((await rest<Items>('GET', '/rooms')).body.items).toEqual([])
    expect((await rest('GET', `/webhooks/${hookId}`)).status).toBe(200)
    expect((await api('DELETE', `/rooms/${roomId}`)).status).toBe(404)
  })

  it('may be a locked one', async () => {
    const { api, rest } = await startSandbox()
    const room = await rest<{ id: string }>('POST', '/rooms', { title: 'x', isLocked: true })
    expect((await api('DELETE', `/rooms/${room.body.id}`)).status).toBe(204)
    expect((await rest('GET', `/rooms/${room.body.id}`)).status).toBe(404)
  })
})
