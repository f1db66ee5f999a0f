import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ScriptedBot, startBot } from '../support/bot.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { SETTINGS } from '../support/settings.ts'
import { call, startChat, textsFrom, type Visitor } from '../support/visitor.ts'

let bot: ScriptedBot
let server: TestServer

beforeEach(async () => {
  bot = await startBot()
  server = await startServer({ env: bot.env })
})
afterEach(async () => {
  await server.close()
  await bot.close()
})

const ANNA = 'anna@example.com'

const writes = async (by: string, text: string, more: object = {}) =>
  server.staff.write((await server.staff.theRoom()).id, by, text, more)
const messages = async () => (await server.staff.theRoom()).messages
const answers = async () =>
  (await messages()).filter(({ from }) => from.kind === 'integration').map(({ text }) => text ?? '')
const answered = (fits: RegExp) => expect.poll(answers).toContainEqual(expect.stringMatching(fits))
const said = (visitor: Visitor, text: string | RegExp) =>
  visitor.until(
    (e) =>
      e.type === 'message' &&
      (typeof text === 'string' ? e.message.text === text : text.test(e.message.text)),
  )
const reaches = (visitor: Visitor, state: string) =>
  visitor.until((e) => e.type === 'state' && e.state === state)
const members = async () => (await server.staff.theRoom()).members.map(({ email }) => email)
const deeds = async (visitor: Visitor) =>
  (await server.app.store.audit.list(server.app.store.db, visitor.chatId)).map(({ by, action, detail }) => [
    by,
    action,
    detail,
  ])
/** Everything the visitor was ever told, as text. */
const seen = async (visitor: Visitor) => JSON.stringify((await visitor.events()).body)

describe('the room is the console', () => {
  it('lists what can be said, under the line that asked, and tells the visitor nothing of it', async () => {
    const visitor = await startChat(server.origin)
    const asked = await writes(ANNA, '／Help')
    await answered(/\/transfer <topic>/)
    const reply = (await messages()).find(({ text }) => text?.includes('/transfer <topic>'))
    expect(reply).toMatchObject({ parentId: asked.id })
    expect(await seen(visitor)).not.toMatch(/help|transfer/i)
  })

  it('ends the chat by a word, and the visitor is told', async () => {
    const visitor = await startChat(server.origin)
    await writes(ANNA, '/close')
    expect(await reaches(visitor, 'closed')).toMatchObject({ reason: 'agent_closed' })
    await answered(/^Closed\./)
    expect(await deeds(visitor)).toEqual([[ANNA, 'close', '']])
  })

  it.each(['/close 30m', '/take a look', '@Frontroom close to the deadline, what shall we say?'])(
    'takes "%s" for no order',
    async (text) => {
      const visitor = await startChat(server.origin)
      await writes(ANNA, text)
      await answered(/^Nothing was done\. Say only/)
      expect((await visitor.call('GET', '')).body.chat.state).toBe('bot')
    },
  )

  it('hears the bot called by name as well as the slash', async () => {
    const visitor = await startChat(server.origin)
    await said(visitor, 'Welcome!')
    const room = await server.staff.theRoom()
    const name = room.members.find(({ kind }) => kind === 'bot')
    expect(name).toBeDefined()
    await writes(ANNA, '@Frontroom take')
    await reaches(visitor, 'live')
    await answered(/^anna@example.com owns this chat now/)
    expect(await seen(visitor)).not.toMatch(/take|anna/i)
  })

  it('moves the chat to another topic with its room, and answers come back to the visitor', async () => {
    const visitor = await startChat(server.origin)
    await visitor.send('my invoice is wrong')
    await writes(ANNA, '/transfer Billing')
    await said(visitor, 'You are now talking to: Billing.')
    expect(await members()).toContain('chris@example.com')
    await answered(/gave this chat to Billing/)
    await writes('chris@example.com', 'I see your invoice.')
    await said(visitor, 'I see your invoice.')
    expect((await visitor.call('GET', '')).body.chat).toMatchObject({ topic: 'billing', state: 'live' })
    // The visitor's own choice still leads to the same chat.
    const again = await call(server.origin, 'POST', '/chats', {
      token: visitor.token,
      body: { topic: 'sales' },
    })
    expect(again).toMatchObject({ status: 200, body: { chat: { id: visitor.chatId } } })
  })

  it('says so when there is no such topic, person or word, and changes nothing', async () => {
    const visitor = await startChat(server.origin)
    await writes(ANNA, '/transfer moon')
    await answered(/no such topic\. Say \/transfer and one of: sales, billing/)
    await writes(ANNA, '/invite nobody')
    await answered(/Say \/invite and an e-mail address/)
    await writes(ANNA, '/usr/bin is where it is')
    await answered(/^Not sent to the visitor: there is no command/)
    expect(textsFrom('agent', (await visitor.events()).body.events)).toEqual([])
  })

  it('lets a colleague in', async () => {
    const visitor = await startChat(server.origin)
    await writes(ANNA, '/invite dora@example.com')
    await answered(/^dora@example.com is in\.$/)
    expect(await members()).toContain('dora@example.com')
    await writes('dora@example.com', 'Dora here')
    await said(visitor, 'Dora here')
    expect(await deeds(visitor)).toEqual([[ANNA, 'invite', 'dora@example.com']])
  })

  it('keeps notes with the chat, tells who is there and when we are open', async () => {
    const visitor = await startChat(server.origin)
    await writes(ANNA, '/note calls back on Monday')
    await writes(ANNA, '/who')
    await writes(ANNA, '/hours')
    await answered(/^Sales, with the bot[\s\S]*Owner: nobody/)
    await answered(/^Sales is open/)
    expect(await deeds(visitor)).toEqual([
      [ANNA, 'note', 'calls back on Monday'],
      [ANNA, 'who', ''],
      [ANNA, 'hours', ''],
    ])
    expect(await seen(visitor)).not.toContain('Monday')
  })

  it('closes for new chats at once, for a while, and opens again', async () => {
    await startChat(server.origin)
    await writes(ANNA, '/closed 30m')
    await answered(/^All topics: no new chats for 30 minutes/)
    const session = await call(server.origin, 'POST', '/sessions', { body: {} })
    const start = (topic: string) =>
      call(server.origin, 'POST', '/chats', { token: session.body.token, body: { topic } })
    expect(await start('sales')).toMatchObject({
      status: 409,
      body: { code: 'closed_hours', reason: 'override' },
    })
    expect((await call(server.origin, 'GET', '/config')).body).toMatchObject({ open: { open: false } })
    await writes(ANNA, '/open')
    await answered(/back to the hours/)
    await writes(ANNA, '/closed 2h billing')
    await answered(/^Billing: no new chats for 120 minutes/)
    expect((await start('sales')).status).toBe(201)
    await server.settings({})
    expect((await call(server.origin, 'GET', '/config')).body).toMatchObject({
      topics: [{ open: true }, { open: true }],
    })
  })

  it('lets nobody change the hours whom the settings do not name', async () => {
    await startChat(server.origin)
    await writes(ANNA, '/invite guest@example.org')
    await answered(/is in\.$/)
    await writes('guest@example.org', '/closed 30m')
    await answered(/Only people of the settings/)
    expect((await call(server.origin, 'GET', '/config')).body).toMatchObject({ open: { open: true } })
  })

  it('obeys a line once, and also one whose webhook was lost', async () => {
    const visitor = await startChat(server.origin)
    await server.staff.fault({ webhook: 'drop', times: 1 })
    await writes(ANNA, '/note lost and found')
    expect(await deeds(visitor)).toEqual([])
    await server.pass(61)
    await expect.poll(() => deeds(visitor)).toEqual([[ANNA, 'note', 'lost and found']])
    await server.staff.fault({ webhook: 'duplicate', times: 2 })
    await writes(ANNA, '/note twice')
    await expect.poll(() => deeds(visitor)).toHaveLength(2)
    await server.pass(120)
    expect(await deeds(visitor)).toHaveLength(2)
    expect((await answers()).filter((text) => text.startsWith('Kept inside'))).toHaveLength(2)
  })
})

describe('what staff say among themselves', () => {
  it.each([
    ['a note', '// he sounds angry', {}],
    ['a note from a phone', '／／ he sounds angry', {}],
    ['a note with blanks', '  / / he sounds angry', {}],
    ['a call of a colleague', '@Ben he sounds angry', {}],
    ['a note in the second line', 'Good morning\n//he sounds angry', {}],
  ])('%s stays inside', async (_name, text, more) => {
    const visitor = await startChat(server.origin)
    await writes(ANNA, text, more)
    await writes(ANNA, 'Hello there')
    await said(visitor, 'Hello there')
    expect(await seen(visitor)).not.toContain('angry')
  })

  it('so do replies under a note, but not those under what the visitor wrote', async () => {
    const visitor = await startChat(server.origin, { topic: 'sales', name: 'Vera' })
    await visitor.send('Where is my bike?')
    const line = async () => (await messages()).find(({ text }) => text?.endsWith('Where is my bike?'))
    await expect.poll(line).toBeDefined()
    const note = await writes(ANNA, '// which bike?')
    await writes('ben@example.com', 'the red one, he is angry', { parentId: note.id })
    await writes('ben@example.com', 'It is on its way.', { parentId: (await line())?.id })
    await said(visitor, 'It is on its way.')
    expect(await seen(visitor)).not.toMatch(/red one|which bike/)
  })

  it('a reply under a line that was made internal stays inside with it', async () => {
    const visitor = await startChat(server.origin)
    const line = await writes(ANNA, 'public')
    await said(visitor, 'public')
    const { id } = await server.staff.theRoom()
    await server.staff.fault({ webhook: 'drop', times: 1 })
    await fetch(`${server.origin}/sandbox/api/rooms/${id}/messages/${line.id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ as: ANNA, text: '// internal now' }),
    })
    await writes('ben@example.com', 'he is angry', { parentId: line.id })
    await visitor.until((e) => e.type === 'message.deleted')
    await writes(ANNA, 'Hello there')
    await said(visitor, 'Hello there')
    expect(await seen(visitor)).not.toMatch(/angry|internal/)
  })

  it('a topic can be explicit: only what is meant for the visitor goes out', async () => {
    await server.settings({ topics: [{ ...SETTINGS.topics[0], explicit: true }] })
    const visitor = await startChat(server.origin)
    await writes(ANNA, 'what do we tell him?')
    await writes(ANNA, '> It is on its way.')
    await said(visitor, 'It is on its way.')
    expect(textsFrom('agent', (await visitor.events()).body.events)).toEqual(['It is on its way.'])
  })

  it('in a personal room that was taken only its owner speaks to the visitor', async () => {
    await server.settings({
      topics: [
        { id: 'billing', title: { en: 'Billing' }, room: 'personal', participants: ['chris@example.com'] },
      ],
    })
    const visitor = await startChat(server.origin, { topic: 'billing' })
    await writes('chris@example.com', '/take')
    await reaches(visitor, 'live')
    await writes('chris@example.com', '/invite ben@example.com')
    await answered(/is in\.$/)
    await writes('ben@example.com', 'I know better')
    await answered(/^Not sent to the visitor: chris@example.com owns this chat/)
    await writes('chris@example.com', 'My answer')
    await said(visitor, 'My answer')
    expect(await seen(visitor)).not.toMatch(/better|chris|ben@/)
  })
})
