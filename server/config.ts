import { readFileSync } from 'node:fs'
import { type DatabaseConfig, type LogLevel, rules, Wrong } from './config-rules.ts'
import { parseNetwork } from './core/address.ts'
import { ConfigError, type FieldError } from './core/errors.ts'

/** The environment variables we know; `.env.example` explains each, and a test holds the two together. */
export const VARIABLES = [
  'PORT',
  'HOST',
  'PUBLIC_URL',
  'TRUSTED_PROXIES',
  'LOG_LEVEL',
  'NODE_ENV',
  'DATABASE_URL',
  'REDIS_URL',
  'FRONTROOM_SETTINGS',
  'FRONTROOM_SECRET_KEY',
  'WEBEX_API_URL',
  'WEBEX_ACCESS_TOKEN',
  'WEBEX_CLIENT_ID',
  'WEBEX_CLIENT_SECRET',
  'WEBEX_REFRESH_TOKEN',
  'WEBEX_BOT_TOKEN',
  'WEBEX_WEBHOOK_SECRET',
  'BOT',
  'BOT_SECRET',
  'DIALOGFLOW_PROJECT_ID',
  'DIALOGFLOW_LOCATION',
  'DIALOGFLOW_ENVIRONMENT',
  'DIALOGFLOW_API_URL',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'ADMIN_EMAIL',
  'ADMIN_PASSWORD',
] as const

type Variable = (typeof VARIABLES)[number]

/** These may come as `NAME_FILE`, the path of a file that holds the value. */
export const SECRETS = [
  'DATABASE_URL',
  'FRONTROOM_SECRET_KEY',
  'WEBEX_ACCESS_TOKEN',
  'WEBEX_CLIENT_SECRET',
  'WEBEX_REFRESH_TOKEN',
  'WEBEX_BOT_TOKEN',
  'WEBEX_WEBHOOK_SECRET',
  'ADMIN_PASSWORD',
  'BOT_SECRET',
] as const satisfies readonly Variable[]

const isSecret = (name: Variable) => (SECRETS as readonly string[]).includes(name)

export type WebexAccount =
  | { readonly kind: 'token'; readonly accessToken: string }
  | {
      readonly kind: 'oauth'
      readonly clientId: string
      readonly clientSecret: string
      /** Null: the tokens are those that a login stored. */
      readonly refreshToken: string | null
    }

export type WebexConfig =
  | { readonly kind: 'sandbox' }
  | {
      readonly kind: 'webex'
      /** Without a trailing slash. */
      readonly apiUrl: string
      readonly account: WebexAccount
      readonly botToken: string | null
      readonly webhookSecret: string | null
    }

export type BotConfig =
  /** Nothing was said: none, or the demo's own beside the demo's topics. */
  | { readonly kind: 'unset' }
  | { readonly kind: 'none' }
  /** A folder or a zip: the export of a Dialogflow ES agent. */
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'http'; readonly url: string; readonly secret: string }
  | {
      readonly kind: 'dialogflow'
      readonly projectId: string
      readonly location: string | null
      readonly environment: string | null
      readonly keyFile: string | null
      /** A local endpoint, `http://…` or `grpc://…`; null: Google. */
      readonly apiUrl: string | null
    }

export interface Config {
  /** 0: any free port. */
  readonly port: number
  readonly host: string | undefined
  /** Where visitors and Webex reach us; may have a path, has no trailing slash. */
  readonly publicUrl: string | null
  readonly database: DatabaseConfig
  readonly settingsFile: string | null
  readonly secretKey: string | null
  readonly webex: WebexConfig
  readonly bot: BotConfig
  readonly admin: { readonly email: string; readonly password: string } | null
  /** Addresses and networks, each of them valid for `parseNetworks`. */
  readonly trustedProxies: readonly string[]
  readonly logLevel: LogLevel
  readonly production: boolean
}

/**
 * Reads the environment, or throws one ConfigError that names every mistake (its path is the variable). An empty value
 * counts as unset. `readFile` throws when a file cannot be read.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): Config {
  const mistakes: FieldError[] = []
  const wrong = (path: string, message: string) => void mistakes.push({ path, message })

  /** Set at all, be it well or badly: a value that is wrong is not also missing. */
  const isSet = (name: Variable) => !!env[name] || (isSecret(name) && !!env[`${name}_FILE`])

  function secretFile(name: string): string | undefined {
    const path = env[`${name}_FILE`]
    if (!path) return undefined
    if (env[name]) {
      wrong(name, `is set, and so is ${name}_FILE; keep one of them`)
      return undefined
    }
    try {
      const text = readFile(path).replace(/\r?\n$/, '')
      if (text === '') wrong(`${name}_FILE`, 'names an empty file')
      return text
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
      wrong(`${name}_FILE`, `names a file that cannot be read${code}`)
      return undefined
    }
  }

  function read<T, D>(name: Variable, rule: (text: string) => T, fallback: D): T | D {
    // A blank at the end of a line of `.env` is nothing anybody meant; in a secret it may be.
    const text = isSecret(name) ? (secretFile(name) ?? env[name]) : env[name]?.trim()
    if (!text) return fallback
    try {
      return rule(text)
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      wrong(name, error.message)
      return fallback
    }
  }

  const production = env.NODE_ENV === 'production'

  function readWebex(): WebexConfig {
    const known: readonly string[] = VARIABLES.filter((name) => name.startsWith('WEBEX_')).flatMap((name) =>
      isSecret(name) ? [name, `${name}_FILE`] : [name],
    )
    const given = Object.keys(env).filter((name) => name.startsWith('WEBEX_') && env[name])
    // A misspelt token would otherwise start the sandbox, and nobody would wonder why no staff answer.
    for (const name of given) if (!known.includes(name)) wrong(name, 'is not a variable that Frontroom knows')

    const apiUrl = read('WEBEX_API_URL', rules.apiUrl, 'https://webexapis.com/v1')
    const accessToken = read('WEBEX_ACCESS_TOKEN', rules.token, '')
    const clientId = read('WEBEX_CLIENT_ID', rules.token, '')
    const clientSecret = read('WEBEX_CLIENT_SECRET', rules.token, '')
    const refreshToken = read('WEBEX_REFRESH_TOKEN', rules.token, null)
    const botToken = read('WEBEX_BOT_TOKEN', rules.token, null)
    const webhookSecret = read('WEBEX_WEBHOOK_SECRET', rules.longSecret, null)

    const either = 'set it, or WEBEX_CLIENT_ID and WEBEX_CLIENT_SECRET'
    if (given.length === 0) {
      if (production) wrong('WEBEX_ACCESS_TOKEN', `is missing: in production there is no sandbox; ${either}`)
      return { kind: 'sandbox' }
    }
    const oauth = (['WEBEX_CLIENT_ID', 'WEBEX_CLIENT_SECRET', 'WEBEX_REFRESH_TOKEN'] as const).filter(isSet)
    const tokenSet = isSet('WEBEX_ACCESS_TOKEN')
    if (tokenSet && oauth.length > 0)
      wrong('WEBEX_ACCESS_TOKEN', `is set, and so is ${oauth.join(', ')}; only one account can be meant`)
    else if (!tokenSet && oauth.length === 0)
      wrong('WEBEX_ACCESS_TOKEN', `is missing: ${given.join(', ')} alone is no account; ${either}`)
    else if (!tokenSet)
      for (const name of ['WEBEX_CLIENT_ID', 'WEBEX_CLIENT_SECRET'] as const)
        if (!isSet(name)) wrong(name, `is missing beside ${oauth.join(', ')}`)

    const account: WebexAccount = tokenSet
      ? { kind: 'token', accessToken }
      : { kind: 'oauth', clientId, clientSecret, refreshToken }
    return { kind: 'webex', apiUrl, account, botToken, webhookSecret }
  }

  function readAdmin(): Config['admin'] {
    const email = read('ADMIN_EMAIL', rules.email, '')
    const password = read('ADMIN_PASSWORD', rules.password, '')
    const [one, other] = isSet('ADMIN_EMAIL')
      ? (['ADMIN_EMAIL', 'ADMIN_PASSWORD'] as const)
      : (['ADMIN_PASSWORD', 'ADMIN_EMAIL'] as const)
    if (isSet(one) && !isSet(other)) wrong(other, `is missing: ${one} works only together with it`)
    return email && password ? { email, password } : null
  }

  function readProxies(): string[] {
    const entries = (env.TRUSTED_PROXIES ?? '').split(',').map((entry) => entry.trim())
    const given = entries.filter((entry) => entry !== '')
    for (const entry of given)
      if (!parseNetwork(entry))
        wrong('TRUSTED_PROXIES', `${JSON.stringify(entry)} is no address and no network such as 10.0.0.0/8`)
    return given
  }

  /** The file is read later, by Google's client; a mistake in it must not wait for the first visitor. */
  function readableKey(path: string | null): string | null {
    const name = 'GOOGLE_APPLICATION_CREDENTIALS'
    if (path === null) return null
    try {
      const key: unknown = JSON.parse(readFile(path))
      if (typeof key !== 'object' || key === null || !('type' in key))
        wrong(name, 'names a file that is no key of Google')
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
      wrong(name, `names a file that cannot be read as a key of Google${code}`)
    }
    return path
  }

  function readBot(): BotConfig {
    const secret = read('BOT_SECRET', rules.longSecret, '')
    const projectId = read('DIALOGFLOW_PROJECT_ID', rules.name, '')
    const location = read('DIALOGFLOW_LOCATION', rules.name, null)
    const environment = read('DIALOGFLOW_ENVIRONMENT', rules.name, null)
    const apiUrl = read('DIALOGFLOW_API_URL', rules.dialogflowUrl, null)
    const keyFile = read('GOOGLE_APPLICATION_CREDENTIALS', rules.path, null)
    const bot = env.BOT?.trim() || (isSet('DIALOGFLOW_PROJECT_ID') ? 'dialogflow' : '')

    if (bot === '') {
      for (const name of ['DIALOGFLOW_LOCATION', 'DIALOGFLOW_ENVIRONMENT', 'DIALOGFLOW_API_URL'] as const)
        if (isSet(name)) wrong(name, 'has no use without DIALOGFLOW_PROJECT_ID')
      return { kind: 'unset' }
    }
    if (bot === 'none') return { kind: 'none' }
    if (bot === 'dialogflow') {
      if (!isSet('DIALOGFLOW_PROJECT_ID')) wrong('DIALOGFLOW_PROJECT_ID', 'is missing: BOT is dialogflow')
      return {
        kind: 'dialogflow',
        projectId,
        location: location === 'global' ? null : location,
        environment: environment === 'draft' ? null : environment,
        keyFile: apiUrl === null ? readableKey(keyFile) : null,
        apiUrl,
      }
    }
    const [, path] = /^local:(.+)$/.exec(bot) ?? []
    if (path !== undefined) return { kind: 'local', path }
    if (/^https?:/i.test(bot)) {
      const url = read('BOT', rules.botUrl, '')
      if (!isSet('BOT_SECRET')) wrong('BOT_SECRET', 'is missing: it signs what is sent to BOT')
      return { kind: 'http', url, secret }
    }
    wrong('BOT', 'must be dialogflow, local:<path of an agent>, the https:// address of a bot, or none')
    return { kind: 'none' }
  }

  /** What does not work yet is refused by name: ignored, it would look as if it did. */
  function refuseLater(): void {
    for (const name of ['REDIS_URL', 'REDIS_URL_FILE'])
      if (env[name]) wrong(name, 'several nodes come with a later release; remove it until then')
  }

  const config: Config = {
    port: read('PORT', rules.port, 3000),
    host: read('HOST', rules.host, undefined),
    publicUrl: read('PUBLIC_URL', rules.publicUrl, null),
    database: read('DATABASE_URL', rules.database, { engine: 'sqlite', file: './data/frontroom.db' }),
    settingsFile: read('FRONTROOM_SETTINGS', rules.path, null),
    secretKey: read('FRONTROOM_SECRET_KEY', rules.longSecret, null),
    webex: readWebex(),
    bot: readBot(),
    admin: readAdmin(),
    trustedProxies: readProxies(),
    logLevel: read('LOG_LEVEL', rules.logLevel, 'info'),
    production,
  }
  refuseLater()
  if (mistakes.length > 0) throw new ConfigError('The environment has mistakes:', mistakes)
  return config
}
