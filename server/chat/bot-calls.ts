/** Calls of the bot: each with a deadline, none while it fails again and again, every failure one `BotError`. */
import { afterFailure, afterSuccess, afterTry, type Breaker, closedBreaker, mayTry } from '../core/breaker.ts'
import { BotError } from '../core/errors.ts'
import type { Bot, BotReply, BotTurn, Clock } from '../ports.ts'
import type { Log } from './deps.ts'

export interface BotCalls {
  /** @throws BotError */
  turn(bot: Bot, turn: Omit<BotTurn, 'signal'>): Promise<BotReply>
  /** For the operator. */
  state(): 'well' | 'resting'
}

/** An adapter has its own deadline of 5 s; this one is for an adapter that forgets. */
const DEADLINE_MS = 5_500

export function createBotCalls({ clock, log }: { clock: Clock; log: Log }): BotCalls {
  let breaker: Breaker = closedBreaker
  return {
    async turn(bot, turn) {
      if (!mayTry(breaker, clock.now()))
        throw new BotError('unavailable', 'the bot is left alone for a while')
      breaker = afterTry(breaker, clock.now())
      try {
        const reply = await withDeadline((signal) => bot.turn({ ...turn, signal }))
        breaker = afterSuccess()
        return reply
      } catch (error) {
        // Anything else is a bug of an adapter: it must be seen, and still cost the visitor nothing.
        if (!(error instanceof BotError))
          log.error({ err: error }, 'the bot failed in a way nobody thought of')
        const failure =
          error instanceof BotError ? error : new BotError('bad_response', 'see the error before')
        // What it refuses of one visitor says that it is there for the others.
        breaker =
          failure.kind === 'invalid' ? afterSuccess() : afterFailure(breaker, clock.now(), failure.retryAfter)
        throw failure
      }
    },
    state: () => (mayTry(breaker, clock.now()) ? 'well' : 'resting'),
  }
}

async function withDeadline<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      controller.abort()
      reject(new BotError('timeout', 'no reply in time'))
    }, DEADLINE_MS)
  })
  try {
    return await Promise.race([work(controller.signal), tooLate])
  } finally {
    clearTimeout(timer)
  }
}
