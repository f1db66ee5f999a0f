/** A bot that is a Dialogflow ES agent (https://cloud.google.com/dialogflow/es/docs), at Google or at a local endpoint. */
import { BotError } from '../core/errors.ts'
import { type QueryResult, replyOf } from '../core/query-result.ts'
import type { Bot, BotReply, BotState, BotTurn, Clock } from '../ports.ts'
import { addressOf, type Location } from './address.ts'
import type { GoogleClient } from './client.ts'
import { botErrorOf } from './errors.ts'
import { keep, recall } from './memory.ts'
import { fingerprint, isOurs, isReserved, requestOf, VARIABLES } from './request.ts'
import { queryResultOf } from './result.ts'

export interface DialogflowOptions extends Location {
  /** Path of a service account's key; not needed for a local endpoint. */
  readonly keyFile: string | null
  /** How long a turn may take, with everything, in milliseconds. */
  readonly timeoutMs?: number
  readonly clock: Clock
}

const TIMEOUT_MS = 5000

/**
 * The next turn gets a client of its own then: one without credentials never looks for them again; after an outage gRPC waits up to
 * two minutes before it connects; and a connection that a firewall has forgotten lets every turn run into its deadline for a
 * quarter of an hour, until the system gives it up.
 */
const FRESH_AFTER: ReadonlySet<BotError['kind']> = new Set(['auth', 'unavailable', 'timeout'])

/** Costs nothing until its first turn: Google's client is loaded then. @throws ConfigError */
export function createDialogflowBot(options: DialogflowOptions): Bot {
  const { projectId, keyFile, clock, timeoutMs = TIMEOUT_MS } = options
  const address = addressOf(options)
  const running = new Set<AbortController>()
  let client: Promise<GoogleClient> | null = null
  let closed = false

  function theClient(): Promise<GoogleClient> {
    client ??= import('./client.ts')
      .then(({ openClient }) => openClient(address, projectId, keyFile, timeoutMs))
      .catch((error: unknown) => {
        throw botErrorOf(error)
      })
    return client
  }

  /** The next turn gets another one. Turns that still run on it may end. */
  async function dropClient(dropped: Promise<GoogleClient> | null): Promise<void> {
    if (client === dropped) client = null
    await dropped?.then((old) => old.close()).catch(() => undefined)
  }

  async function detect(turn: BotTurn, signal: AbortSignal): Promise<BotReply> {
    const now = clock.now()
    const request = requestOf(turn, address.session(turn.sessionId), recall(turn.state), now)
    const used = theClient()
    try {
      const google = await endedBy(signal, used)
      const response = await endedBy(signal, google.detectIntent(request, timeoutMs, signal))
      const result = queryResultOf(response)
      const reply = replyOf(result)
      // An agent without a fallback has not understood either.
      const isFallback = reply.isFallback || (reply.intent === null && turn.input.kind === 'text')
      return { ...reply, isFallback, state: remembered(turn, result) }
    } catch (error) {
      if (!turn.signal.aborted && error instanceof BotError && FRESH_AFTER.has(error.kind))
        void dropClient(used)
      throw error
    }
  }

  function remembered(turn: BotTurn, { contexts }: QueryResult): BotState {
    const alive = contexts.filter(({ name, lifespan }) => lifespan > 0 && !isReserved(name))
    return keep({
      contexts: alive.filter(({ name }) => !isOurs(name)),
      variables: alive.some(({ name }) => name === VARIABLES) ? fingerprint(turn.variables) : null,
      at: clock.now(),
    })
  }

  return {
    name: 'dialogflow',

    async turn(turn) {
      if (closed) throw new BotError('unavailable', 'the bot is closed')
      const given = new AbortController()
      const giveUp = () => given.abort(new BotError('timeout', 'nobody waits for the bot any more'))
      const tooLate = () => given.abort(new BotError('timeout', `no answer in ${timeoutMs} ms`))
      if (turn.signal.aborted) giveUp()
      turn.signal.addEventListener('abort', giveUp)
      const timer = setTimeout(tooLate, timeoutMs)
      running.add(given)
      try {
        given.signal.throwIfAborted()
        return await detect(turn, given.signal)
      } finally {
        running.delete(given)
        clearTimeout(timer)
        turn.signal.removeEventListener('abort', giveUp)
      }
    },

    async close() {
      closed = true
      for (const turn of running) turn.abort(new BotError('unavailable', 'the bot is closed'))
      await dropClient(client)
    },
  }
}

/** Waits no longer than the signal lets it; then throws the signal's reason. */
async function endedBy<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  // When we give up first nobody else is there to hear of its failure.
  promise.catch(() => undefined)
  signal.throwIfAborted()
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    signal.addEventListener('abort', giveUp)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
