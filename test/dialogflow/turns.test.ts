import { describe, expect, it } from 'vitest'
import { codePoints } from '../../server/core/text.ts'
import { contextsOf, failureOf, start, stepOf, talk, WIRES } from './start.ts'

describe.each(WIRES)('a turn over %s', (wire) => {
  it('begins with the welcome event, answered with texts and choices', async () => {
    const { endpoint, event } = await start(wire)
    const reply = await event('welcome')
    expect(reply).toMatchObject({
      messages: [{ text: 'Good day!' }, { text: 'What can I do?', choices: ['Hours', 'Prices'] }],
      intent: 'WELCOME',
      confidence: 0.75,
      isFallback: false,
      asking: false,
      end: false,
      handoff: null,
    })
    const [call] = endpoint.requests()
    expect(call).toMatchObject({ wire, authorization: null })
    expect(call?.request.queryInput.event).toMatchObject({ name: 'WELCOME', languageCode: 'en' })
  })

  it('carries other events by their own name; one that nobody listens to has no answer', async () => {
    const { endpoint, event } = await start(wire)
    const reply = await event('prechat')
    expect(reply).toMatchObject({ messages: [], intent: null, confidence: null, isFallback: false })
    expect(endpoint.requests()[0]?.request.queryInput.event).toMatchObject({ name: 'prechat' })
  })

  it('carries what the visitor said, and the language of the turn', async () => {
    const { say } = await start(wire)
    expect((await say('Ile to kosztuje?', { lang: 'pl' })).messages[0]?.text).toMatch(
      /^pl:0::Ile to kosztuje\?$/,
    )
    expect((await say('Quanto custa?', { lang: 'pt-BR' })).messages[0]?.text).toMatch(/^pt-BR:/)
  })

  it('in a language that the agent does not have is refused, for good', async () => {
    const { endpoint, say } = await start(wire)
    const error = await failureOf(say('Wie viel?', { lang: 'de' }))
    expect(error.kind).toBe('invalid')
    expect(error.message).not.toContain('Wie viel')
    expect(endpoint.requests()).toHaveLength(1)
  })

  it('takes payloads apart: numbers, words, lists and nothing', async () => {
    const { say } = await start(wire)
    expect(await say('invoice')).toMatchObject({
      messages: [{ text: 'One moment.' }],
      handoff: { skill: 'billing' },
    })
  })

  it('says when the bot asks, hands over, ends, or did not understand', async () => {
    const { say } = await start(wire)
    expect(await say('next')).toMatchObject({ asking: true, parameters: { count: '1' } })
    expect(await say('person')).toMatchObject({ handoff: {} })
    expect(await say('bye')).toMatchObject({ end: true })
    expect(await say('what?')).toMatchObject({ isFallback: true, confidence: 0 })
  })

  it.each([
    ['words', 'a'.repeat(256), 'a'.repeat(256)],
    ['more words', 'a'.repeat(257), 'a'.repeat(256)],
    ['emoji', '😀'.repeat(4000), '😀'.repeat(256)],
    ['blanks before the words', `${' '.repeat(300)}hello`, 'hello'],
  ])('is cut after 256 characters, as many as Dialogflow takes: %s', async (_what, text, heard) => {
    const { endpoint, say } = await start(wire)
    expect((await say(text)).messages[0]?.text).toContain(heard)
    expect(endpoint.requests()[0]?.request.queryInput.text?.text).toBe(heard)
    expect(codePoints(heard)).toBeLessThanOrEqual(256)
  })

  it('goes to the region and the environment by its path', async () => {
    const { endpoint, say } = await start(wire, { location: 'europe-west1', environment: 'production' })
    await say('hello', { sessionId: 's-1' })
    expect(endpoint.requests('s-1')[0]?.path).toBe(
      'projects/shop-1/locations/europe-west1/agent/environments/production/users/-/sessions/s-1',
    )
  })
})

describe.each(WIRES)('the variables of a turn over %s', (wire) => {
  const sent = (requests: Awaited<ReturnType<typeof start>>['endpoint']) =>
    (requests.requests().at(-1)?.request.queryParams?.contexts ?? []).map(
      ({ name, lifespanCount, parameters }) => ({
        name: name.split('/').at(-1),
        lifespanCount,
        parameters,
      }),
    )

  it('are a context of the agent, sent first and then when they have changed', async () => {
    const { endpoint, say } = await start(wire)
    await say('one', { variables: { page: '/a', chat: 'C-1' } })
    const [first] = sent(endpoint)
    expect(first).toMatchObject({ name: 'variables', parameters: { page: '/a', chat: 'C-1' } })
    expect(first?.lifespanCount).toBeGreaterThan(5)
    const same = await say('two', { variables: { chat: 'C-1', page: '/a' } })
    expect(sent(endpoint)).toEqual([])
    expect(contextsOf(same)).toEqual(['variables'])
    await say('three', { variables: { page: '/b', chat: 'C-1' } })
    expect(sent(endpoint)).toMatchObject([{ name: 'variables', parameters: { page: '/b' } }])
    await say('four', { variables: {} })
    expect(sent(endpoint)).toMatchObject([{ name: 'variables', parameters: {} }])
  })

  it('are sent once more when the agent has lost them', async () => {
    const { endpoint, say } = await start(wire)
    for (let n = 0; n < 60; n++) await say('again', { variables: { page: '/a' } })
    const times = endpoint.requests().filter(({ request }) => request.queryParams?.contexts?.length).length
    expect(times).toBe(2)
  })

  it('are the payload of every turn, for webhooks', async () => {
    const { endpoint, say } = await start(wire)
    for (const page of ['/a', '/a', '/b']) {
      await say('hello', { variables: { page } })
      expect(endpoint.requests().at(-1)?.request.queryParams?.payload).toEqual({ page })
    }
  })

  it('tell with every turn whether anybody is there, for intents that listen for it', async () => {
    const { endpoint, say } = await start(wire)
    for (const agentStatus of ['online', 'online', 'offline']) {
      const reply = await say('hello', { variables: { agentStatus } })
      expect(sent(endpoint)).toContainEqual({
        name: `agentstatus-${agentStatus}`,
        lifespanCount: 1,
        parameters: {},
      })
      expect(contextsOf(reply)).toEqual([`agentstatus-${agentStatus}`, 'variables'])
    }
    await say('hello', { variables: { agentStatus: 'asleep' } })
    expect(sent(endpoint)).toMatchObject([{ name: 'variables' }])
  })

  it('may hold half an emoji, which no wire carries', async () => {
    const { endpoint, say } = await start(wire)
    await say('hello', { variables: { page: '\ud83d', '\udc00key': 'x' } })
    expect(endpoint.requests()[0]?.request.queryParams?.payload).toEqual({ page: '\ufffd', '\ufffdkey': 'x' })
  })
})

describe.each(WIRES)('a chat over %s', (wire) => {
  it('is remembered by Dialogflow itself as long as it goes on', async () => {
    const { endpoint, say } = await start(wire)
    for (const step of [1, 2, 3]) expect(stepOf(await say('next'))).toBe(step)
    for (const { request } of endpoint.requests()) {
      expect(request.queryParams?.contexts ?? []).toEqual([])
      expect(request.queryParams?.resetContexts).toBe(false)
    }
  })

  it('goes on by its state after a restart of both sides', async () => {
    const before = await start(wire)
    await before.say('next', { variables: { page: '/a' } })
    await before.say('next', { variables: { page: '/a' } })
    const after = await start(wire)
    const { say } = talk(after.bot, { sessionId: before.sessionId, state: before.state() })
    const reply = await say('next', { restore: true, variables: { page: '/a' } })
    expect(stepOf(reply)).toBe(3)
    expect(contextsOf(reply)).toEqual(['steps', 'variables'])
    expect(stepOf(await say('next', { variables: { page: '/a' } }))).toBe(4)
  })

  it.each([
    ['14 minutes: it is remembered', 14, false],
    ['16 minutes: nobody knows for how long it will be', 16, true],
    ['a day: it is forgotten', 24 * 60, true],
  ])('goes on after %s', async (_what, minutes, restored) => {
    let now = Date.parse('2026-11-20T10:00:00Z')
    const { endpoint, say } = await start(wire, { clock: { now: () => now }, now: () => now })
    await say('next')
    now += minutes * 60_000
    expect(stepOf(await say('next'))).toBe(2)
    expect(endpoint.requests().at(-1)?.request.queryParams?.resetContexts).toBe(restored)
  })

  it('does not go on twice when a turn is repeated whose answer was lost', async () => {
    const { endpoint, say, state } = await start(wire)
    await say('next')
    const before = state()
    endpoint.fault({ kind: 'cut', late: true })
    expect((await failureOf(say('next'))).kind).toBe('unavailable')
    expect(stepOf(await say('next', { restore: true, state: before }))).toBe(2)
    expect(stepOf(await say('next'))).toBe(3)
  })

  it('begins anew when a first turn is repeated', async () => {
    const { say } = await start(wire)
    await say('next')
    expect(stepOf(await say('next', { state: null, restore: true }))).toBe(1)
  })

  it('begins anew with the state of another bot', async () => {
    const { say } = await start(wire)
    expect(stepOf(await say('next', { state: { turns: 7 }, restore: true }))).toBe(1)
  })

  it('does not bring back who was there', async () => {
    const { say } = await start(wire)
    await say('next', { variables: { agentStatus: 'online' } })
    const reply = await say('next', { variables: { agentStatus: 'offline' }, restore: true })
    expect(contextsOf(reply)).toEqual(['agentstatus-offline', 'steps', 'variables'])
  })

  it('keeps nothing that Dialogflow would not take back, and nothing of the visitor', async () => {
    const { say, state } = await start(wire)
    await say('next', { variables: { page: '/a', agentStatus: 'online', email: 'anna@example.com' } })
    expect(state()).toMatchObject({ contexts: [{ name: 'steps', lifespan: 5, parameters: { count: 1 } }] })
    expect(JSON.stringify(state())).not.toMatch(/anna|__system|agentstatus/)
  })
})

it('keeps two chats apart that speak at once', async () => {
  const { bot } = await start('grpc')
  const chats = Array.from({ length: 20 }, () => talk(bot))
  for (const step of [1, 2, 3])
    for (const reply of await Promise.all(chats.map(({ say }) => say('next'))))
      expect(stepOf(reply)).toBe(step)
})
