import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { call, startChat, textsFrom, visitorOf } from '../support/visitor.ts'

let server: TestServer
beforeEach(async () => {
  server = await startServer()
})
afterEach(() => server.close())

describe('a visitor and staff talk', () => {
  it('opens a room with its title, its people, one webhook and the opener', async () => {
    const session = await call(server.origin, 'POST', '/sessions', { body: { parameters: { plan: 'gold' } } })
    await call(server.origin, 'POST', '/chats', {
      token: session.body.token,
      body: { topic: 'sales', name: 'Anna', page: { url: 'https://www.example.com/shop', title: 'Shop' } },
      headers: { 'user-agent': 'Mozilla/5.0 (iPhone) Mobile' },
    })
    const room = await server.staff.theRoom()
    expect(room.title).toMatch(/^Sales · Anna · C-[2-9A-HJKMNP-TV-Z]{6}$/)
    expect(room.members.map((member) => member.email).sort()).toEqual([
      'anna@example.com',
      'ben@example.com',
      'desk@sandbox.example',
      'eva@example.com',
    ])
    expect(room.webhooks).toMatchObject([
      {
        resource: 'messages',
        event: 'all',
        filter: `roomId=${room.id}`,
        targetUrl: `${server.origin}/hooks/webex`,
        hasSecret: true,
      },
    ])
    const opener = room.messages[0]?.text?.split('\n') ?? []
    expect(opener[0]).toBe('Geolocation: unknown')
    expect(opener).toEqual(
      expect.arrayContaining([
        'IP: 127.0.0.0',
        'Mobile: yes',
        'User agent: Mozilla/5.0 (iPhone) Mobile',
        'Page: https://www.example.com/shop',
        'Name: Anna',
        'plan: gold',
      ]),
    )
    expect(opener.at(-1)).toContain('goes to the visitor')
    expect(opener.at(-1)).toContain('//')
  })

  it('carries lines both ways, byte for byte, once and in order', async () => {
    const visitor = await startChat(server.origin, { topic: 'sales', name: 'Anna' })
    const text = '  <b>hi</b> *stars* <@all>\n\nżółw 👋  '
    const sent = await visitor.send(text)
    expect(sent.status).toBe(201)
    const { seq, message } = sent.body.event
    await visitor.until((e) => e.type === 'message.delivered' && e.messageId === message.id)
    const room = await server.staff.theRoom()
    expect(room.messages.at(-1)).toMatchObject({
      text: `Anna · ${seq}\n${text}`,
      from: { kind: 'integration' },
    })

    const lines = Array.from({ length: 20 }, (_, n) => `line ${n}`)
    for (const line of lines) await server.staff.write(room.id, 'anna@example.com', line)
    await visitor.until((e) => e.type === 'message' && e.message.text === 'line 19')
    const { events, cursor, chat } = (await visitor.events()).body
    expect(textsFrom('agent', events)).toEqual(lines)
    expect(events.map((e) => e.seq)).toEqual(events.map((_, n) => n + 1))
    expect(cursor).toBe(events.length)
    expect(chat.state).toBe('live')
  })

  it('lets a colleague who was added later answer at once, and a supervisor read in silence', async () => {
    const visitor = await startChat(server.origin)
    const room = await server.staff.theRoom()
    await server.staff.add(room.id, 'anna@example.com', 'dora@example.com')
    await server.staff.write(room.id, 'dora@example.com', 'I can help with that')
    await visitor.until((e) => e.type === 'message' && e.message.text === 'I can help with that')
    const { body } = await visitor.events()
    expect(JSON.stringify(body)).not.toMatch(/dora@|anna@|example\.com|Dora"/i)
  })

  it('keeps internal lines inside and says that a file was not passed on', async () => {
    const visitor = await startChat(server.origin)
    const room = await server.staff.theRoom()
    await server.staff.write(room.id, 'anna@example.com', '// is this the one with the bike?')
    await server.staff.write(room.id, 'anna@example.com', '/shrug')
    await server.staff.write(room.id, 'anna@example.com', 'See the picture', { files: 1 })
    await visitor.until((e) => e.type === 'message' && e.message.text === 'See the picture')
    expect(textsFrom('agent', (await visitor.events()).body.events)).toEqual(['See the picture'])
    await expect
      .poll(async () => (await server.staff.theRoom()).messages.map(({ text }) => text))
      .toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^Not sent to the visitor: there is no command "\/?shrug"/),
          expect.stringMatching(/file was not passed on/),
        ]),
      )
  })

  it('splits a line that is too long for Webex, and the parts join to it', async () => {
    const visitor = await startChat(server.origin, { topic: 'sales', name: 'Anna' })
    const text = '😀'.repeat(4000)
    const { seq, message } = (await visitor.send(text)).body.event
    await visitor.until((e) => e.type === 'message.delivered' && e.messageId === message.id)
    const posts = (await server.staff.theRoom()).messages.slice(1).map((m) => m.text ?? '')
    const bodies = posts.map((post, n) => {
      const header = `Anna · ${seq}${'abc'[n]}\n`
      expect(post.startsWith(header)).toBe(true)
      expect(Buffer.byteLength(post)).toBeLessThanOrEqual(7439)
      return post.slice(header.length)
    })
    expect(bodies.length).toBe(3)
    expect(bodies.join('')).toBe(text)
  })

  it('tells the room why it ended, takes the webhook away, and starts anew next time', async () => {
    const visitor = await startChat(server.origin)
    const closed = await visitor.call('POST', '/close')
    expect(closed.body.chat).toMatchObject({ state: 'closed', closeReason: 'visitor_ended' })
    expect((await visitor.call('POST', '/close')).status).toBe(200)
    await expect.poll(async () => (await server.staff.hooks()).length).toBe(0)
    const old = await server.staff.theRoom()
    expect(old.messages.at(-1)?.text).toContain('ended the chat')
    expect((await visitor.send('too late')).body.code).toBe('chat_closed')

    const again = await call(server.origin, 'POST', '/chats', {
      token: visitor.token,
      body: { topic: 'sales' },
    })
    expect(again.status).toBe(201)
    expect(again.body.chat.id).not.toBe(visitor.chatId)
  })
})

describe('a visitor with a bad connection', () => {
  it('repeats a line under its clientId and finds it taken once, even after the end', async () => {
    const visitor = await startChat(server.origin)
    const clientId = randomUUID()
    const first = await visitor.send('only once', clientId)
    const second = await visitor.send('only once', clientId)
    expect([first.status, second.status]).toEqual([201, 200])
    expect(second.body.event).toEqual(first.body.event)
    expect((await visitor.send('something else', clientId)).body.code).toBe('idempotency_mismatch')
    await visitor.call('POST', '/close')
    const third = await visitor.send('only once', clientId)
    expect([third.status, third.body.event]).toEqual([200, first.body.event])
    expect(textsFrom('visitor', (await visitor.events()).body.events)).toEqual(['only once'])
  })

  it('takes the same line from twenty requests at once a single time', async () => {
    const visitor = await startChat(server.origin)
    const clientId = randomUUID()
    const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.send('race', clientId)))
    expect(answers.filter((a) => a.status === 201).length).toBe(1)
    expect(answers.filter((a) => a.status === 200).length).toBe(19)
    expect(new Set(answers.map((a) => a.body.event.seq)).size).toBe(1)
  })

  it('repeats a start, from two tabs at once or later, and stays in one chat and one room', async () => {
    const { token } = (await call(server.origin, 'POST', '/sessions', { body: {} })).body
    const start = () => call(server.origin, 'POST', '/chats', { token, body: { topic: 'sales' } })
    const [one, two] = await Promise.all([start(), start()])
    const three = await start()
    expect([one.status, two.status].sort()).toEqual([200, 201])
    expect(three.status).toBe(200)
    expect(new Set([one, two, three].map((a) => a.body.chat.id)).size).toBe(1)
    expect((await server.staff.rooms()).length).toBe(1)
    const other = await call(server.origin, 'POST', '/chats', {
      token,
      body: { topic: 'billing', name: 'A', email: 'a@b.pl' },
    })
    expect([other.status, other.body.code]).toEqual([409, 'chat_open'])
  })

  it('reloads and has everything again; two tabs see the same', async () => {
    const visitor = await startChat(server.origin)
    await visitor.send('one')
    const room = await server.staff.theRoom()
    const tabs = [visitor, visitorOf(server.origin, visitor.token, visitor.chatId)]
    const waiting = tabs.map((tab) => tab.until((e) => e.type === 'message' && e.message.from === 'agent'))
    await server.staff.write(room.id, 'ben@example.com', 'two')
    const seen = await Promise.all(waiting)
    expect(seen[0]).toEqual(seen[1])
    const reloaded = (await visitor.events()).body.events
    expect(textsFrom('visitor', reloaded).concat(textsFrom('agent', reloaded))).toEqual(['one', 'two'])
  })

  it('is answered by a held poll the moment staff write, and at once when the process stops', async () => {
    const visitor = await startChat(server.origin)
    const { cursor } = (await visitor.events()).body
    const held = visitor.events(cursor, 25)
    await expect.poll(() => status(server)).toMatchObject({ heldPolls: 1 })
    await server.close()
    const answer = await held
    expect(answer.status).toBe(200)
    expect(answer.body.events).toEqual([])
    server = await startServer()
  })
})

async function status({ origin }: TestServer): Promise<unknown> {
  const headers = {
    authorization: `Basic ${Buffer.from('admin@example.com:correct horse').toString('base64')}`,
  }
  return (await fetch(`${origin}/admin/status.json`, { headers })).json()
}
