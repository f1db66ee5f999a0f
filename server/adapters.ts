/** What can be plugged in, one line each. A new desk is one folder and one line here. */
import { hkdfSync } from 'node:crypto'
import type { WebexConfig } from './config.ts'
import type { Clock, Desk, TokenStore } from './ports.ts'
import { createWebexClient, type TokenSource } from './webex/client.ts'
import { createWebexDesk } from './webex/desk.ts'
import { createTokens, fixedToken } from './webex/oauth.ts'

export type RealWebex = Extract<WebexConfig, { kind: 'webex' }>

export interface DeskParts {
  readonly webex: RealWebex
  /** Null: the desk cannot reach us. */
  readonly hookUrl: string | null
  readonly secretKey: string | null
  readonly tokenStore: TokenStore
  readonly clock: Clock
  readonly onTokenTrouble: (error: unknown) => void
}

export const desks = {
  webex: (parts: DeskParts): Desk =>
    createWebexDesk({
      integration: createWebexClient({ apiUrl: parts.webex.apiUrl, tokens: integrationTokens(parts) }),
      bot: botClient(parts.webex),
      hookUrl: parts.hookUrl,
      hookSecret: hookSecretOf(parts),
      clock: parts.clock,
    }),
}

export function integrationTokens(
  parts: Pick<DeskParts, 'webex' | 'tokenStore' | 'clock' | 'onTokenTrouble'>,
): TokenSource {
  const { apiUrl, account } = parts.webex
  if (account.kind === 'token') return fixedToken(account.accessToken, 'integration')
  return createTokens({
    app: { apiUrl, clientId: account.clientId, clientSecret: account.clientSecret },
    refreshToken: account.refreshToken,
    store: parts.tokenStore,
    clock: parts.clock,
    onTrouble: parts.onTokenTrouble,
  })
}

export function botClient(webex: RealWebex) {
  const { botToken, apiUrl } = webex
  return botToken === null ? null : createWebexClient({ apiUrl, tokens: fixedToken(botToken, 'bot') })
}

/** The secret everything of ours is derived from when it was not given by itself. */
export function rootSecret(webex: RealWebex, secretKey: string | null): string {
  const { account } = webex
  return secretKey ?? (account.kind === 'oauth' ? account.clientSecret : account.accessToken)
}

/** As configured; else derived, so that it stays the same over restarts and webhooks of open chats go on to be believed. */
export function hookSecretOf({ webex, secretKey }: Pick<DeskParts, 'webex' | 'secretKey'>): string {
  if (webex.webhookSecret !== null) return webex.webhookSecret
  return Buffer.from(hkdfSync('sha256', rootSecret(webex, secretKey), '', 'frontroom webhooks', 32)).toString(
    'hex',
  )
}
