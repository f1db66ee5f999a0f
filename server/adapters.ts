/** What can be plugged in, one line each. A new desk or bot is one folder and one line here. */
import { hkdfSync } from 'node:crypto'
import type { BotConfig, WebexConfig } from './config.ts'
import type { Bot, Clock, Desk, Throttle, TokenStore } from './ports.ts'
import { createWebexClient, type TokenSource } from './webex/client.ts'
import { createWebexDesk } from './webex/desk.ts'
import { createGate, type Gate } from './webex/gate.ts'
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
  /** Null: pauses that Webex asks for are not remembered. */
  readonly throttle?: Throttle | null
}

export const desks = {
  webex: (parts: DeskParts): Desk =>
    createWebexDesk({
      integration: createWebexClient({
        apiUrl: parts.webex.apiUrl,
        tokens: integrationTokens(parts),
        gate: gateOf('integration', parts),
      }),
      bot: botClient(parts.webex, gateOf('bot', parts)),
      hookUrl: parts.hookUrl,
      hookSecret: hookSecretOf(parts),
      clock: parts.clock,
    }),
}

type Configured<Kind extends BotConfig['kind']> = Extract<BotConfig, { kind: Kind }>

/** Loaded when they are configured, and not before: what is not used costs neither time nor memory. */
export const bots = {
  local: async ({ path }: Configured<'local'>, { log }: BotParts): Promise<Bot> =>
    (await import('./local-bot/index.ts')).createLocalBot({ path, log }),
  dialogflow: async (config: Configured<'dialogflow'>, { clock }: BotParts): Promise<Bot> =>
    (await import('./dialogflow/index.ts')).createDialogflowBot({ ...config, clock }),
  http: async ({ url, secret }: Configured<'http'>, { clock }: BotParts): Promise<Bot> =>
    (await import('./http-bot/index.ts')).createHttpBot({ url, secret, clock }),
}

export interface BotParts {
  readonly clock: Clock
  readonly log: (line: string) => void
}

/** Null: chats go straight to staff. @throws ConfigError when its agent or its settings are broken */
export async function openBot(config: BotConfig, parts: BotParts): Promise<Bot | null> {
  switch (config.kind) {
    case 'local':
      return bots.local(config, parts)
    case 'dialogflow':
      return bots.dialogflow(config, parts)
    case 'http':
      return bots.http(config, parts)
    default:
      return null
  }
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

export const gateOf = (
  account: 'integration' | 'bot',
  { throttle = null, clock }: Pick<DeskParts, 'throttle' | 'clock'>,
): Gate => createGate({ account, throttle, clock })

export function botClient(webex: RealWebex, gate?: Gate) {
  const { botToken, apiUrl } = webex
  return botToken === null ? null : createWebexClient({ apiUrl, tokens: fixedToken(botToken, 'bot'), gate })
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
