/** `npm run webex -- login | check`: sets a real Webex account up, and shows that everything a chat needs works. */
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { botClient, hookSecretOf, integrationTokens, rootSecret } from '../adapters.ts'
import { type Config, readConfig } from '../config.ts'
import { ConfigError } from '../core/errors.ts'
import { isEmail } from '../core/form.ts'
import { readDotEnv } from '../dot-env.ts'
import { openStore } from '../open-store.ts'
import { createTokenStore } from '../store/token-store.ts'
import { check } from '../webex/check.ts'
import { createWebexClient } from '../webex/client.ts'
import { login } from '../webex/login.ts'
import { originOf } from '../webex/oauth.ts'

const USAGE = 'usage: npm run webex -- login [--paste] [--port 3000] | check [--me you@example.com]'
const clock = { now: Date.now }

type Wish = { command: 'login'; paste: boolean; port: number } | { command: 'check'; me: string | null }

/** @throws ConfigError */
function wishOf(args: string[]): Wish {
  const refuse = (why = '') => new ConfigError(`${why}${USAGE}`, [])
  let given: ReturnType<typeof parse>
  try {
    given = parse(args)
  } catch (error) {
    throw refuse(`${error instanceof Error ? error.message : String(error)}\n`)
  }
  const { positionals, values } = given
  const [command] = positionals
  if (positionals.length === 1 && command === 'login' && values.me === undefined) {
    const { paste = false, port = '3000' } = values
    if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
      throw refuse('--port must be from 1 to 65535\n')
    return { command, paste, port: Number(port) }
  }
  if (
    positionals.length === 1 &&
    command === 'check' &&
    values.paste === undefined &&
    values.port === undefined
  ) {
    const { me = null } = values
    if (me !== null && !isEmail(me)) throw refuse('--me must be an e-mail address\n')
    return { command, me }
  }
  throw refuse()
}

const parse = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: { paste: { type: 'boolean' }, port: { type: 'string' }, me: { type: 'string' } },
  })

async function runLogin(config: Config, paste: boolean, port: number): Promise<void> {
  const { webex } = config
  if (webex.kind === 'sandbox' || webex.account.kind === 'token') {
    const also = webex.kind === 'webex' ? ', and remove WEBEX_ACCESS_TOKEN' : ''
    throw new ConfigError(
      `A login needs an Integration: set WEBEX_CLIENT_ID and WEBEX_CLIENT_SECRET${also} (docs/webex.md).`,
      [],
    )
  }
  if (config.database.engine === 'sqlite' && config.database.file === ':memory:')
    throw new ConfigError(
      'DATABASE_URL is in memory: a login stored there would be gone at once. Name a file.',
      [],
    )
  const { clientId, clientSecret, refreshToken } = webex.account
  const store = await openStore(config.database)
  const lines = paste ? createInterface({ input: process.stdin }) : null
  // Taken at once: lines that come before anybody asks for them would be lost.
  const pasted = lines?.[Symbol.asyncIterator]()
  try {
    // First of all: a login that then cannot be stored would be in vain.
    await store.migrate()
    const account = await login({
      app: { apiUrl: webex.apiUrl, clientId, clientSecret },
      origin: originOf(refreshToken),
      store: createTokenStore(store, rootSecret(webex, config.secretKey), clock),
      clock,
      port,
      ...(pasted && { pasted }),
      say: console.log,
    })
    await store.tx((trx) => store.settings.saveAccounts(trx, account.emails, clock.now()))
    console.log('A server that is running goes on with its old login until it is restarted.')
    console.log('Next: npm run webex -- check --me YOUR-OWN-ADDRESS')
  } finally {
    lines?.close()
    await store.close()
  }
}

async function runCheck(config: Config, me: string | null): Promise<void> {
  const { webex } = config
  if (webex.kind === 'sandbox')
    throw new ConfigError(
      'There is no Webex account to check: set WEBEX_CLIENT_ID and WEBEX_CLIENT_SECRET (docs/webex.md).',
      [],
    )
  const store = await openStore(config.database)
  const stop = new AbortController()
  const onSignal = () => {
    console.log('Stopping; what was made is removed first. Again to leave it as it is.')
    stop.abort()
  }
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  try {
    const tokenStore = createTokenStore(store, rootSecret(webex, config.secretKey), clock)
    const tokens = integrationTokens({ webex, tokenStore, clock, onTokenTrouble: () => undefined })
    const ok = await check({
      apiUrl: webex.apiUrl,
      integration: createWebexClient({ apiUrl: webex.apiUrl, tokens }),
      account: webex.account.kind === 'oauth' ? 'login' : 'personal',
      bot: botClient(webex),
      hookSecret: hookSecretOf({ webex, secretKey: config.secretKey }),
      publicUrl: config.publicUrl,
      port: config.port,
      host: config.host,
      me,
      database: async () => {
        await store.migrate()
        await store.probe()
      },
      clock,
      say: console.log,
      signal: stop.signal,
    })
    console.log(
      ok
        ? 'Everything works. Next: npm run settings -- import FILE, then npm start'
        : 'Something does not work yet; what to do stands below each ✗.',
    )
    process.exitCode = ok ? 0 : 1
  } finally {
    await store.close()
  }
}

async function run(args: string[]): Promise<void> {
  const wish = wishOf(args)
  const config = readConfig(readDotEnv(process.env))
  if (wish.command === 'login') await runLogin(config, wish.paste, wish.port)
  else await runCheck(config, wish.me)
}

run(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message.trimEnd() : error)
  process.exitCode = 1
})
