import { z } from 'zod'
import { createHttpBot } from '../../server/http-bot/index.ts'
import { createLocalBot } from '../../server/local-bot/index.ts'
import type { Bot } from '../../server/ports.ts'
import { serveBot } from '../http-bot/bot-server.ts'
import { botAgent, botContract } from './bot.ts'

const secret = 's'.repeat(32)

/** The protocol of docs/bots.md as a bot on the other side would read it. */
const Turn = z.strictObject({
  version: z.literal(1),
  session: z.string().max(36),
  input: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), text: z.string() }),
    z.strictObject({ type: z.literal('event'), name: z.string() }),
  ]),
  lang: z.string(),
  state: z.record(z.string(), z.unknown()).nullable(),
  restore: z.boolean(),
  variables: z.record(z.string(), z.string()),
})

async function answer(brain: Bot, said: unknown): Promise<unknown> {
  const { session, input, lang, state, restore, variables } = Turn.parse(said)
  const { isFallback, ...reply } = await brain.turn({
    sessionId: session,
    input: input.type === 'text' ? { kind: 'text', text: input.text } : { kind: 'event', name: input.name },
    lang,
    state,
    restore,
    variables,
    signal: new AbortController().signal,
  })
  return { ...reply, fallback: isFallback }
}

botContract('HTTP', async () => {
  const brain = await createLocalBot({ path: botAgent })
  const server = await serveBot(secret, (said) => answer(brain, said))
  const bots: Bot[] = []
  const create = () => {
    const bot = createHttpBot({ url: server.url, secret, clock: Date })
    bots.push(bot)
    return bot
  }
  return {
    bot: create(),
    again: async () => create(),
    close: async () => {
      for (const bot of bots) await bot.close()
      await server.close()
      await brain.close()
    },
  }
})
