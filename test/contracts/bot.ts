/**
 * What every bot must do, whoever is behind it. Each runs this suite with the agent of `bot-agent/` (a Dialogflow ES export in
 * English and Polish) as its knowledge.
 */
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isStorable } from '../../server/core/text.ts'
import type { Bot } from '../../server/ports.ts'
import { choicesOf, effectOf, expectSound, HOSTILE, talk, textOf } from './bot-talk.ts'

export interface BotUnderTest {
  readonly bot: Bot
  /** Another instance with the same agent, as after a restart of the server. */
  again(): Promise<Bot>
  /** Closes every instance and what stands behind them. */
  close(): Promise<void>
}

export const botAgent = fileURLToPath(new URL('bot-agent', import.meta.url))

export function botContract(name: string, create: () => Promise<BotUnderTest>): void {
  const test = (title: string, run: (under: BotUnderTest) => Promise<void>) =>
    it(title, async () => {
      const under = await create()
      try {
        await run(under)
      } finally {
        await under.close()
      }
    })

  describe(`a bot: ${name}`, () => {
    test('greets before the visitor has said anything, and offers what it knows as choices', async ({
      bot,
    }) => {
      const { event, say } = talk(bot)
      const greeting = await event('welcome')
      expectSound(greeting)
      expect(textOf(greeting)).toMatch(/Good day! I am the bot.*What can I do for you\?/s)
      expect(choicesOf(greeting)).toEqual(['Opening hours', 'Delivery', 'Book a service'])
      expect(greeting).toMatchObject({ intent: 'Welcome', isFallback: false, asking: false, end: false })
      expect(greeting.handoff).toBeNull()
      for (const [choice, intent] of [
        ['Opening hours', 'Hours'],
        ['Delivery', 'Delivery'],
        ['Book a service', 'Service'],
      ] as const)
        expect(await say(choice)).toMatchObject({ intent, isFallback: false })
    })

    test('answers what it knows, naming the intent and how sure it is', async ({ bot }) => {
      const answer = await talk(bot).say('When are you open?')
      expectSound(answer)
      expect(answer.messages).toEqual([{ text: 'We are open from Monday to Friday, 8 to 17.' }])
      expect(answer).toMatchObject({ intent: 'Hours', isFallback: false, asking: false, end: false })
      expect(answer.confidence).toBeGreaterThan(0.9)
      expect(answer.handoff).toBeNull()
      expect(answer.parameters).toEqual({})
    })

    test('speaks the language of the turn, also when it changes within the chat', async ({ bot }) => {
      const { event, say } = talk(bot, { lang: 'pl' })
      const greeting = await event('welcome')
      expect(textOf(greeting)).toContain('Dzień dobry! Jestem botem')
      expect(choicesOf(greeting)).toEqual(['Godziny otwarcia', 'Dostawa', 'Umów serwis'])
      expect(textOf(await say('Kiedy jest otwarte?'))).toContain('od poniedziałku do piątku')
      expect(textOf(await say('umów serwis'))).toContain('Jaki to rower')
      expect(textOf(await say('miejski'))).toContain('rower: miejski')
      expect(textOf(await say('opening hours', { lang: 'en' }))).toContain('from Monday to Friday')
    })

    test('says that it did not understand, and that it is not sure', async ({ bot }) => {
      for (const [lang, text, sorry] of [
        ['en', 'Purple elephants sing quietly', 'I did not understand'],
        ['pl', 'Fioletowe słonie śpiewają cicho', 'nie rozumiem'],
      ] as const) {
        const reply = await talk(bot, { lang }).say(text)
        expectSound(reply)
        expect(textOf(reply)).toContain(sorry)
        expect(reply).toMatchObject({ isFallback: true, asking: false, end: false })
        expect(reply.handoff).toBeNull()
        expect(reply.confidence ?? 0).toBeLessThan(0.5)
      }
    })

    test('asks for what it needs, again when the answer is none, and names the answer', async ({ bot }) => {
      const { say } = talk(bot)
      const question = await say('Book a service')
      expect(question).toMatchObject({ intent: 'Service', asking: true, parameters: {} })
      expect(textOf(question)).toContain('What kind of bike')
      const nothing = await say('purple elephants')
      expect(nothing.asking).toBe(true)
      expect(textOf(nothing)).toContain('What kind of bike')
      const done = await say('town')
      expect(done).toMatchObject({ intent: 'Service', asking: false, parameters: { bike: 'city' } })
      expect(textOf(done)).toBe('The service of your city bike is booked.')
      expect(await say('opening hours')).toMatchObject({ intent: 'Hours', asking: false, parameters: {} })
    })

    test('takes what was already said instead of asking for it', async ({ bot }) => {
      const done = await talk(bot).say('Service for my racing bike')
      expect(done).toMatchObject({ intent: 'Service', asking: false, parameters: { bike: 'road' } })
    })

    test('understands a follow-up only where it follows', async ({ bot }) => {
      const { say } = talk(bot)
      expect(await say('How much is it?')).toMatchObject({ isFallback: true })
      expect(await say('Delivery')).toMatchObject({ intent: 'Delivery', asking: false })
      expect(textOf(await say('How much is it?'))).toBe('That is 5 euros.')
      expect(textOf(await say('What does it cost?'))).toBe('That is 5 euros.')
    })

    test('forgets what a follow-up follows after the turns it was given', async ({ bot }) => {
      const { say } = talk(bot)
      await say('Delivery')
      for (let n = 0; n < 2; n++) await say('opening hours')
      expect(await say('How much is it?')).toMatchObject({ isFallback: true })
    })

    test('leads an intake of several questions to its end, its answers in order', async ({ bot }) => {
      const { event, say } = talk(bot, { variables: { agentStatus: 'online' } })
      const first = await event('prechat')
      expectSound(first)
      expect(first).toMatchObject({ intent: 'Prechat', asking: true, isFallback: false, parameters: {} })
      expect(first.handoff).toBeNull()
      expect(textOf(first)).toBe('What is it about?')
      const second = await say('The order 4711')
      expect(second).toMatchObject({ intent: 'Prechat', asking: true, isFallback: false })
      expect(second.parameters).toEqual({ subject: 'The order 4711' })
      expect(textOf(second)).toBe('What exactly has happened?')
      const last = await say('A wheel is missing')
      expect(last).toMatchObject({ intent: 'Prechat', asking: false, end: false, isFallback: false })
      expect(Object.entries(last.parameters)).toEqual([
        ['subject', 'The order 4711'],
        ['details', 'A wheel is missing'],
      ])
      expect(textOf(last)).toBe('Thank you, a colleague will read this.')
      expect(await say('opening hours')).toMatchObject({ intent: 'Hours', asking: false, parameters: {} })
    })

    test('is asking as long as a context of an intake lives', async ({ bot }) => {
      const { say } = talk(bot)
      expect(await say('Please phone me')).toMatchObject({ intent: 'Callback', asking: true })
      expect(await say('In the evening')).toMatchObject({ intent: 'Callback - time', asking: false })
      expect(await say('In the evening')).toMatchObject({ isFallback: true, asking: false })
    })

    test('goes on where it was after a restart', async ({ bot, again }) => {
      const before = talk(bot)
      await before.event('prechat')
      await before.say('The order 4711')
      const restored = { state: before.state(), sessionId: before.sessionId, restore: true }
      const last = await talk(await again()).say('A wheel is missing', restored)
      expect(last).toMatchObject({
        intent: 'Prechat',
        asking: false,
        parameters: { subject: 'The order 4711', details: 'A wheel is missing' },
      })
    })

    test('goes on by the state alone when it has forgotten the chat', async ({ bot, again }) => {
      const before = talk(bot)
      await before.say('Delivery')
      const state = before.state()
      const after = talk(await again())
      expect(await after.say('How much is it?', { state, restore: true })).toMatchObject({
        intent: 'Delivery - cost',
      })
      expect(await after.say('What does it cost?')).toMatchObject({ intent: 'Delivery - cost' })
    })

    test('replies to a repeated turn as before, and does not go on twice', async ({ bot, again }) => {
      const { event, say, state, sessionId } = talk(bot)
      await event('prechat')
      const before = state()
      const second = await say('The order 4711')
      for (const each of [bot, await again()]) {
        const repeated = talk(each)
        const same = await repeated.say('The order 4711', { state: before, sessionId, restore: true })
        expect(effectOf(same)).toEqual(effectOf(second))
        const last = await repeated.say('A wheel is missing', { sessionId })
        expect(last).toMatchObject({
          asking: false,
          parameters: { subject: 'The order 4711', details: 'A wheel is missing' },
        })
      }
    })

    test('repeats its greeting when nothing of it was kept', async ({ bot }) => {
      const { event, sessionId } = talk(bot)
      const first = await event('welcome')
      const same = await talk(bot).event('welcome', { sessionId, state: null, restore: true })
      expect(effectOf(same)).toEqual(effectOf(first))
    })

    test('forgets what is not in the state it is given', async ({ bot }) => {
      const { say } = talk(bot)
      await say('Delivery')
      expect(await say('How much is it?', { state: null, restore: true })).toMatchObject({
        isFallback: true,
      })
    })

    test('hands over by a payload, with skill, webstore and channel', async ({ bot }) => {
      const reply = await talk(bot).say('My invoice is wrong')
      expect(reply.handoff).toEqual({ skill: 'billing', webstore: 'PL', channel: 'web' })
      expect(reply).toMatchObject({ intent: 'Billing', end: false })
      expect(reply.messages).toEqual([{ text: 'My colleagues look after invoices.' }])
    })

    test('hands over by the flag of an intent', async ({ bot }) => {
      const reply = await talk(bot).say('Talk to a human')
      expect(reply.handoff).toEqual({})
      expect(reply).toMatchObject({ intent: 'Person', end: false })
    })

    test('says when it has nothing more to say', async ({ bot }) => {
      const reply = await talk(bot).say('Goodbye')
      expect(reply).toMatchObject({ intent: 'Goodbye', end: true, handoff: null })
      expect(textOf(reply)).toBe('Goodbye, and safe riding!')
    })

    test('knows from the variables that nobody is there, and says that it does not hand over', async ({
      bot,
    }) => {
      const { event } = talk(bot)
      const away = await event('prechat', { variables: { agentStatus: 'offline' } })
      expect(away).toMatchObject({ intent: 'Prechat - offline', asking: false, handoff: false })
      expect(textOf(away)).toBe('Nobody is at the desk right now.')
      const back = await event('prechat', { variables: { agentStatus: 'online' } })
      expect(back).toMatchObject({ intent: 'Prechat', asking: true, handoff: null })
    })

    test('knows the variables as they are now', async ({ bot }) => {
      const { say } = talk(bot)
      for (const page of ['/shop/bells', '/shop/locks'])
        expect(textOf(await say('Where am I?', { variables: { page } }))).toContain(page)
    })

    test('has nothing to say to an event that nobody listens to', async ({ bot }) => {
      const { event, say } = talk(bot)
      const reply = await event('solar-eclipse')
      expect(reply).toMatchObject({
        messages: [],
        intent: null,
        isFallback: false,
        asking: false,
        end: false,
      })
      expect(reply.handoff).toBeNull()
      expect(await say('opening hours')).toMatchObject({ intent: 'Hours' })
    })

    test('takes a text that is longer than 256 characters', async ({ bot }) => {
      for (const text of ['opening hours '.repeat(20), `opening hours${' '.repeat(300)}`, '😀'.repeat(257)])
        expectSound(await talk(bot).say(text))
    })

    test('is broken by no text', async ({ bot }) => {
      const { say } = talk(bot)
      for (const [, text] of HOSTILE) {
        const reply = await say(text)
        expectSound(reply)
        // It heard something and says something, whatever that is.
        expect(reply.messages.length).toBeGreaterThan(0)
      }
      expect(await say('opening hours')).toMatchObject({ intent: 'Hours' })
    })

    test('is broken by no answer to its questions', async ({ bot, again }) => {
      for (const [, text] of HOSTILE) {
        const { event, say, state, sessionId } = talk(bot)
        await event('prechat')
        const second = await say(text)
        expectSound(second)
        for (const value of Object.values(second.parameters)) expect(isStorable(value)).toBe(true)
        const restored = { state: state(), sessionId, restore: true }
        expectSound(await talk(await again()).say(text, restored))
      }
    })

    test('is broken by no variable', async ({ bot }) => {
      for (const [, text] of HOSTILE) {
        const value = text.slice(0, 256)
        const { say } = talk(bot, {
          variables: { page: value, agentStatus: value, [value.slice(0, 64)]: value },
        })
        expect(await say('opening hours')).toMatchObject({ intent: 'Hours' })
      }
    })

    test('keeps two chats apart, also when they speak at once', async ({ bot }) => {
      const [anna, ben] = [talk(bot), talk(bot)]
      await Promise.all([anna.event('prechat'), ben.say('Delivery')])
      await Promise.all([anna.say('A bell'), ben.say('How much is it?')])
      const [last, fallback] = await Promise.all([
        anna.say('Rusty springs squeak'),
        ben.say('Rusty springs squeak'),
      ])
      expect(last.parameters).toEqual({ subject: 'A bell', details: 'Rusty springs squeak' })
      expect(fallback).toMatchObject({ isFallback: true, parameters: {} })
    })

    test('gives up a turn that nobody waits for any more', async ({ bot }) => {
      const { say } = talk(bot)
      await expect(say('opening hours', { signal: AbortSignal.abort() })).rejects.toMatchObject({
        name: 'BotError',
        kind: 'timeout',
      })
      const impatient = new AbortController()
      const turn = say('opening hours', { signal: impatient.signal })
      impatient.abort()
      // One that has its answer already may give it.
      await turn.catch((error: unknown) => expect(error).toMatchObject({ name: 'BotError', kind: 'timeout' }))
      expect(await say('opening hours')).toMatchObject({ intent: 'Hours' })
    })

    test('may be closed twice, and leaves nobody waiting afterwards', async ({ bot }) => {
      await talk(bot).say('opening hours')
      await bot.close()
      await bot.close()
      await talk(bot)
        .say('opening hours')
        .catch((error: unknown) => expect(error).toMatchObject({ name: 'BotError' }))
    })
  })
}
