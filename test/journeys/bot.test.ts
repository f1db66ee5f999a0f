import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { polite, type ScriptedBot, say, startBot } from '../support/bot.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startChat, textsFrom, type Visitor } from '../support/visitor.ts'

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

const said = (visitor: Visitor, text: string | RegExp) =>
  visitor.until(
    (e) =>
      e.type === 'message' &&
      (typeof text === 'string' ? e.message.text === text : text.test(e.message.text)),
  )
const reaches = (visitor: Visitor, state: string) =>
  visitor.until((e) => e.type === 'state' && e.state === state)
const roomTexts = async () => (await server.staff.theRoom()).messages.map(({ text }) => text ?? '')
const members = async () => (await server.staff.theRoom()).members.map(({ email }) => email).sort()

describe('a bot takes the early turns', () => {
  it('greets before the visitor writes, answers, and all of it stands in the room in order', async () => {
    const visitor = await startChat(server.origin, { topic: 'sales', name: 'Anna', lang: 'pl' })
    await said(visitor, 'Welcome!')
    await visitor.send('hello')
    await said(visitor, 'You said hello')
    await expect
      .poll(roomTexts)
      .toEqual([
        expect.stringContaining('Geolocation'),
        expect.stringMatching(/^Bot · \d+\nWelcome!$/),
        expect.stringMatching(/^Anna · \d+\nhello$/),
        expect.stringMatching(/^Bot · \d+\nYou said hello$/),
      ])
    const room = await server.staff.theRoom()
    expect(room.messages.map(({ from }) => from.kind)).toEqual(['integration', 'bot', 'integration', 'bot'])
    expect(bot.asked()).toEqual(['welcome', '"hello"'])
    expect(bot.turns[1]).toMatchObject({ lang: 'pl', variables: { topic: 'sales' } })
    const { store } = server.app
    expect(await store.botTurns.list(store.db, visitor.chatId)).toMatchObject([
      { event: 'welcome', outcome: 'reply', intent: 'welcome' },
      { event: null, outcome: 'reply', intent: 'echo', confidence: expect.closeTo(0.9), fallback: false },
    ])
  })

  it('offers topics at the word agent, hands over to the one that is picked, and is asked nothing from then on', async () => {
    const visitor = await startChat(server.origin)
    await said(visitor, 'Welcome!')
    await visitor.send('AGENT!')
    const offer = await visitor.until((e) => e.type === 'message' && (e.message.choices?.length ?? 0) > 0)
    expect(offer.type === 'message' && offer.message.choices).toEqual(['Sales', 'Billing'])
    await visitor.send('Billing')
    await reaches(visitor, 'waiting')
    await said(visitor, /passing you on to our team \(Billing\)/)
    expect(await members()).toContain('chris@example.com')
    await expect.poll(async () => (await roomTexts()).at(-1)).toMatch(/this chat needs a person/)
    expect(bot.asked()).toEqual(['welcome', 'prechat'])
    await visitor.send('Are you there?')
    const room = await server.staff.theRoom()
    await server.staff.write(room.id, 'chris@example.com', 'I am.')
    await said(visitor, 'I am.')
    await visitor.send('Good.')
    await expect.poll(async () => (await roomTexts()).at(-1)).toMatch(/Good\.$/)
    expect(bot.asked()).toEqual(['welcome', 'prechat'])
  })

  it('is silent as soon as staff write to the visitor, and an answer in flight is dropped', async () => {
    let answer: (reply: object) => void = () => undefined
    const visitor = await startChat(server.origin)
    await said(visitor, 'Welcome!')
    bot.answer(() => new Promise((resolve) => (answer = resolve)))
    await visitor.send('question')
    await expect.poll(() => bot.turns.length).toBe(2)
    const room = await server.staff.theRoom()
    await server.staff.write(room.id, 'anna@example.com', 'I answer that.')
    await reaches(visitor, 'live')
    answer(say('Too late'))
    await visitor.send('thanks')
    await expect.poll(async () => (await roomTexts()).at(-1)).toMatch(/thanks$/)
    expect(textsFrom('bot', (await visitor.events()).body.events)).toEqual(['Welcome!'])
    expect(bot.turns.length).toBe(2)
  })

  it('that fails costs the visitor nothing: lines reach the room, a person is offered, then called', async () => {
    const visitor = await startChat(server.origin)
    await said(visitor, 'Welcome!')
    bot.answer(() => 500)
    await visitor.send('one')
    await said(visitor, /^Sorry, I cannot answer/)
    await visitor.send('two')
    const offer = await said(visitor, /talk to a person\?$/)
    expect(offer.type === 'message' && offer.message.choices).toEqual(['Talk to a person'])
    await visitor.send('three')
    await reaches(visitor, 'waiting')
    const texts = (await roomTexts()).join('\n')
    for (const line of ['one', 'two', 'three']) expect(texts).toContain(`\n${line}`)
  })

  it('hands over after three replies that did not understand, and what it gave up on is told', async () => {
    bot.answer((turn) => (turn.input.type === 'text' ? say('Pardon?', { fallback: true }) : {}))
    const visitor = await startChat(server.origin)
    for (const text of ['qwe', 'asd', 'zxc']) await visitor.send(text)
    await reaches(visitor, 'waiting')
    await expect
      .poll(async () => (await roomTexts()).at(-1))
      .toMatch(/did not understand[\s\S]*qwe[\s\S]*asd[\s\S]*zxc/)
  })

  it('that answers nothing is no answer: the visitor hears so, and a person comes', async () => {
    const visitor = await startChat(server.origin)
    await said(visitor, 'Welcome!')
    bot.answer(() => ({}))
    for (const text of ['one', 'two', 'three']) await visitor.send(text)
    await said(visitor, /^Sorry, I cannot answer/)
    await reaches(visitor, 'waiting')
  })

  it('gets what staff have not answered when they give the chat back, and no answer of before counts', async () => {
    let answer: (reply: object) => void = () => undefined
    const visitor = await startChat(server.origin)
    await said(visitor, 'Welcome!')
    bot.answer(() => new Promise((resolve) => (answer = resolve)))
    await visitor.send('old question')
    await expect.poll(() => bot.turns.length).toBe(2)
    const room = await server.staff.theRoom()
    await server.staff.write(room.id, 'anna@example.com', '/take')
    await reaches(visitor, 'live')
    await visitor.send('new question')
    bot.answer(polite)
    await server.staff.write(room.id, 'anna@example.com', '/handback')
    await said(visitor, /assistant again/)
    answer(say('Answer of before'))
    await said(visitor, 'You said old question')
    await said(visitor, 'You said new question')
    expect(textsFrom('bot', (await visitor.events()).body.events)).not.toContain('Answer of before')
  })

  it('is given the chat back, has its say, and staff take it again by a word', async () => {
    const visitor = await startChat(server.origin)
    await said(visitor, 'Welcome!')
    const room = await server.staff.theRoom()
    await server.staff.write(room.id, 'anna@example.com', 'Hello')
    await reaches(visitor, 'live')
    await server.staff.write(room.id, 'anna@example.com', '/handback')
    await said(visitor, /assistant again/)
    bot.answer(polite)
    await visitor.send('back?')
    await said(visitor, 'You said back?')
    await server.staff.write(room.id, 'anna@example.com', 'Me again')
    await said(visitor, 'Me again')
    expect((await visitor.call('GET', '')).body.chat.state).toBe('live')
  })
})
