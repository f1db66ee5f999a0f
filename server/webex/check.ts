/**
 * Goes through everything a chat needs, on the real Webex, with the very desk that serves chats, and leaves nothing behind.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { DeliveryError } from '../core/errors.ts'
import { isLoopbackUrl, isPublicHttps } from '../core/origins.ts'
import { singleLine } from '../core/text.ts'
import type { Clock, Desk, PartialRoom, RoomRef } from '../ports.ts'
import { adviceFor, lineOf } from './advice.ts'
import type { WebexClient } from './client.ts'
import { createWebexDesk } from './desk.ts'
import { HOOK_PATH, type HookListener, listenForHooks } from './hook-listener.ts'
import { receive } from './receive.ts'

export interface CheckOptions {
  readonly apiUrl: string
  readonly integration: WebexClient
  /** Where the integration's token comes from. */
  readonly account: 'login' | 'personal'
  readonly bot: WebexClient | null
  readonly hookSecret: string
  readonly publicUrl: string | null
  /** Where the server would listen; 0 takes a free port. */
  readonly port: number
  readonly host: string | undefined
  /** Who is added to the room, so that a person can see it. */
  readonly me: string | null
  readonly database: () => Promise<void>
  readonly clock: Clock
  readonly say: (line: string) => void
  /** Ends the check early; what was made is removed all the same. */
  readonly signal: AbortSignal
  /** How long the event may take to come. */
  readonly waitMs?: number
}

const WAIT_MS = 30_000
const REMOVALS = 4
const OPENER = 'Frontroom check: this room shows that everything works, and is removed in a moment.'

const Me = z.object({
  displayName: z.string().default(''),
  emails: z.array(z.string()).default([]),
  type: z.string().default('person'),
})
type Me = z.infer<typeof Me>

/** The calls of the desk that are steps of their own, with the scope each needs. */
const STEPS: Readonly<
  Record<string, { scope: string; name: (body: Readonly<Record<string, unknown>>) => string }>
> = {
  'POST /rooms': { scope: 'spark:rooms_write', name: ({ title }) => `make the room "${String(title)}"` },
  'POST /memberships': {
    scope: 'spark:memberships_write',
    name: ({ personEmail }) => `add ${personEmail === undefined ? 'the bot' : String(personEmail)} to it`,
  },
  'POST /webhooks': {
    scope: 'spark:messages_read',
    name: ({ targetUrl }) => `attach the webhook to ${String(targetUrl)}`,
  },
  'POST /messages': { scope: 'spark:messages_write', name: () => 'post a message' },
}

/** @returns whether every step that is needed passed */
export async function check(options: CheckOptions): Promise<boolean> {
  const { apiUrl, say, signal, publicUrl } = options
  const ref = `K-${randomBytes(4).toString('hex').toUpperCase()}`
  const title = `Frontroom check · ${ref}`
  /** Errors that were said where they happened. */
  const said = new WeakSet<object>()
  let ok = true
  const passed = (step: string) => say(`✓ ${step}`)
  const skipped = (step: string, why: string) => say(`– ${step}: ${why}`)
  function failed(step: string, why: string, todo: string): void {
    ok = false
    say(`✗ ${step}: ${why}`)
    say(`    ${todo}`)
  }

  function failedCall(
    step: string,
    error: unknown,
    token: 'login' | 'personal' | 'bot',
    scope?: string,
  ): void {
    if (signal.aborted) return
    if (typeof error === 'object' && error !== null) said.add(error)
    failed(step, lineOf(error), adviceFor(error, { apiUrl, token, scope }))
  }

  /** The same client, with each step said as it is done. */
  function told(client: WebexClient, token: 'login' | 'personal' | 'bot'): WebexClient {
    return {
      pages: client.pages,
      async call(method, path, answer, call = {}) {
        const step = STEPS[`${method} ${path}`]
        if (!step) return client.call(method, path, answer, call)
        const name = `${step.name((call.body ?? {}) as Record<string, unknown>)}${token === 'bot' ? ' as the bot' : ''}`
        try {
          const result = await client.call(method, path, answer, { signal, ...call })
          passed(name)
          return result
        } catch (error) {
          const there =
            path === '/memberships' && error instanceof DeliveryError && error.outcome.status === 409
          if (there) passed(`${name} (was in it)`)
          else failedCall(name, error, token, step.scope)
          throw error
        }
      },
    }
  }

  async function whoIs(
    client: WebexClient,
    step: string,
    token: 'login' | 'personal' | 'bot',
  ): Promise<Me | null> {
    try {
      const who = await client.call('GET', '/people/me', Me, { signal })
      passed(`${step}: ${singleLine(who.displayName, 100)} <${singleLine(who.emails.join(', '), 254)}>`)
      return who
    } catch (error) {
      failedCall(step, error, token, 'spark:people_read')
      return null
    }
  }

  /** The bot as far as it can be used. */
  async function readyBot(): Promise<WebexClient | null> {
    if (!options.bot) {
      skipped('bot account', 'there is no WEBEX_BOT_TOKEN; bots are optional')
      return null
    }
    const who = await whoIs(options.bot, 'bot account', 'bot')
    if (who && who.type !== 'bot')
      failed(
        'bot account',
        'WEBEX_BOT_TOKEN belongs to a person',
        'Put the access token of a bot there, or leave it empty.',
      )
    return who?.type === 'bot' ? options.bot : null
  }

  function invited(ours: Me): string[] {
    const { me } = options
    if (me === null) {
      skipped('add you', 'say who you are to see the room: --me you@example.com')
      return []
    }
    if (!ours.emails.some((email) => email.toLowerCase() === me.toLowerCase())) return [me]
    const todo =
      'What it writes never goes to a visitor: give another address with --me, and answer from that one.'
    failed('add you', `${me} is the account Frontroom acts as`, todo)
    return []
  }

  async function readyHooks(): Promise<HookListener | null> {
    const local = isLoopbackUrl(apiUrl) && (publicUrl === null || isLoopbackUrl(publicUrl))
    if (!local && (publicUrl === null || !isPublicHttps(publicUrl))) {
      const why =
        publicUrl === null
          ? 'PUBLIC_URL is not set'
          : `PUBLIC_URL (${publicUrl}) is no public https:// address`
      skipped('be called by Webex', `${why}; rooms will be read every 5 s instead, which is slower and works`)
      return null
    }
    const { port, host } = options
    try {
      const hooks = await listenForHooks({
        port,
        host,
        receive: (request) => receive(request, options.hookSecret),
      })
      passed(`listen on port ${new URL(hooks.origin).port}, where the server will`)
      return hooks
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      failed(
        `listen on port ${port}`,
        taken ? 'it is taken' : lineOf(error),
        taken
          ? 'Most likely the server runs there. Stop it for the minute the check takes, then start it again; the webhook is left out for now.'
          : 'Set HOST and PORT to what this user may listen on.',
      )
      return null
    }
  }

  async function converse(hooks: HookListener | null, bot: WebexClient | null, people: readonly string[]) {
    const base = publicUrl ?? hooks?.origin ?? ''
    const { hookSecret, clock, account } = options
    const desk = createWebexDesk({
      integration: told(options.integration, account),
      bot: bot && told(bot, 'bot'),
      hookUrl: hooks ? `${base}${HOOK_PATH}` : null,
      hookSecret,
      clock,
    })
    let made: PartialRoom = { ref }
    const note = async (partial: PartialRoom) => {
      made = partial
    }
    try {
      const brief = { ref, title, people, opener: [OPENER], withBot: bot !== null }
      const room = await desk.openRoom(brief, note, signal)
      if (hooks) await awaitEvent(hooks, room, base)
      if (bot && !signal.aborted) await speakAsBot(desk, room)
      if (!signal.aborted) await readBack(desk, room)
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      if (!said.has(error)) failedCall('open the room', error, account)
    } finally {
      if (made.roomId !== undefined || made.askedAt !== undefined) await remove(desk, made)
    }
  }

  async function awaitEvent(hooks: HookListener, room: RoomRef, base: string): Promise<void> {
    const ms = options.waitMs ?? WAIT_MS
    if (await hooks.heard(room.id, ms, signal))
      return passed(`be called by Webex at ${base}${HOOK_PATH}, with the right signature`)
    if (!signal.aborted)
      failed('be called by Webex', `nothing came within ${Math.ceil(ms / 1000)} s`, await hooks.whyNot(base))
  }

  async function speakAsBot(desk: Desk, room: RoomRef): Promise<void> {
    await desk.post(room, { kind: 'bot', marker: '1', text: 'This is how a bot speaks.' })
  }

  async function readBack(desk: Desk, room: RoomRef): Promise<void> {
    const step = 'find the message among them'
    const { outcome } = await desk.find(room, { kind: 'notice', text: OPENER })
    if (outcome === 'no')
      failed(step, 'it is not there', 'Try again; if it stays so, see what the account may read.')
    if (outcome === 'yes') passed(step)
  }

  async function remove(desk: Desk, made: PartialRoom): Promise<void> {
    const step = 'remove the room and its webhook'
    for (let tries = 1; ; tries++) {
      try {
        await desk.discardRoom(made)
        return passed(step)
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error
        if (error.outcome.permanent || tries === REMOVALS)
          return failed(
            step,
            lineOf(error),
            `Delete the space "${title}" in Webex by hand; a webhook without its room does nothing.`,
          )
        // A room whose making was not confirmed may still appear; the desk says when to look again.
        await pause(Math.min(error.outcome.retryAfter ?? 1, 15) * 1000)
      }
    }
  }

  try {
    await options.database()
    passed('reach the database')
  } catch (error) {
    failed('reach the database', lineOf(error), 'Look at DATABASE_URL; the stored login is in there.')
    return false
  }
  const ours = await whoIs(options.integration, 'account', options.account)
  if (ours?.type === 'bot')
    failed('account', 'it is a bot, and bots cannot read rooms', 'Log in as a person: npm run webex -- login')
  const bot = await readyBot()
  if (ours && ours.type !== 'bot' && !signal.aborted) {
    const people = invited(ours)
    const hooks = await readyHooks()
    try {
      await converse(hooks, bot, people)
    } finally {
      await hooks?.close()
    }
  }
  if (signal.aborted) say('– interrupted')
  return ok && !signal.aborted
}
