/** A bot whose agent is the stub brain behind the local endpoint, and one visitor who talks to it. */
import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { createDialogflowEndpoint } from '../../sandbox/dialogflow/index.ts'
import { BotError } from '../../server/core/errors.ts'
import { createDialogflowBot, type DialogflowOptions } from '../../server/dialogflow/index.ts'
import type { Brain } from '../../server/local-bot/brain.ts'
import type { Bot, BotReply, BotState, BotTurn } from '../../server/ports.ts'
import { stubBrain } from './stub-brain.ts'

export type WireName = 'grpc' | 'rest'
export const WIRES: readonly WireName[] = ['grpc', 'rest']

export function botAt(apiUrl: string, over: Partial<DialogflowOptions> = {}): Bot {
  const where = { projectId: 'shop-1', location: null, environment: null, keyFile: null }
  const bot = createDialogflowBot({ ...where, apiUrl, clock: Date, ...over })
  onTestFinished(() => bot.close())
  return bot
}

export async function start(
  wire: WireName,
  over: Partial<DialogflowOptions> & { brain?: Brain; now?: () => number } = {},
) {
  const { brain = stubBrain, now = Date.now, ...options } = over
  const endpoint = await createDialogflowEndpoint({ brain, now })
  onTestFinished(() => endpoint.close())
  const apiUrl =
    wire === 'grpc' ? `grpc://127.0.0.1:${endpoint.grpcPort}` : `http://127.0.0.1:${endpoint.restPort}`
  const again = () => botAt(apiUrl, options)
  const bot = again()
  return { endpoint, apiUrl, bot, again, ...talk(bot) }
}

/** Keeps the state between the turns as the database does. */
export function talk(bot: Bot, fixed: Partial<BotTurn> = {}) {
  const sessionId = fixed.sessionId ?? randomUUID()
  let state: BotState | null = fixed.state ?? null
  async function turn(input: BotTurn['input'], more: Partial<BotTurn> = {}): Promise<BotReply> {
    const reply = await bot.turn({
      sessionId,
      input,
      lang: 'en',
      state,
      restore: false,
      variables: {},
      signal: new AbortController().signal,
      ...fixed,
      ...(state && { state }),
      ...more,
    })
    state = JSON.parse(JSON.stringify(reply.state))
    return reply
  }
  return {
    sessionId,
    state: () => state,
    say: (text: string, more?: Partial<BotTurn>) => turn({ kind: 'text', text }, more),
    event: (name: string, more?: Partial<BotTurn>) => turn({ kind: 'event', name }, more),
  }
}

/** What the bot threw, which is always a `BotError`. */
export async function failureOf(turn: Promise<unknown>): Promise<BotError> {
  const error = await turn.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof BotError) return error
  throw error
}

/** Of a message of the stub brain: how far its dialogue has gone. */
export const stepOf = (reply: BotReply) => Number(reply.messages[0]?.text.split(':')[1])
/** The contexts it was asked with. */
export const contextsOf = (reply: BotReply) => reply.messages[0]?.text.split(':')[2]?.split(',')

/** Something to wait for, until the test lets it go on. */
export function held(): { readonly until: Promise<void>; goOn(): void } {
  let goOn = () => {}
  const until = new Promise<void>((resolve) => {
    goOn = resolve
  })
  return { until, goOn: () => goOn() }
}
