/**
 * The ears of the bot account: webex-node-bot-framework in a thread that `start()` begins; until then not a byte of it is
 * loaded. What is written goes by our own client, as do all decisions about webhooks.
 */
import type { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { DeliveryError } from '../core/errors.ts'
import type { BotIdentity, DirectLine, HookRequest } from '../ports.ts'
import { adviceFor, lineOf } from './advice.ts'
import { startThread } from './bot-identity-thread.ts'
import type { EarsData, Envelope } from './bot-identity-worker.ts'
import { unlessAborted, type WebexClient } from './client.ts'
import { openerPosts } from './format.ts'
import { signedBody, WRONG_SIGNATURE } from './receive.ts'

export interface BotIdentityOptions {
  readonly token: string
  readonly apiUrl: string
  /** Where Webex reaches us for the bot account. */
  readonly hookUrl: string
  readonly hookSecret: string
  /** The bot's own. */
  readonly client: WebexClient
  readonly heard: {
    /** The bot was addressed in a room: a hint to read it. */
    room(roomId: string): void
    direct(line: DirectLine): void
  }
  readonly log: {
    info(fields: object, message: string): void
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
  /** The built `bot-identity-worker.ts`. */
  readonly worker?: URL
  readonly patience?: Partial<Patience>
}

/** Milliseconds. */
interface Patience {
  /** How long the framework may take until it hears. */
  readonly start: number
  /** After a failure it is tried again after this long, then after twice as long, up to an hour. */
  readonly again: number
  /** How often Webex is asked whether it still calls us. */
  readonly check: number
  readonly look: number
  readonly lookAgain: number
}

const PATIENCE: Patience = { start: 30_000, again: 15_000, check: 300_000, look: 20_000, lookAgain: 1_000 }
const LONGEST_PAUSE_MS = 3_600_000
const A_PERSON =
  'WEBEX_BOT_TOKEN belongs to a person. Put the access token of a bot there, or leave it empty.'

const id = z.string().min(1).max(255)
const Me = z.object({ id, type: z.string(), emails: z.array(z.string()).min(1) })
type Me = z.infer<typeof Me>
const Hook = z.object({
  id,
  name: z.string(),
  targetUrl: z.string(),
  resource: z.string(),
  status: z.string().nullish(),
})
type Hook = z.infer<typeof Hook>
const Call = z.object({
  name: z.string().max(1000),
  resource: z.string().max(100),
  event: z.string().max(100),
  actorId: id.optional(),
  data: z.object({ id, personId: id.optional() }),
})
const Message = z.object({
  id,
  roomId: id,
  roomType: z.enum(['direct', 'group']),
  personEmail: z.string().min(1).max(254),
  text: z.string().max(10_000),
})

/** A thread that hears, or is about to. */
interface Ears {
  readonly worker: Worker
  readonly me: Me
}

/**
 * `start()` rejects with an Error that says what to do; from then on it is tried again, until it works or is closed. It is
 * also tried again when the thread ends, and when Webex has stopped calling.
 */
export function createBotIdentity(options: BotIdentityOptions): BotIdentity {
  const { token, apiUrl, hookUrl, hookSecret, client, heard, log } = options
  const { worker: url = new URL('./bot-identity-worker.js', import.meta.url) } = options
  const patience: Patience = { ...PATIENCE, ...options.patience }
  const { look: lookMs, lookAgain: lookAgainMs } = patience
  const data: EarsData = { token, hookUrl, hookSecret, lookMs, lookAgainMs }
  let ears: Ears | null = null
  let starting: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  let pause = patience.again
  const closing = new AbortController()

  async function begin(): Promise<void> {
    clearTimeout(timer)
    const { signal } = closing
    try {
      const me = await client.call('GET', '/people/me', Me, { signal })
      if (me.type !== 'bot') throw new Error(A_PERSON)
      const old = await unlessAborted(ourHooks(me), signal)
      signal.throwIfAborted()
      const { worker, hears } = startThread({
        url,
        apiUrl,
        data,
        startMs: patience.start,
        signal,
        heard: take,
        log,
      })
      ears = { worker, me }
      await hears
      worker.once('exit', () => ended(worker))
      pause = patience.again
      timer = setTimeout(check, patience.check).unref()
      // Only now, so that there is no moment in which nobody is called; what is heard twice has the same id.
      await removeHooks(old)
    } catch (error) {
      void ears?.worker.terminate()
      ears = null
      later()
      if (signal.aborted) throw new Error('The bot account was closed.')
      throw error instanceof DeliveryError ? new Error(advised(error)) : error
    }
  }

  function advised(error: DeliveryError): string {
    const refused = error.message.startsWith('POST /webhooks') && error.outcome.status === 400
    const advice = refused
      ? 'PUBLIC_URL must be an https:// address that Webex can reach.'
      : adviceFor(error, { apiUrl, token: 'bot' })
    return `The bot account hears nothing: ${lineOf(error)}. ${advice}`
  }

  const once = () => {
    starting ??= begin().finally(() => {
      starting = null
    })
    return starting
  }

  function later(): void {
    if (closing.signal.aborted) return
    clearTimeout(timer)
    timer = setTimeout(() => once().catch(stillDeaf), pause).unref()
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }

  const stillDeaf = (error: unknown) => {
    if (!closing.signal.aborted) log.warn({ err: error }, 'the bot account still hears nothing')
  }

  /** Webhooks of the bot account that an earlier start of this address left. Those of anybody else have another name or target. */
  async function ourHooks(me: Me): Promise<Hook[]> {
    // As `start()` of the framework makes it: https://github.com/webex/webex-node-bot-framework (lib/framework.js)
    const name = Buffer.from(`${hookUrl.split('/')[2]} ${me.emails[0]}`).toString('base64')
    const ours: Hook[] = []
    for await (const page of client.pages('/webhooks', Hook, { max: '100' }))
      ours.push(...page.filter((hook) => hook.name === name && hook.targetUrl === hookUrl))
    return ours
  }

  async function removeHooks(hooks: readonly Hook[]): Promise<void> {
    const { signal } = closing
    for (const hook of hooks) {
      try {
        await client.call('DELETE', `/webhooks/${encodeURIComponent(hook.id)}`, z.unknown(), { signal })
      } catch (error) {
        // Another of our processes was faster, or the next start does it.
        if (!(error instanceof DeliveryError)) throw error
        if (signal.aborted) return
        if (error.outcome.status !== 404) log.warn({ err: error }, 'an old webhook of the bot account stays')
      }
    }
  }

  function ended(worker: Worker): void {
    if (ears?.worker !== worker) return
    ears = null
    log.error({}, 'the bot account hears nothing any more; starting again')
    later()
  }

  /** Webex switches a webhook off when it could not reach us for a while, and says so to nobody. */
  async function check(): Promise<void> {
    if (!ears) return
    const { worker, me } = ears
    try {
      const calling = (await ourHooks(me)).filter((hook) => hook.status !== 'inactive')
      if (!calling.some((hook) => hook.resource === 'all')) await worker.terminate()
    } catch (error) {
      log.warn({ err: error }, 'the webhooks of the bot account could not be looked at')
    }
    if (ears?.worker === worker) timer = setTimeout(check, patience.check).unref()
  }

  function take(told: unknown): void {
    const message = Message.safeParse(told)
    if (!message.success) {
      log.warn({}, 'Webex told the bot account of a message that makes no sense')
      return
    }
    const { id, roomId, roomType, personEmail, text } = message.data
    try {
      if (roomType === 'group') heard.room(roomId)
      else heard.direct({ id, roomId, by: personEmail.toLowerCase(), text })
    } catch (error) {
      log.error({ err: error }, 'what the bot account heard led to a mistake')
    }
  }

  return {
    async start() {
      if (starting || !ears) await once()
    },

    async receive(request: HookRequest) {
      const signed = signedBody(request, hookSecret)
      if (!signed) return WRONG_SIGNATURE
      const call = Call.safeParse(signed.body)
      if (ears && call.success && concerns(call.data, ears.me)) ears.worker.postMessage(call.data)
      return { ok: true, rooms: [] }
    },

    async answer(roomId, text) {
      for (const post of openerPosts(text.split('\n')))
        await client.call('POST', '/messages', z.object({ id }), { body: { roomId, text: post } })
    },

    async close() {
      closing.abort()
      clearTimeout(timer)
      await starting?.catch(() => undefined)
      const { worker } = ears ?? {}
      ears = null
      await worker?.terminate()
    },
  }
}

/**
 * The bot is called for every membership and every room too, and the framework asks Webex about each, at the cost of what the
 * account may ask for in a minute. It gets what was said by others.
 */
function concerns({ resource, event, data }: Envelope, me: Me): boolean {
  return resource === 'messages' && event === 'created' && data.personId !== me.id
}
