/** Lets a person allow the Integration to act as the account staff see (https://developer.webex.com/docs/integrations). */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { ConfigError, DeliveryError } from '../core/errors.ts'
import { singleLine } from '../core/text.ts'
import type { Clock, TokenStore } from '../ports.ts'
import { adviceFor, lineOf } from './advice.ts'
import { listenForCallback, redirectUriAt } from './callback.ts'
import { createWebexClient, type WebexClient } from './client.ts'
import { fixedToken, INTEGRATION, type OauthApp, requestGrant, SCOPES } from './oauth.ts'

export interface LoginOptions {
  readonly app: OauthApp
  /** `originOf` the configured refresh token: tokens of another origin are not used by the server. */
  readonly origin: string
  readonly store: TokenStore
  readonly clock: Clock
  /** Of the redirect address, where we listen unless `pasted` is given; 0 takes a free one. */
  readonly port: number
  /** Lines typed by a person whose browser is on another machine. */
  readonly pasted?: AsyncIterator<string>
  readonly say: (line: string) => void
  readonly timeoutMs?: number
}

export interface Account {
  readonly name: string
  readonly emails: readonly string[]
}

const TIMEOUT_MS = 10 * 60_000
const AGAIN = 'Run it again: npm run webex -- login'

const Me = z.object({
  displayName: z.string().default(''),
  emails: z.array(z.string()).default([]),
  type: z.string().default('person'),
})
const Listed = z.object({ items: z.array(z.object({ id: z.string().min(1) })) })

/**
 * Has the tokens stored when it resolves; nothing is stored otherwise. No token is ever said.
 * @throws ConfigError that says what to do
 */
export async function login(options: LoginOptions): Promise<Account> {
  const { app, say, timeoutMs = TIMEOUT_MS } = options
  const state = randomBytes(32).toString('base64url')
  return options.pasted ? fromLines(options.pasted) : fromBrowser()

  function invite(redirectUri: string): void {
    const query = new URLSearchParams({
      client_id: app.clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: SCOPES.join(' '),
      state,
    })
    say(
      'Open this address in a browser in which the dedicated account is signed in to Webex, or no account at all:',
    )
    // `+` for a blank is right in forms only; some proxies and terminals keep it as it is.
    say(`\n  ${app.apiUrl}/authorize?${query.toString().replaceAll('+', '%20')}\n`)
  }

  async function fromBrowser(): Promise<Account> {
    let settle: (outcome: Promise<Account>) => void = () => undefined
    const outcome = new Promise<Account>((resolve) => {
      settle = resolve
    })
    let answered = false
    const callback = await listenForCallback(options.port, async (query) => {
      if (!isOurs(query, state)) {
        say(
          'A page of another login, or of nobody we know, was refused. Still waiting for the address above.',
        )
        return {
          status: 400,
          title: 'Refused',
          text: 'This answer belongs to another login. Open the address that was printed last.',
        }
      }
      if (answered)
        return {
          status: 409,
          title: 'Already done',
          text: 'This login has been answered. You can close this page.',
        }
      answered = true
      const account = finish(query, redirectUriAt(callback.port))
      settle(account)
      return account.then(
        ({ name }) => ({
          status: 200,
          title: 'Frontroom is connected',
          text: `It acts as ${name} now. You can close this page.`,
        }),
        (error: unknown) => ({ status: 400, title: 'Frontroom is not connected', text: lineOf(error) }),
      )
    })
    const deadline = setTimeout(() => {
      if (!answered) settle(Promise.reject(tooLate(timeoutMs)))
    }, timeoutMs)
    try {
      invite(redirectUriAt(callback.port))
      say(
        'Waiting for the answer, for 10 minutes at most. Is the browser on another machine? Then use --paste.',
      )
      return await outcome
    } finally {
      clearTimeout(deadline)
      await callback.close()
    }
  }

  async function fromLines(lines: AsyncIterator<string>): Promise<Account> {
    const redirectUri = redirectUriAt(options.port)
    let deadline: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      deadline = setTimeout(() => reject(tooLate(timeoutMs)), timeoutMs)
    })
    invite(redirectUri)
    say('Afterwards the browser shows that it cannot open a page of localhost; that is as it should be.')
    say('Copy the whole address from its address bar, paste it here and press Enter:')
    try {
      for (;;) {
        const line = await Promise.race([lines.next(), late])
        if (line.done) throw new ConfigError(`No address was pasted. ${AGAIN} --paste`, [])
        const query = readPasted(line.value)
        if (isOurs(query, state)) return await finish(query, redirectUri)
        if (line.value.trim() !== '')
          say('That is not the address this login waits for (its state differs). Paste the last one, whole:')
      }
    } finally {
      clearTimeout(deadline)
    }
  }

  async function finish(query: URLSearchParams, redirectUri: string): Promise<Account> {
    const code = codeOf(query)
    try {
      return await exchange(code, redirectUri)
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      throw new ConfigError(
        `The login did not work: ${lineOf(error)}\n${adviceFor(error, { apiUrl: app.apiUrl, token: 'login' })}`,
        [],
      )
    }
  }

  async function exchange(code: string, redirectUri: string): Promise<Account> {
    const { tokens, scopes } = await requestGrant(
      app,
      { code, redirectUri },
      options.origin,
      options.clock.now(),
    )
    const client = createWebexClient({ apiUrl: app.apiUrl, tokens: fixedToken(tokens.accessToken, 'new') })
    const me = await client.call('GET', '/people/me', Me).catch((error: unknown) => {
      if (isForbidden(error)) throw lacking(['spark:people_read'])
      throw error
    })
    const missing = scopes
      ? SCOPES.filter((scope) => !scopes.includes(scope) && !scopes.includes('spark:all'))
      : await refused(client)
    // Webex gives this one by itself and may not name it; that it is there, reading a room proves (`check`).
    const needed = missing.filter((scope) => scope !== 'spark:kms')
    if (needed.length > 0) throw lacking(needed)
    await options.store.save(INTEGRATION, tokens)
    const [name, emails] = [singleLine(me.displayName, 100), me.emails.map((email) => singleLine(email, 254))]
    say(`Frontroom acts as ${name} <${emails.join(', ')}> from now on. The tokens are stored, encrypted.`)
    if (me.type === 'bot') say('Warning: this account is a bot. Bots cannot read rooms; log in as a person.')
    if (missing.length > 0)
      say(
        `Warning: Webex did not name the scope ${missing.join(', ')}; npm run webex -- check shows whether it is needed.`,
      )
    if (!scopes) say('Webex did not name the scopes; those for writing are proven by npm run webex -- check.')
    return { name, emails }
  }
}

/** Read scopes that calls without any effect show to be missing. */
async function refused(client: WebexClient): Promise<string[]> {
  const lacks = (path: string, query: Record<string, string>) =>
    client.call('GET', path, Listed, { query }).then(
      ({ items }) => ({ missing: false, items }),
      (error: unknown) => {
        if (isForbidden(error)) return { missing: true, items: [] }
        throw error
      },
    )
  const rooms = await lacks('/rooms', { max: '1' })
  const memberships = await lacks('/memberships', { max: '1' })
  // Messages can be asked for only where there is a room.
  const [room] = rooms.items
  const messages = room ? await lacks('/messages', { roomId: room.id, max: '1' }) : null
  return [
    ...(rooms.missing ? ['spark:rooms_read'] : []),
    ...(memberships.missing ? ['spark:memberships_read'] : []),
    ...(messages?.missing ? ['spark:messages_read'] : []),
  ]
}

const isForbidden = (error: unknown): boolean =>
  error instanceof DeliveryError && error.outcome.status === 403

function lacking(scopes: readonly string[]): ConfigError {
  return new ConfigError(
    `The login misses ${scopes.join(', ')}; nothing was stored.\n` +
      `Give the Integration these scopes at https://developer.webex.com/my-apps, then: npm run webex -- login`,
    [],
  )
}

/** Without the state we sent, an answer may be somebody's attempt to make us act as *their* account. */
function isOurs(query: URLSearchParams, state: string): boolean {
  const [given, right] = [Buffer.from(query.get('state') ?? ''), Buffer.from(state)]
  return given.length === right.length && timingSafeEqual(given, right)
}

/** @throws ConfigError when there is none */
function codeOf(query: URLSearchParams): string {
  const error = query.get('error')
  const code = query.get('code')
  if (error === null && code) return code
  const said = singleLine(`${error ?? 'no code'} ${query.get('error_description') ?? ''}`, 300)
  const todo: Readonly<Record<string, string>> = {
    access_denied: `The access was not allowed. ${AGAIN} and choose to allow it.`,
    invalid_scope: `The Integration lacks scopes. Give it ${SCOPES.join(', ')} at https://developer.webex.com/my-apps. ${AGAIN}`,
  }
  throw new ConfigError(`Webex answered: ${said}\n${(error !== null && todo[error]) || AGAIN}`, [])
}

/** The redirected address, its query alone, or `CODE STATE`. */
function readPasted(line: string): URLSearchParams {
  const text = line.trim().replace(/^[<"']+|[>"']+$/g, '')
  if (/(?:^|[?&])(?:code|error|state)=/.test(text))
    return new URLSearchParams(text.slice(text.indexOf('?') + 1).replace(/#.*$/, ''))
  const [code = '', state = ''] = text.split(/\s+/)
  return new URLSearchParams({ code, state })
}

const tooLate = (timeoutMs: number) =>
  new ConfigError(`Nobody answered within ${Math.round(timeoutMs / 60_000)} minutes. ${AGAIN}`, [])
