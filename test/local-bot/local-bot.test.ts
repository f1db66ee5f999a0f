import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLocalBot } from '../../server/local-bot/index.ts'
import type { BotReply, BotState } from '../../server/ports.ts'
import { bytesOf } from './small-agent.ts'

const path = fileURLToPath(new URL('../../sandbox/demo-agent', import.meta.url))
const signal = new AbortController().signal

async function visitor(lang: string, variables: Record<string, string> = {}) {
  const bot = await createLocalBot({ path })
  let state: BotState | null = null
  const turn = async (input: { kind: 'text'; text: string } | { kind: 'event'; name: string }) => {
    const reply: BotReply = await bot.turn({
      sessionId: 's',
      input,
      lang,
      state,
      restore: false,
      variables,
      signal,
    })
    state = JSON.parse(JSON.stringify(reply.state)) as BotState
    return reply
  }
  return {
    say: (text: string) => turn({ kind: 'text', text }),
    event: (name: string) => turn({ kind: 'event', name }),
    state: () => state,
  }
}

const said = (reply: BotReply) => reply.messages.map(({ text }) => text).join('\n')

describe('the bot of the demo', () => {
  it.each(['en', 'pl'])('understands every choice that it offers (%s)', async (lang) => {
    const { say, event } = await visitor(lang)
    const offered = [await event('welcome'), await say('bla bla bla')].flatMap(({ messages }) =>
      messages.flatMap(({ choices = [] }) => choices),
    )
    expect(offered.length).toBeGreaterThan(5)
    for (const choice of offered)
      expect(await say(choice)).toMatchObject({ isFallback: false, confidence: 1 })
  })

  it('asks for the number of an order, and passes it on with the answer', async () => {
    const { say } = await visitor('en')
    expect(await say('where is my order')).toMatchObject({ intent: 'order status', asking: true })
    const reply = await say('it is #10423')
    expect(reply).toMatchObject({ asking: false, parameters: { number: '10423' } })
    expect(said(reply)).toContain('order 10423')
  })

  it('knows what "how long does it take" is about after it has spoken of returns', async () => {
    const { say } = await visitor('pl')
    await say('jak zwrócić rower')
    expect(await say('jak długo to trwa')).toMatchObject({ intent: 'returns - refund' })
  })

  it('hands over to a person, and invoices to those who know them', async () => {
    const { say } = await visitor('en')
    expect((await say('talk to a human')).handoff).toEqual({})
    expect((await say('question about my invoice')).handoff).toEqual({ skill: 'billing' })
  })

  it.each([
    ['online', /^What is it about\?/],
    ['offline', /^Nobody is at the desk right now/],
  ])('asks two questions before a person who is %s comes', async (agentStatus, first) => {
    const { say, event, state } = await visitor('en', { agentStatus })
    const question = await event('prechat')
    expect(question.asking).toBe(true)
    expect(said(question)).toMatch(first)
    expect(JSON.stringify(state())).not.toContain('agentstatus')
    expect(await say('Order 4711')).toMatchObject({ asking: true, handoff: null })
    expect(await say('A wheel is missing')).toMatchObject({
      asking: false,
      handoff: {},
      parameters: { subject: 'Order 4711', details: 'A wheel is missing' },
    })
  })

  it('believes only this turn of who is at the desk', async () => {
    const bot = await createLocalBot({ path })
    const stale = { contexts: [{ name: 'agentstatus-offline', lifespan: 5, parameters: {} }] }
    const input = { kind: 'event', name: 'prechat' } as const
    const turn = { sessionId: 's', input, lang: 'en', state: stale, restore: true, signal }
    expect(await bot.turn({ ...turn, variables: { agentStatus: 'online' } })).toMatchObject({
      intent: 'prechat',
    })
    expect(await bot.turn({ ...turn, variables: {} })).toMatchObject({ intent: 'prechat' })
  })

  it('lets a visitor leave its questions, and stays', async () => {
    const { say, event } = await visitor('pl')
    await event('prechat')
    expect(await say('Anuluj')).toMatchObject({ asking: false, handoff: false, intent: 'cancel' })
  })
})

describe('the built-in bot', () => {
  it('tells the log what the agent has that it does not act upon', async () => {
    const lines: string[] = []
    const workshop = fileURLToPath(new URL('workshop-agent', import.meta.url))
    await createLocalBot({ path: workshop, log: (line) => lines.push(line) })
    expect(lines).toContain('intents/Bring it in.json: its webhook is not called')
  })

  it('refuses an agent that cannot be read', async () => {
    await expect(createLocalBot({ path: `${path}/intents` })).rejects.toMatchObject({ name: 'ConfigError' })
  })

  it('says that it did not understand also where the agent has nothing to say to that', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'frontroom-bot-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    for (const [file, bytes] of bytesOf({ 'agent.json': {} })) writeFileSync(join(folder, file), bytes)
    const bot = await createLocalBot({ path: folder })
    const turn = { sessionId: 's', lang: 'en', state: null, restore: false, variables: {}, signal }
    const nothing = { messages: [], intent: null }
    expect(await bot.turn({ ...turn, input: { kind: 'text', text: 'hello' } })).toMatchObject({
      ...nothing,
      isFallback: true,
    })
    expect(await bot.turn({ ...turn, input: { kind: 'event', name: 'welcome' } })).toMatchObject({
      ...nothing,
      isFallback: false,
    })
  })

  it('answers nothing when it is closed', async () => {
    const bot = await createLocalBot({ path })
    await bot.close()
    await expect(
      bot.turn({
        sessionId: 's',
        input: { kind: 'text', text: 'delivery' },
        lang: 'en',
        state: null,
        restore: false,
        variables: {},
        signal,
      }),
    ).rejects.toMatchObject({ name: 'BotError', kind: 'unavailable' })
  })
})
