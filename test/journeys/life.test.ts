import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { call, startChat, textsFrom } from '../support/visitor.ts'

let server: TestServer
beforeEach(async () => {
  server = await startServer()
})
afterEach(() => server.close())

const lastLine = async () => (await server.staff.theRoom()).messages.at(-1)?.text

describe('a visitor who goes away', () => {
  it('is told to the room, and so is the return', async () => {
    const visitor = await startChat(server.origin)
    expect((await visitor.call('POST', '/presence', { state: 'away' })).status).toBe(204)
    await server.pass(10)
    await expect.poll(lastLine).toMatch(/left the page/)
    await visitor.call('POST', '/presence', { state: 'here' })
    await expect.poll(lastLine).toMatch(/is back/)
  })

  it('is not mentioned when it was a reload', async () => {
    const visitor = await startChat(server.origin)
    await visitor.call('POST', '/presence', { state: 'away' })
    await visitor.call('POST', '/presence', { state: 'here' })
    await server.pass(10)
    expect((await server.staff.theRoom()).messages.length).toBe(1)
  })

  it('is closed once the heartbeats stop, and not before', async () => {
    const visitor = await startChat(server.origin)
    const { store } = server.app
    const state = async () => (await store.chats.find(store.db, visitor.chatId))?.state
    await server.pass(200)
    await visitor.events()
    await server.pass(290)
    expect(await state()).toBe('waiting')
    await server.pass(11)
    expect(await state()).toBe('closed')
    expect((await visitor.call('GET', '')).body.chat).toMatchObject({
      state: 'closed',
      closeReason: 'visitor_left',
    })
    await expect.poll(lastLine).toMatch(/visitor has left/i)
    await expect.poll(() => server.staff.hooks()).toEqual([])
  })

  it('lives for as long as a poll is held', async () => {
    await server.settings({ idle: { heartbeatSeconds: 30 } })
    const visitor = await startChat(server.origin)
    const { cursor } = (await visitor.events()).body
    const held = visitor.events(cursor, 25)
    await expect.poll(async () => (await adminStatus(server)).heldPolls).toBe(1)
    await server.pass(60)
    expect((await visitor.call('GET', '')).body.chat.state).toBe('waiting')
    await visitor.call('POST', '/close')
    expect((await held).body.chat.state).toBe('closed')
  })

  it('is not closed because we were asleep, and is closed if nobody comes back', async () => {
    const visitor = await startChat(server.origin)
    const { store } = server.app
    const state = async () => (await store.chats.find(store.db, visitor.chatId))?.state
    await server.sleep(3600)
    expect(await state()).toBe('waiting')
    await server.pass(290)
    expect(await state()).toBe('waiting')
    await server.pass(11)
    expect(await state()).toBe('closed')
  })

  it('is warned before idleness closes the chat, and can answer the warning', async () => {
    await server.settings({ idle: { visitorMinutes: 10, heartbeatSeconds: 86_400 } })
    const visitor = await startChat(server.origin)
    await server.pass(9 * 60)
    const warned = (await visitor.events()).body.events.at(-1)
    expect(warned).toMatchObject({ type: 'idle_warning' })
    await visitor.call('POST', '/presence', { state: 'here' })
    await server.pass(9.5 * 60)
    expect((await visitor.call('GET', '')).body.chat.state).toBe('waiting')
    await server.pass(31)
    expect((await visitor.call('GET', '')).body.chat.closeReason).toBe('visitor_idle')
    await expect.poll(lastLine).toMatch(/was inactive/)
  })

  it('logs out: the chat closes, the room hears it, the token is worthless', async () => {
    const visitor = await startChat(server.origin)
    const { token } = visitor
    expect((await call(server.origin, 'DELETE', '/session', { token })).status).toBe(204)
    expect((await call(server.origin, 'DELETE', '/session', { token })).status).toBe(401)
    expect((await visitor.events()).status).toBe(401)
    await expect.poll(lastLine).toMatch(/logged out/)
  })
})

describe('the line to Webex', () => {
  it('tries again while Webex refuses, and keeps the order', async () => {
    const visitor = await startChat(server.origin)
    await server.staff.fault({
      method: 'POST',
      path: '/messages',
      answer: { status: 429, retryAfter: 2 },
      effect: 'none',
      times: 2,
    })
    for (const text of ['one', 'two', 'three']) await visitor.send(text)
    await expect
      .poll(async () => {
        await server.pass(3)
        return (await server.staff.theRoom()).messages.slice(1).map((m) => m.text?.split('\n')[1])
      })
      .toEqual(['one', 'two', 'three'])
  })

  it('looks before it posts again when nobody knows whether the line stands', async () => {
    const visitor = await startChat(server.origin)
    await server.staff.fault({ method: 'POST', path: '/messages', reset: true, effect: 'before' })
    await visitor.send('only once')
    await server.pass(5)
    await visitor.until((e) => e.type === 'message.delivered')
    expect((await server.staff.theRoom()).messages.length).toBe(2)

    await server.staff.fault({ method: 'POST', path: '/messages', answer: { status: 503 }, effect: 'none' })
    await visitor.send('and this')
    await expect
      .poll(async () => {
        await server.pass(5)
        return (await server.staff.theRoom()).messages.length
      })
      .toBe(3)
  })

  it('says so when a line is refused for good, and goes on with the next', async () => {
    const visitor = await startChat(server.origin)
    await server.staff.fault({ method: 'POST', path: '/messages', answer: { status: 400 }, effect: 'none' })
    const refused = (await visitor.send('not this one')).body.event.message.id
    const next = (await visitor.send('but this one')).body.event.message.id
    await visitor.until((e) => e.type === 'message.failed' && e.messageId === refused)
    await visitor.until((e) => e.type === 'message.delivered' && e.messageId === next)
  })

  it('finds what staff wrote although its webhook was lost, doubled or forged', async () => {
    const visitor = await startChat(server.origin)
    const room = await server.staff.theRoom()
    await server.staff.fault({ webhook: 'drop', times: 1 })
    await server.staff.write(room.id, 'anna@example.com', 'lost hint')
    await server.pass(61)
    await visitor.until((e) => e.type === 'message' && e.message.text === 'lost hint')

    await server.staff.fault({ webhook: 'duplicate', times: 1 })
    await server.staff.write(room.id, 'anna@example.com', 'doubled hint')
    await visitor.until((e) => e.type === 'message' && e.message.text === 'doubled hint')
    await server.pass(61)
    expect(textsFrom('agent', (await visitor.events()).body.events)).toEqual(['lost hint', 'doubled hint'])

    const body = JSON.stringify({ resource: 'messages', event: 'created', data: { roomId: room.id } })
    for (const signature of ['', 'x', createHmac('sha1', 'guess').update(body).digest('hex')]) {
      const forged = await fetch(`${server.origin}/hooks/webex`, {
        method: 'POST',
        body,
        headers: { 'x-spark-signature': signature },
      })
      expect(forged.status).toBe(401)
    }
  })

  it('never logs what was said, by whom, or a token', async () => {
    const visitor = await startChat(server.origin, {
      topic: 'sales',
      name: 'Zdzisława',
      email: 'z@example.org',
    })
    await server.staff.fault({ method: 'POST', path: '/messages', answer: { status: 400 }, effect: 'none' })
    await visitor.send('my password is hunter2')
    await visitor.until((e) => e.type === 'message.failed')
    const said = JSON.stringify(server.log, (_key, value: unknown) =>
      value instanceof Error ? { message: value.message, stack: value.stack } : value,
    )
    expect(said.length).toBeGreaterThan(100)
    for (const secret of ['hunter2', 'Zdzisława', 'z@example.org', visitor.token])
      expect(said).not.toContain(secret)
  })
})

async function adminStatus({ origin }: TestServer): Promise<{ heldPolls: number }> {
  const headers = {
    authorization: `Basic ${Buffer.from('admin@example.com:correct horse').toString('base64')}`,
  }
  return (await (await fetch(`${origin}/admin/status.json`, { headers })).json()) as { heldPolls: number }
}
