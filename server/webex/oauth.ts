/**
 * Tokens of a Webex Integration (https://developer.webex.com/docs/integrations): access tokens live 14 days, refresh tokens
 * 90 and anew with each use. Refreshed when half of the life is over, and when one is refused; one refresh at a time.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { DeliveryError } from '../core/errors.ts'
import type { Clock, StoredTokens, TokenStore } from '../ports.ts'
import { networkError, refusal, type TokenSource } from './client.ts'

export interface OauthApp {
  readonly apiUrl: string
  readonly clientId: string
  readonly clientSecret: string
}

/** Scopes the integration account needs, no more. */
export const SCOPES = [
  'spark:rooms_read',
  'spark:rooms_write',
  'spark:memberships_read',
  'spark:memberships_write',
  'spark:messages_read',
  'spark:messages_write',
  'spark:people_read',
  'spark:kms',
] as const

/** The account's name in the token store. */
export const INTEGRATION = 'webex-integration'

/** What tells stored tokens apart from those of an environment that was changed since. */
export const originOf = (refreshToken: string | null): string =>
  refreshToken === null ? 'login' : createHash('sha256').update(refreshToken).digest('hex')

const EARLY_PAUSE_MS = 60_000
/** After a refresh that failed, when Webex does not say how long to wait. */
const REST_MS = 2_000

const TokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive().optional(),
  refresh_token: z.string().min(1).optional(),
  scope: z.string().optional(),
})

type Grant = Readonly<{ code: string; redirectUri: string } | { refreshToken: string }>

/** Changes a code or a refresh token into tokens. @throws DeliveryError */
export async function requestTokens(
  app: OauthApp,
  grant: Grant,
  origin: string,
  now: number,
): Promise<StoredTokens> {
  return (await requestGrant(app, grant, origin, now)).tokens
}

/** The same with the scopes that were granted; null when Webex does not name them. @throws DeliveryError */
export async function requestGrant(
  app: OauthApp,
  grant: Grant,
  origin: string,
  now: number,
): Promise<{ readonly tokens: StoredTokens; readonly scopes: readonly string[] | null }> {
  const form = new URLSearchParams({
    client_id: app.clientId,
    client_secret: app.clientSecret,
    ...('code' in grant
      ? { grant_type: 'authorization_code', code: grant.code, redirect_uri: grant.redirectUri }
      : { grant_type: 'refresh_token', refresh_token: grant.refreshToken }),
  })
  const what = 'POST /access_token'
  const response = await fetch(`${app.apiUrl}/access_token`, {
    method: 'POST',
    body: form,
    headers: { Accept: 'application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  }).catch((error: unknown) => {
    throw networkError(what, error)
  })
  if (!response.ok) throw await refusal(response, what)
  const parsed = TokenAnswer.safeParse(await response.json().catch(() => undefined))
  if (!parsed.success) throw new DeliveryError(`${what}: an answer without a token`, { effect: 'unknown' })
  const { access_token, expires_in, refresh_token, scope } = parsed.data
  const tokens = {
    accessToken: access_token,
    // Webex may leave it out when it has not changed.
    refreshToken: refresh_token ?? ('refreshToken' in grant ? grant.refreshToken : undefined),
    obtainedAt: now,
    ...(expires_in !== undefined && { expiresAt: now + expires_in * 1000 }),
    origin,
  }
  return { tokens, scopes: scope?.split(/\s+/).filter((name) => name !== '') ?? null }
}

/** A token that never changes: a bot's, or one pasted for a trial. */
export function fixedToken(token: string, whose: string): TokenSource {
  return {
    get: async () => token,
    renew: async () => {
      throw new DeliveryError(`Webex refuses the ${whose} token; it has expired or was revoked`, {
        effect: 'no',
        status: 401,
      })
    },
  }
}

/**
 * One refresh per expiry, however many calls and processes see it: who gets to it looks first whether another one has been there.
 * @param refreshToken from the environment; null: only stored tokens (`npm run webex -- login`) are used.
 */
export function createTokens(options: {
  app: OauthApp
  refreshToken: string | null
  store: TokenStore
  clock: Clock
  /** Told when an early refresh failed or tokens could not be kept: all still works, but somebody should look. */
  onTrouble: (error: unknown) => void
}): TokenSource {
  const { app, refreshToken, store, clock, onTrouble } = options
  let current: StoredTokens | null = null
  let refreshing: Promise<StoredTokens> | null = null
  let earlyAgainAt = 0
  let failure: { readonly error: DeliveryError; readonly until: number } | null = null
  /** The access token that stood in the store when we got ours: not a newer one, should ours not have come there. */
  let outgrown: string | null = null
  let unsaved: StoredTokens | null = null

  /** Stored tokens are the younger ones, unless the environment was given another token since. */
  async function stored(): Promise<StoredTokens | null> {
    const tokens = await store.load(INTEGRATION)
    return tokens && (refreshToken === null || tokens.origin === originOf(refreshToken)) ? tokens : null
  }

  async function load(): Promise<StoredTokens | null> {
    if (current) return current
    const found = await stored()
    // Another call may have renewed them while we were reading.
    current ??= found
    return current
  }

  /** @param worn the access token that will not do any longer; null: there was none. */
  function refresh(worn: string | null): Promise<StoredTokens> {
    // Many calls at once must not become as many requests for tokens that are not given.
    if (failure && clock.now() < failure.until) return Promise.reject(failure.error)
    refreshing ??= store
      .alone(INTEGRATION, () => replace(worn))
      .catch((error: unknown) => {
        if (error instanceof DeliveryError) {
          const rest = error.outcome.retryAfter === undefined ? REST_MS : error.outcome.retryAfter * 1000
          failure = { error, until: clock.now() + rest }
        }
        throw error
      })
      .finally(() => {
        refreshing = null
      })
    return refreshing
  }

  async function replace(worn: string | null): Promise<StoredTokens> {
    const found = await stored()
    if (found && found.accessToken !== outgrown) current = found
    const now = clock.now()
    const isOver = current?.expiresAt !== undefined && now >= current.expiresAt
    if (current && current.accessToken !== worn && !isOver) return current
    const having = current?.refreshToken ?? refreshToken
    if (having === null) throw nothingToRefreshWith()
    const tokens = await requestTokens(app, { refreshToken: having }, originOf(refreshToken), now)
    // Ours from now on, whether they could be kept or not: the old refresh token may be worthless already.
    current = tokens
    outgrown = found?.accessToken ?? null
    await keep(tokens)
    return tokens
  }

  async function keep(tokens: StoredTokens): Promise<void> {
    unsaved = tokens
    try {
      await store.save(INTEGRATION, tokens)
      unsaved = null
    } catch (error) {
      onTrouble(error)
    }
  }

  async function keepAgain(): Promise<void> {
    const found = await stored()
    const isFirst = (found?.accessToken ?? null) === outgrown
    if (unsaved && isFirst) await keep(unsaved)
    else unsaved = null
  }

  const nothingToRefreshWith = () =>
    new DeliveryError('there is no Webex refresh token; run: npm run webex -- login', {
      effect: 'no',
      status: 401,
    })

  return {
    async get() {
      const tokens = await load()
      if (!tokens && refreshToken === null) throw nothingToRefreshWith()
      if (!tokens) return (await refresh(null)).accessToken
      const { accessToken, expiresAt, obtainedAt } = tokens
      const now = clock.now()
      if (unsaved && now >= earlyAgainAt) {
        earlyAgainAt = now + EARLY_PAUSE_MS
        store.alone(INTEGRATION, keepAgain).catch(onTrouble)
      }
      if (expiresAt === undefined || tokens.refreshToken === undefined) return accessToken
      if (now >= expiresAt) return (await refresh(accessToken)).accessToken
      if (now >= obtainedAt + (expiresAt - obtainedAt) / 2 && now >= earlyAgainAt) {
        // There are days left: a failure is not repeated with every call.
        earlyAgainAt = now + EARLY_PAUSE_MS
        refresh(accessToken).catch(onTrouble)
      }
      return accessToken
    },

    async renew(refused) {
      const tokens = await load()
      if (tokens && tokens.accessToken !== refused) return tokens.accessToken
      return (await refresh(refused)).accessToken
    },
  }
}
