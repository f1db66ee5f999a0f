/** The bot account hears: commands in rooms become hints, what supervisors say in direct spaces is answered. */
import { botClient, gateOf, hookSecretOf, type RealWebex } from './adapters.ts'
import type { Deps } from './chat/deps.ts'
import { createDirect } from './chat/direct.ts'
import type { HookRequest, Received, Throttle } from './ports.ts'
import { createBotIdentity } from './webex/bot-identity.ts'

export interface Ears {
  /** Resolves when it hears, or when it does not and the log says why: a server without ears serves all the same. */
  start(): Promise<void>
  /** Null: there is no bot account, or Webex cannot reach us. */
  readonly receive: ((request: HookRequest) => Promise<Received>) | null
  answerDue(): Promise<void>
  close(): Promise<void>
}

export function createEars(
  deps: Deps,
  options: {
    readonly webex: RealWebex
    readonly hookUrl: string | null
    readonly secretKey: string | null
    readonly hint: (roomId: string) => void
    readonly throttle: Throttle
  },
): Ears {
  const { webex, hookUrl, hint } = options
  const client = botClient(webex, gateOf('bot', { throttle: options.throttle, clock: deps.clock }))
  if (!client || webex.botToken === null || hookUrl === null) {
    const nothing = async () => undefined
    return { start: nothing, receive: null, answerDue: nothing, close: nothing }
  }
  const direct = createDirect(deps, (roomId, text) => identity.answer(roomId, text))
  const identity = createBotIdentity({
    token: webex.botToken,
    apiUrl: webex.apiUrl,
    hookUrl,
    hookSecret: hookSecretOf(options),
    client,
    heard: {
      room: hint,
      direct(line) {
        direct
          .hear(line)
          .catch((error: unknown) => deps.log.error({ err: error }, 'a direct line was not kept'))
      },
    },
    log: deps.log,
  })
  let started: Promise<void> | null = null
  return {
    start() {
      started ??= identity.start().then(
        () => deps.log.info({}, 'the bot account hears'),
        (error: unknown) => deps.log.error({ err: error }, 'the bot account hears nothing yet'),
      )
      return started
    },
    receive: (request) => identity.receive(request),
    answerDue: () => direct.answerDue(),
    close: () => identity.close(),
  }
}
