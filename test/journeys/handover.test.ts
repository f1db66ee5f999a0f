import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { polite, type ScriptedBot, say, startBot, type TurnSeen } from '../support/bot.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { SETTINGS } from '../support/settings.ts'
import { startChat, textsFrom, type Visitor } from '../support/visitor.ts'

const [sales, billing] = SETTINGS.topics

let bot: ScriptedBot
let server: TestServer

beforeEach(async () => {
  bot = await startBot()
  server = await startServer({
    env: bot.env,
    settings: {
      peopleJoin: 'handover',
      topics: [
        { ...sales, pages: ['/shop/*'] },
        { ...billing, form: { mode: 'anonymous', fields: [] }, skills: ['invoices'] },
      ],
    },
  })
})
afterEach(async () => {
  await server.close()
  await bot.close()
})

const STAFF = ['anna@example.com', 'ben@example.com', 'chris@example.com']
const said = (visitor: Visitor, text: string | RegExp) =>
  visitor.until(
    (e) =>
      e.type === 'message' &&
      (typeof text === 'string' ? e.message.text === text : text.test(e.message.text)),
  )
const stateOf = async (visitor: Visitor) => (await visitor.call('GET', '')).body.chat.state
const reaches = (visitor: Visitor, state: string) =>
  visitor.until((e) => e.type === 'state' && e.state === state)
const staffIn = async () =>
  (await server.staff.theRoom()).members
    .map(({ email }) => email)
    .filter((email) => STAFF.includes(email))
    .sort()
const roomTexts = async () => (await server.staff.theRoom()).messages.map(({ text }) => text ?? '')
const digests = async () => (await roomTexts()).filter((text) => text.includes('this chat needs a person'))

async function begin(wish: object = { topic: 'sales' }): Promise<Visitor> {
  const visitor = await startChat(server.origin, wish as Record<string, unknown>)
  await said(visitor, 'Welcome!')
  return visitor
}

/** Asks two questions before a person comes. */
const intake = (turn: TurnSeen) => {
  if (turn.input.type === 'event') {
    return turn.input.name === 'prechat'
      ? say('Which order is it about?', { asking: true, state: { step: 1 } })
      : say('Welcome!')
  }
  const step = (turn.state as { step?: number } | null)?.step
  if (step === 1) return say('What happened?', { asking: true, state: { step: 2 } })
  return step === 2 ? say('Thank you.', { state: {}, parameters: { order: '4711' } }) : polite(turn)
}

describe('the handover', () => {
  it('lets nobody in before the last question is answered; then staff read all of it', async () => {
    bot.answer(intake)
    const visitor = await begin({ topic: 'sales', page: { url: 'https://www.example.com/shop/red?x=1' } })
    await visitor.send('do you ship?')
    await said(visitor, 'You said do you ship?')
    await visitor.call('POST', '/handover')
    await said(visitor, 'Which order is it about?')
    await visitor.send('4711')
    await said(visitor, 'What happened?')
    expect(await staffIn()).toEqual([])
    await visitor.send('It broke')
    await reaches(visitor, 'waiting')
    expect(await staffIn()).toEqual(['anna@example.com', 'ben@example.com'])
    await expect.poll(digests).toHaveLength(1)
    const [digest = ''] = await digests()
    expect(digest).toContain('Page: https://www.example.com/shop/red?x=1')
    expect(digest).toContain('Which order is it about? 4711')
    expect(digest).toContain('What happened? It broke')
    expect(digest).toContain('echo 0.90')
    const mentioned = (await server.staff.theRoom()).messages.find(({ text }) =>
      text?.includes(digest),
    )?.mentions
    expect(mentioned).toEqual(['anna@example.com', 'ben@example.com'])
    expect(
      bot.turns.find(({ input }) => input.type === 'event' && input.name === 'prechat')?.variables,
    ).toMatchObject({
      agentStatus: 'online',
    })
  })

  it.each([
    ['the skill a bot names', { handoff: { skill: 'invoices', webstore: 'PL', channel: 'web' } }, 'billing'],
    ['the page, when there is no skill', { handoff: true }, 'sales'],
    ['the end of what the bot has to say', { end: true }, 'sales'],
  ])('goes by %s', async (_name, more, topic) => {
    const visitor = await begin({ topic: 'billing', page: { url: 'https://www.example.com/shop/1' } })
    bot.answer((turn) => (turn.input.type === 'text' ? say('A colleague will help.', more) : {}))
    await visitor.send('help')
    await reaches(visitor, 'waiting')
    expect((await visitor.call('GET', '')).body.chat.topic).toBe(topic)
    await expect.poll(digests).toHaveLength(1)
    if (topic === 'billing')
      expect((await digests())[0]).toMatch(/Skill: invoices\nWeb store: PL\nChannel: web/)
  })

  it('tells the bot that nobody is there, and lets it say so instead of handing over', async () => {
    const visitor = await begin()
    for (const email of STAFF) await server.staff.present(email, 'OutOfOffice')
    bot.answer((turn) =>
      turn.variables.agentStatus === 'offline'
        ? say('Nobody is here now.', { handoff: false })
        : polite(turn),
    )
    await visitor.call('POST', '/handover')
    await said(visitor, 'Nobody is here now.')
    expect(await stateOf(visitor)).toBe('bot')
    await visitor.send('ok')
    await said(visitor, 'You said ok')
  })

  it('keeps what is written between its steps: staff read it, and the bot is not asked about it', async () => {
    const visitor = await begin()
    await server.staff.fault({ method: 'GET', path: '/people*', lateMs: 400, times: 9 })
    await visitor.call('POST', '/handover')
    await visitor.send('and one more thing')
    await reaches(visitor, 'waiting')
    await expect.poll(digests).toEqual([expect.stringContaining('Not answered yet: and one more thing')])
    await expect
      .poll(async () => (await roomTexts()).filter((text) => text.endsWith('\nand one more thing')))
      .toHaveLength(1)
    expect(bot.asked()).toEqual(['welcome', 'prechat'])
  })

  it('gives the bot what was written meanwhile when it did not work out, once', async () => {
    const visitor = await begin()
    await server.staff.fault({ method: 'GET', path: '/people*', lateMs: 400, times: 9 })
    await server.staff.fault({ method: 'POST', path: '/memberships', answer: { status: 503 }, times: 2 })
    await visitor.call('POST', '/handover')
    await visitor.send('still there?')
    await said(visitor, /could not reach our team/)
    await said(visitor, 'You said still there?')
    expect(bot.asked()).toEqual(['welcome', 'prechat', '"still there?"'])
  })
})

describe('a handover after trouble', () => {
  it('keeps its people, although those of the one before were still to be taken out', async () => {
    const visitor = await begin()
    await server.staff.fault(
      { method: 'POST', path: '/memberships', answer: { status: 500 }, effect: 'before', times: 2 },
      { method: 'GET', path: '/memberships*', answer: { status: 500 }, times: 2 },
    )
    await visitor.call('POST', '/handover')
    await said(visitor, /could not reach our team/)
    await server.staff.noMoreFaults()
    await visitor.call('POST', '/handover')
    for (let n = 0; n < 5; n++) await server.pass(10)
    await reaches(visitor, 'waiting')
    await server.pass(60)
    expect(await staffIn()).toEqual(['anna@example.com', 'ben@example.com'])
  })

  it('lets those in again who had left', async () => {
    await server.settings({ peopleJoin: 'start', topics: [sales] })
    const visitor = await begin()
    const { id } = await server.staff.theRoom()
    for (const email of ['anna@example.com', 'ben@example.com'])
      await fetch(`${server.origin}/sandbox/api/rooms/${id}/members/${email}?as=${email}`, {
        method: 'DELETE',
      })
    expect(await staffIn()).toEqual([])
    await visitor.call('POST', '/handover')
    await reaches(visitor, 'waiting')
    expect(await staffIn()).toEqual(['anna@example.com', 'ben@example.com'])
  })

  it('leads somewhere when the topic of the chat is gone', async () => {
    const visitor = await begin()
    await server.settings({ topics: [{ ...billing, form: { mode: 'anonymous', fields: [] } }] })
    await visitor.call('POST', '/handover')
    await reaches(visitor, 'waiting')
    expect(await staffIn()).toEqual(['chris@example.com'])
  })
})

/** What is to go wrong, and whether the chat is with people afterwards. */
const FAULTS: readonly [
  step: string,
  fault: object | null,
  answer: ((turn: TurnSeen) => object | number) | null,
  'people' | 'bot',
][] = [
  [
    'nobody can be looked up',
    { method: 'GET', path: '/people*', answer: { status: 503 }, times: 9 },
    null,
    'people',
  ],
  [
    'looking somebody up breaks off',
    { method: 'GET', path: '/people*', reset: true, times: 9 },
    null,
    'people',
  ],
  ['the intake is refused by the bot', null, () => 500, 'people'],
  ['the bot makes no sense', null, () => ({ messages: 'none' }), 'people'],
  [
    'people are refused',
    { method: 'POST', path: '/memberships', answer: { status: 403 }, times: 2 },
    null,
    'bot',
  ],
  [
    'one of two is refused',
    { method: 'POST', path: '/memberships', answer: { status: 404 }, times: 1 },
    null,
    'bot',
  ],
  ['Webex fails', { method: 'POST', path: '/memberships', answer: { status: 500 }, times: 2 }, null, 'bot'],
  [
    'Webex fails after it let one in',
    { method: 'POST', path: '/memberships', answer: { status: 500 }, effect: 'before', times: 1 },
    null,
    'bot',
  ],
  [
    'the connection breaks after both are in',
    { method: 'POST', path: '/memberships', reset: true, effect: 'before', times: 2 },
    null,
    'bot',
  ],
  [
    'Webex wants a pause',
    { method: 'POST', path: '/memberships', answer: { status: 429, retryAfter: 1 }, times: 2 },
    null,
    'bot',
  ],
  [
    'the digest is refused at first',
    { method: 'POST', path: '/messages', answer: { status: 503 }, times: 2 },
    null,
    'people',
  ],
  [
    'the digest stands and its answer is lost',
    { method: 'POST', path: '/messages', reset: true, effect: 'before', times: 2 },
    null,
    'people',
  ],
]

describe('a handover that fails at one of its steps is never half done', () => {
  it.each(FAULTS)('%s', async (_step, fault, answer, ends) => {
    const visitor = await begin()
    await expect.poll(async () => (await roomTexts()).length).toBe(2)
    if (fault) await server.staff.fault(fault)
    if (answer) bot.answer(answer)
    await visitor.call('POST', '/handover')
    if (ends === 'people') {
      await reaches(visitor, 'waiting')
      expect(await staffIn()).toEqual(['anna@example.com', 'ben@example.com'])
      await expect.poll(digests, { timeout: 15_000 }).toHaveLength(1)
      await server.staff.write((await server.staff.theRoom()).id, 'ben@example.com', 'Hello')
      await said(visitor, 'Hello')
      return
    }
    await said(visitor, /could not reach our team just now. I am still here/)
    await server.staff.noMoreFaults()
    await expect.poll(staffIn, { timeout: 15_000 }).toEqual([])
    expect(await stateOf(visitor)).toBe('bot')
    expect(await digests()).toEqual([])
    bot.answer(polite)
    await visitor.send('are you?')
    await said(visitor, 'You said are you?')
    // And the next one works, when a pause that was asked for is over.
    await server.pass(3)
    await visitor.call('POST', '/handover')
    await reaches(visitor, 'waiting')
    expect(await staffIn()).toEqual(['anna@example.com', 'ben@example.com'])
  })
})

describe('who is there', () => {
  it('is said before the visitor writes, when it is nobody', async () => {
    await server.settings({ topics: [{ ...sales, bot: false }] })
    for (const email of STAFF) await server.staff.present(email, 'OutOfOffice')
    const visitor = await startChat(server.origin)
    const { events } = (await visitor.events()).body
    expect(textsFrom('system', events)).toEqual([expect.stringMatching(/^Nobody is at the desk right now/)])
  })

  it('is not said when one of them is there, or nobody knows', async () => {
    await server.settings({ topics: [{ ...sales, bot: false }] })
    await server.staff.present('anna@example.com', 'OutOfOffice')
    const one = await startChat(server.origin)
    expect(textsFrom('system', (await one.events()).body.events)).toEqual([])
    await server.staff.fault({ method: 'GET', path: '/people*', answer: { status: 500 }, times: 9 })
    const two = await startChat(server.origin)
    expect(textsFrom('system', (await two.events()).body.events)).toEqual([])
  })

  it('is called again when the visitor waits, and then the visitor is told; an answer ends it', async () => {
    await server.settings({ topics: [{ ...sales, bot: false }] })
    const visitor = await startChat(server.origin)
    await visitor.send('anybody?')
    await server.pass(170)
    const reminders = async () =>
      (await server.staff.theRoom()).messages.filter(({ text }) => text?.includes('has been waiting since'))
    expect(await reminders()).toEqual([])
    await visitor.call('POST', '/presence', { state: 'here' })
    await server.pass(20)
    await expect.poll(reminders).toMatchObject([{ mentions: ['anna@example.com', 'ben@example.com'] }])
    await visitor.call('POST', '/presence', { state: 'here' })
    await server.pass(120)
    await said(visitor, /^Our team has not answered yet/)
    await server.staff.write((await server.staff.theRoom()).id, 'anna@example.com', 'Here I am')
    await said(visitor, 'Here I am')
    await visitor.call('POST', '/presence', { state: 'here' })
    await server.pass(240)
    expect(await reminders()).toHaveLength(1)
  })

  it('may get the chat alone, where a topic says so', async () => {
    await server.settings({ peopleJoin: 'start', topics: [{ ...sales, assign: 'available' }] })
    await server.staff.present('anna@example.com', 'OutOfOffice')
    const visitor = await begin()
    await visitor.call('POST', '/handover')
    await reaches(visitor, 'waiting')
    await expect.poll(digests).toHaveLength(1)
    const call = (await server.staff.theRoom()).messages.find(({ text }) => text?.includes('needs a person'))
    expect(call?.mentions).toEqual(['ben@example.com'])
    const { store } = server.app
    expect((await store.chats.find(store.db, visitor.chatId))?.owner).toBe('ben@example.com')
  })
})
