import { secretToken } from '../data.ts'
import type { Handler, Reply } from '../http.ts'
import { isLoopbackName } from '../http.ts'
import { escapeHtml } from '../text.ts'
import type { World } from '../world.ts'

/** An OAuth call carries no access token. */
export interface OAuthCall {
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
}

interface Grant {
  readonly scopes: readonly string[]
  readonly redirectUri: string
  readonly expiresAt: number
}

const CODE_MS = 10 * 60_000
const REFRESH_SECONDS = 7_775_999
const MAX_TOKENS = 1000

const failure = (status: number, error: string, description: string): Reply => ({
  status,
  body: { error, error_description: description, message: description, errors: [{ description }] },
})

function htmlPage(status: number, title: string, main: string, formTarget: string): Reply {
  // Browsers apply form-action to the redirect that follows as well, so the caller's origin has to be in it.
  const policy = `default-src 'none'; form-action 'self' ${formTarget}; frame-ancestors 'none'; base-uri 'none'`
  return {
    status,
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${main}</html>`,
    headers: { 'content-security-policy': policy },
  }
}

/** https://developer.webex.com/docs/login-with-webex and /docs/integrations: the consent page and the token endpoint. */
export function createOAuth(world: World) {
  const grants = new Map<string, Grant>()
  let lifetimeSeconds = 1_209_599

  function redirect(redirectUri: string, answer: Record<string, string>): Reply {
    const url = new URL(redirectUri)
    for (const [key, value] of Object.entries(answer)) if (value !== '') url.searchParams.set(key, value)
    return { status: 302, headers: { location: url.href } }
  }

  function authorize({ query }: OAuthCall): Reply {
    const redirectUri = query.get('redirect_uri') ?? ''
    const wrong = (why: string) => htmlPage(400, 'This request is not valid', `<p>${escapeHtml(why)}</p>`, '')
    if (query.get('client_id') !== world.accounts.clientId) return wrong('client_id is unknown.')
    if (!/^https?:\/\//.test(redirectUri) || !URL.canParse(redirectUri))
      return wrong('redirect_uri is not valid.')
    const target = new URL(redirectUri)
    if (!isLoopbackName(target.hostname)) return wrong('redirect_uri must lead to this machine.')
    const state = query.get('state') ?? ''
    if (query.get('response_type') !== 'code') {
      return redirect(redirectUri, { error: 'unsupported_response_type', state })
    }
    const scopes = (query.get('scope') ?? '').split(/[\s+]+/).filter((scope) => scope !== '')
    if (scopes.length === 0) return redirect(redirectUri, { error: 'invalid_scope', state })
    if (query.get('decision') === 'refuse') return redirect(redirectUri, { error: 'access_denied', state })
    if (query.get('decision') === 'allow' || query.get('auto') === '1') {
      for (const [code, grant] of grants) if (grant.expiresAt <= world.now()) grants.delete(code)
      const code = secretToken()
      grants.set(code, { scopes, redirectUri, expiresAt: world.now() + CODE_MS })
      return redirect(redirectUri, { code, state })
    }
    const hidden = [...query]
      .map(([key, value]) => `<input type="hidden" name="${escapeHtml(key)}" value="${escapeHtml(value)}">`)
      .join('')
    const account = world.person(world.integrationId)
    return htmlPage(
      200,
      'Sandbox: allow access?',
      `<p>An integration asks to act as ${escapeHtml(account.displayName)} (${escapeHtml(account.email)}):</p>
<ul>${scopes.map((scope) => `<li>${escapeHtml(scope)}</li>`).join('')}</ul>
<form>${hidden}<button name="decision" value="allow">Allow</button> <button name="decision" value="refuse">Refuse</button></form>`,
      target.origin,
    )
  }

  /** The oldest go first, so that a long-lived sandbox does not collect tokens for ever. */
  function trim<Value>(map: Map<string, Value>, keep: (key: string) => boolean): void {
    for (const key of map.keys()) {
      if (map.size <= MAX_TOKENS) return
      if (!keep(key)) map.delete(key)
    }
  }

  function issue(refreshToken: string, scopes: readonly string[] | null, refreshed: boolean): Reply {
    const token = secretToken()
    const { accounts, tokens, refreshTokens } = world
    for (const [key, known] of tokens) {
      if (known.expiresAt !== null && known.expiresAt <= world.now()) tokens.delete(key)
    }
    tokens.set(token, {
      token,
      personId: world.integrationId,
      refreshed,
      scopes,
      expiresAt: world.now() + lifetimeSeconds * 1000,
    })
    trim(tokens, (key) => key === accounts.integrationToken || key === accounts.botToken)
    trim(refreshTokens, (key) => key === accounts.refreshToken)
    world.changed()
    return {
      status: 200,
      body: {
        access_token: token,
        expires_in: lifetimeSeconds,
        refresh_token: refreshToken,
        refresh_token_expires_in: REFRESH_SECONDS,
        token_type: 'Bearer',
        scope: (scopes ?? ['spark:all']).join(' '),
      },
    }
  }

  function accessToken({ body }: OAuthCall): Reply {
    if (body.client_id !== world.accounts.clientId || body.client_secret !== world.accounts.clientSecret) {
      return failure(401, 'invalid_client', 'The client id or its secret is wrong.')
    }
    if (body.grant_type === 'authorization_code') {
      const code = String(body.code ?? '')
      const grant = grants.get(code)
      grants.delete(code)
      if (!grant || grant.expiresAt <= world.now() || grant.redirectUri !== body.redirect_uri) {
        return failure(
          400,
          'invalid_grant',
          'The code is not valid, was used, or belongs to another redirect_uri.',
        )
      }
      const refreshToken = secretToken()
      world.refreshTokens.set(refreshToken, {
        token: refreshToken,
        personId: world.integrationId,
        scopes: grant.scopes,
      })
      return issue(refreshToken, grant.scopes, false)
    }
    if (body.grant_type === 'refresh_token') {
      const known = world.refreshTokens.get(String(body.refresh_token ?? ''))
      if (!known) return failure(400, 'invalid_grant', 'The refresh token is not valid.')
      return issue(known.token, known.scopes, true)
    }
    return failure(400, 'unsupported_grant_type', 'grant_type must be authorization_code or refresh_token.')
  }

  const routes: Record<string, Handler<OAuthCall>> = {
    'GET /authorize': authorize,
    'POST /access_token': accessToken,
  }
  return {
    routes,
    /** Seconds that tokens issued from now on are good for. */
    setLifetime(seconds: number): void {
      lifetimeSeconds = seconds
    },
    /** Ends every access token of the integration that was not made by a refresh; returns how many. */
    expireTokens(): number {
      let ended = 0
      for (const token of world.tokens.values()) {
        if (token.personId !== world.integrationId || token.refreshed) continue
        token.expiresAt = world.now()
        ended += 1
      }
      world.changed()
      return ended
    },
  }
}
