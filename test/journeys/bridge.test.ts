/** The bridge looks after itself: what staff change follows, what was missed is found, what cannot be delivered is told. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { startChat, textsFrom, type Visitor } from '../support/visitor.ts'

let server: TestServer
beforeEach(async () => {
  server = await startServer()
})
afterEach(() => server.close())

const ANNA = 'anna@example.com'
const theRoom = () => server.staff.theRoom()
const said = (visitor: Visitor, text: string) =>
  visitor.until((e) => e.type === 'message' && e.message.text === text)
const roomTexts = async () => (await theRoom()).messages.map(({ text }) => text ?? '')
const sandbox = async (method: string, path: string, body?: object) => {
  const answer = await fetch(`${server.origin}/sandbox/api${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
}

describe('what staff change', () => {
  it('follows to the visitor: edits, deletions, and what is made internal', async () => {
    const visitor = await startChat(server.origin)
    const { id: roomId } = await theRoom()
    const line = await server.staff.write(roomId, ANNA, 'It costs 10')
    const { seq } = await said(visitor, 'It costs 10')
    await sandbox('PUT', `/rooms/${roomId}/messages/${line.id}`, { as: ANNA, text: 'It costs 20' })
    const edited = await visitor.until((e) => e.type === 'message.edited')
    expect(edited).toMatchObject({ messageId: `${visitor.chatId}-${seq}`, text: 'It costs 20' })
    await sandbox('PUT', `/rooms/${roomId}/messages/${line.id}`, { as: ANNA, text: '// it costs us 5' })
    expect(await visitor.until((e) => e.type === 'message.deleted')).toMatchObject({
      messageId: `${visitor.chatId}-${seq}`,
    })
    expect(JSON.stringify((await visitor.events()).body)).not.toContain('costs us')

    const other = await server.staff.write(roomId, ANNA, 'Oops')
    const { seq: second } = await said(visitor, 'Oops')
    await sandbox('DELETE', `/rooms/${roomId}/messages/${other.id}?as=${encodeURIComponent(ANNA)}`)
    await visitor.until((e) => e.type === 'message.deleted' && e.messageId === `${visitor.chatId}-${second}`)
  })

  it('is found by the sweep when nobody was called, and what was internal stays so', async () => {
    const visitor = await startChat(server.origin)
    const { id: roomId } = await theRoom()
    const note = await server.staff.write(roomId, ANNA, '// a secret')
    const line = await server.staff.write(roomId, ANNA, 'Hello')
    await said(visitor, 'Hello')
    await server.staff.fault({ webhook: 'drop', times: 3 })
    await sandbox('PUT', `/rooms/${roomId}/messages/${note.id}`, { as: ANNA, text: 'no secret any more' })
    await sandbox('PUT', `/rooms/${roomId}/messages/${line.id}`, { as: ANNA, text: 'Hello!' })
    await server.pass(61)
    await visitor.until((e) => e.type === 'message.edited' && e.text === 'Hello!')
    expect(JSON.stringify((await visitor.events()).body)).not.toContain('secret')
  })
})

describe('a bridge that fell silent', () => {
  it('has its webhooks switched on again, or made anew, and what was missed is read', async () => {
    const visitor = await startChat(server.origin)
    const { id: roomId, webhooks } = await theRoom()
    expect(webhooks).toHaveLength(1)
    const [hook] = (await server.staff.hooks()) as { id: string }[]
    await sandbox('POST', `/webhooks/${hook?.id}/deactivate`, {})
    await server.staff.write(roomId, ANNA, 'Does anybody hear me?')
    await server.pass(61)
    await said(visitor, 'Does anybody hear me?')
    expect(await server.staff.hooks()).toMatchObject([{ id: hook?.id, status: 'active' }])
    await server.staff.write(roomId, ANNA, 'And now?')
    await said(visitor, 'And now?')
  })

  it('reads what was written while every call was lost, within a minute', async () => {
    const visitor = await startChat(server.origin)
    const { id: roomId } = await theRoom()
    await server.staff.fault({ webhook: 'drop', times: 50 })
    for (let n = 0; n < 5; n++) await server.staff.write(roomId, ANNA, `line ${n}`)
    await server.pass(31)
    await said(visitor, 'line 4')
    expect(textsFrom('agent', (await visitor.events()).body.events)).toEqual([
      'line 0',
      'line 1',
      'line 2',
      'line 3',
      'line 4',
    ])
  })
})

describe('a chat whose room is not what it was', () => {
  it('goes on in the same room when our account was put out of it and the bot is there', async () => {
    const visitor = await startChat(server.origin)
    const { id: roomId } = await theRoom()
    await server.staff.add(roomId, ANNA, 'frontroom@webex.bot')
    await sandbox('DELETE', `/rooms/${roomId}/members/desk@sandbox.example?as=${encodeURIComponent(ANNA)}`)
    const { message } = (await visitor.send('Still there?')).body.event
    await visitor.until((e) => e.type === 'message.delivered' && e.messageId === message.id)
    await server.staff.write(roomId, ANNA, 'Yes.')
    await said(visitor, 'Yes.')
  })

  it('follows a room that was moved to another geography', async () => {
    const visitor = await startChat(server.origin)
    const { id: roomId } = await theRoom()
    await sandbox('POST', `/rooms/${roomId}/migrate`, {})
    const { message } = (await visitor.send('Where are you?')).body.event
    await visitor.until((e) => e.type === 'message.delivered' && e.messageId === message.id)
    const room = await theRoom()
    expect(room.id).not.toBe(roomId)
    expect(room.webhooks).toHaveLength(1)
    await server.staff.write(room.id, ANNA, 'Here.')
    await said(visitor, 'Here.')
  })

  it('goes on in another room, with what was said last, when it was deleted', async () => {
    const visitor = await startChat(server.origin, { topic: 'sales', name: 'Vera' })
    await visitor.send('The first thing')
    const { id: roomId } = await theRoom()
    await server.staff.write(roomId, ANNA, 'An answer')
    await said(visitor, 'An answer')
    await sandbox('DELETE', `/rooms/${roomId}`)
    const { message } = (await visitor.send('The second thing')).body.event
    await visitor.until((e) => e.type === 'message.delivered' && e.messageId === message.id)
    const room = await theRoom()
    expect(room.messages[0]?.text).toMatch(
      /it goes on here\.[\s\S]*Visitor: The first thing\nStaff: An answer/,
    )
    await server.staff.write(room.id, ANNA, 'Another answer')
    await said(visitor, 'Another answer')
    expect(textsFrom('agent', (await visitor.events()).body.events)).toEqual(['An answer', 'Another answer'])
  })
})

it('a copy of a line that took effect late is taken out of the room again', async () => {
  const visitor = await startChat(server.origin, { topic: 'sales', name: 'Vera' })
  await server.staff.fault({
    method: 'POST',
    path: '/messages',
    answer: { status: 503 },
    effect: 'late',
    lateMs: 4000,
    times: 1,
  })
  const { message } = (await visitor.send('Only once')).body.event
  const copies = async () => (await roomTexts()).filter((text) => text.endsWith('\nOnly once')).length
  await visitor.until((e) => e.type === 'message.delivered' && e.messageId === message.id)
  await expect
    .poll(() => server.log.some((line) => line.message.startsWith('copies of our own')), { timeout: 20_000 })
    .toBe(true)
  expect(await copies()).toBe(1)
})

it('staff who write into a closed chat are told that nobody reads it', async () => {
  const visitor = await startChat(server.origin)
  const { id: roomId } = await theRoom()
  await visitor.call('POST', '/close')
  await expect.poll(async () => (await roomTexts()).at(-1)).toMatch(/This chat is closed/)
  await server.staff.write(roomId, ANNA, 'One more thing')
  await server.pass(31)
  await expect.poll(async () => (await roomTexts()).at(-1)).toMatch(/does not read this any more/)
  expect(JSON.stringify((await visitor.events()).body)).not.toContain('One more thing')
})

it('a chat whose lines do not get through takes a hundred of them, then asks the visitor to wait', async () => {
  const visitor = await startChat(server.origin)
  await server.staff.fault({
    method: 'POST',
    path: '/messages',
    answer: { status: 429, retryAfter: 60 },
    times: 50,
  })
  const sent = []
  for (let n = 0; n < 100; n++) sent.push((await visitor.send(`line ${n}`)).status)
  expect(sent.every((status) => status === 201)).toBe(true)
  const refused = await visitor.send('one too many')
  expect(refused).toMatchObject({ status: 503, body: { code: 'overloaded' } })
  expect(refused.headers.get('retry-after')).toBe('30')
  await server.staff.noMoreFaults()
  await server.pass(70)
  await expect
    .poll(async () => (await roomTexts()).filter((text) => /\nline \d+$/.test(text)).length, {
      timeout: 20_000,
    })
    .toBe(100)
  expect((await visitor.send('now')).status).toBe(201)
})

describe('what could not be delivered', () => {
  const headers = {
    authorization: `Basic ${Buffer.from('admin@example.com:correct horse').toString('base64')}`,
  }
  const admin = (method: string, path: string, more: object = {}) =>
    fetch(`${server.origin}/admin${path}`, { method, headers: { ...headers, ...more } })
  const failed = async () =>
    ((await (await admin('GET', '/outbox.json')).json()) as { failed: { id: number; seq: number }[] }).failed

  it('is told to the visitor and kept for the operator, who tries again or lets it be', async () => {
    const visitor = await startChat(server.origin)
    await server.staff.fault({ method: 'POST', path: '/messages', answer: { status: 400 }, times: 2 })
    const one = (await visitor.send('one')).body.event
    const two = (await visitor.send('two')).body.event
    await visitor.until((e) => e.type === 'message.failed' && e.messageId === two.message.id)
    await visitor.send('three')
    await expect.poll(async () => (await roomTexts()).at(-1)).toMatch(/\nthree$/)
    const letters = await failed()
    expect(letters).toMatchObject([{ seq: one.seq }, { seq: two.seq }])
    expect(
      (await admin('POST', `/outbox/${letters[0]?.id}/retry`, { origin: 'https://evil.example' })).status,
    ).toBe(403)
    expect((await admin('POST', `/outbox/${letters[0]?.id}/retry`)).status).toBe(204)
    await visitor.until((e) => e.type === 'message.delivered' && e.messageId === one.message.id)
    expect((await admin('POST', `/outbox/${letters[1]?.id}/skip`)).status).toBe(204)
    expect(await failed()).toEqual([])
    expect((await admin('POST', '/outbox/1/retry')).status).toBe(404)
    expect((await fetch(`${server.origin}/admin/outbox.json`)).status).toBe(401)
  })

  it('is given up after three days, and the lane goes on', async () => {
    const visitor = await startChat(server.origin)
    await server.staff.fault({
      method: 'POST',
      path: '/messages',
      answer: { status: 429, retryAfter: 86_400 },
      times: 50,
    })
    const { message } = (await visitor.send('never')).body.event
    const { store } = server.app
    const tried = async () => (await store.outbox.head(store.db, visitor.chatId, 'desk'))?.attempts
    await expect.poll(tried).toBe(1)
    await expect.poll(async () => (await store.outbox.countByState(store.db)).pending).toBe(1)
    await server.sleep(73 * 3_600)
    await visitor.until((e) => e.type === 'message.failed' && e.messageId === message.id)
  })
})
