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

/** @param refreshToken from the environment; null: only stored tokens (`npm run webex -- login`) are used. */
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

  async function load(): Promise<StoredTokens | null> {
    if (current) return current
    const stored = await store.load(INTEGRATION)
    // Stored tokens are the younger ones, unless the environment was given another token since.
    // Another call may have renewed them while we were reading.
    if (stored && (refreshToken === null || stored.origin === originOf(refreshToken))) current ??= stored
    return current
  }

  function refresh(with_: string): Promise<StoredTokens> {
    refreshing ??= requestTokens(app, { refreshToken: with_ }, originOf(refreshToken), clock.now())
      .then(async (tokens) => {
        // Ours from now on, whether they could be kept or not: the old refresh token may be worthless already.
        current = tokens
        await store.save(INTEGRATION, tokens).catch(onTrouble)
        return tokens
      })
      .finally(() => {
        refreshing = null
      })
    return refreshing
  }

  const nothingToRefreshWith = () =>
    new DeliveryError('there is no Webex refresh token; run: npm run webex -- login', {
      effect: 'no',
      status: 401,
    })

  return {
    async get() {
      const tokens = await load()
      if (!tokens) {
        if (refreshToken === null) throw nothingToRefreshWith()
        return (await refresh(refreshToken)).accessToken
      }
      const { expiresAt, obtainedAt } = tokens
      const now = clock.now()
      if (expiresAt === undefined || tokens.refreshToken === undefined) return tokens.accessToken
      if (now >= expiresAt) return (await refresh(tokens.refreshToken)).accessToken
      if (now >= obtainedAt + (expiresAt - obtainedAt) / 2 && now >= earlyAgainAt) {
        // There are days left: a failure is not repeated with every call.
        earlyAgainAt = now + EARLY_PAUSE_MS
        refresh(tokens.refreshToken).catch(onTrouble)
      }
      return tokens.accessToken
    },

    async renew(refused) {
      const tokens = await load()
      if (tokens && tokens.accessToken !== refused) return tokens.accessToken
      const having = tokens?.refreshToken ?? refreshToken
      if (having === null) throw nothingToRefreshWith()
      return (await refresh(having)).accessToken
    },
  }
}
