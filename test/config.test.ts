import { describe, expect, it } from 'vitest'
import { readConfig, SECRETS } from '../server/config.ts'
import { parseNetworks } from '../server/core/address.ts'
import { ConfigError } from '../server/core/errors.ts'

type Env = Record<string, string>

const noFiles = (path: string): string => {
  throw Object.assign(new Error(`unexpected: ${path}`), { code: 'ENOENT' })
}

function mistakes(env: Env, readFile = noFiles): Record<string, string> {
  try {
    readConfig(env, readFile)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return Object.fromEntries(error.mistakes.map(({ path, message }) => [path, message]))
  }
  return {}
}

const long = 'x'.repeat(32)
const token = { WEBEX_ACCESS_TOKEN: 'token' }
const oauth = { WEBEX_CLIENT_ID: 'id', WEBEX_CLIENT_SECRET: 'secret' }

describe('an environment', () => {
  it('may be empty: everything has a default', () => {
    expect(readConfig({}, noFiles)).toEqual({
      port: 3000,
      host: undefined,
      publicUrl: null,
      database: { engine: 'sqlite', file: './data/frontroom.db' },
      settingsFile: null,
      secretKey: null,
      webex: { kind: 'sandbox' },
      admin: null,
      trustedProxies: [],
      logLevel: 'info',
      production: false,
    })
  })

  it('is read whole', () => {
    const env = {
      PORT: '0',
      HOST: '::1',
      PUBLIC_URL: 'https://example.com/chat/',
      DATABASE_URL: 'sqlite::memory:',
      FRONTROOM_SETTINGS: './settings.json',
      FRONTROOM_SECRET_KEY: long,
      WEBEX_API_URL: 'http://127.0.0.1:4000/v1/',
      ...oauth,
      WEBEX_REFRESH_TOKEN: 'refresh',
      WEBEX_BOT_TOKEN: 'bot',
      WEBEX_WEBHOOK_SECRET: long,
      BOT: 'none',
      ADMIN_EMAIL: 'admin@example.com',
      ADMIN_PASSWORD: 'pass word',
      TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,fd00::/8',
      LOG_LEVEL: 'silent',
      NODE_ENV: 'production',
    }
    expect(readConfig(env, noFiles)).toEqual({
      port: 0,
      host: '::1',
      publicUrl: 'https://example.com/chat',
      database: { engine: 'sqlite', file: ':memory:' },
      settingsFile: './settings.json',
      secretKey: long,
      webex: {
        kind: 'webex',
        apiUrl: 'http://127.0.0.1:4000/v1',
        account: { kind: 'oauth', clientId: 'id', clientSecret: 'secret', refreshToken: 'refresh' },
        botToken: 'bot',
        webhookSecret: long,
      },
      admin: { email: 'admin@example.com', password: 'pass word' },
      trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'],
      logLevel: 'silent',
      production: true,
    })
  })

  it('gives proxies that parseNetworks takes', () => {
    const { trustedProxies } = readConfig({ TRUSTED_PROXIES: '::ffff:10.0.0.0/104, ::1' })
    expect(parseNetworks(trustedProxies)).toHaveLength(2)
  })

  it('counts an empty value as unset', () => {
    const empty = {
      PORT: '',
      REDIS_URL: '',
      WEBEX_ACCESS_TOKEN: '',
      WEBEX_BOT_TOKEN_FILE: '',
      BOT: '',
      ADMIN_EMAIL: '',
    }
    expect(readConfig(empty, noFiles)).toEqual(readConfig({}))
  })

  it('names every mistake at once', () => {
    const env = {
      PORT: '99999',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'postgres://x',
      WEBEX_BOT_TOKEN: 'bot',
      REDIS_URL: 'x',
    }
    expect(Object.keys(mistakes(env)).sort()).toEqual([
      'DATABASE_URL',
      'LOG_LEVEL',
      'PORT',
      'REDIS_URL',
      'WEBEX_ACCESS_TOKEN',
    ])
    expect(() => readConfig(env)).toThrow(/PORT.*LOG_LEVEL/s)
  })

  it.each<[name: string, ...values: string[]]>([
    ['PORT', '-1', '65536', '80.5', '0x50', 'http', '1e3'],
    ['HOST', 'a b', '[::1]', 'example.com:80', 'http://example.com'],
    [
      'PUBLIC_URL',
      'example.com',
      'ftp://example.com',
      'https:example.com',
      'https://',
      'https://a.example/?a',
      'https://a.example/#b',
      'https://u:p@a.example',
    ],
    [
      'DATABASE_URL',
      'sqlite',
      'sqlite:',
      'sqlite://data/x.db',
      'sqlite:./data/',
      'sqlite:./x.db?mode=ro',
      'postgres://x',
      './x.db',
    ],
    ['FRONTROOM_SECRET_KEY', 'short'],
    ['ADMIN_PASSWORD', 'short', 'line\nbreak'],
    ['ADMIN_EMAIL', 'admin', 'a:b@example.com', 'a@b@c'],
    ['TRUSTED_PROXIES', 'localhost', '10.0.0.0/33', '1.2.3.4;5.6.7.8'],
    ['LOG_LEVEL', 'INFO', 'verbose'],
  ])('%s is refused when wrong', (name, ...values) => {
    const whole: Env = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'long enough' }
    for (const value of values)
      expect(Object.keys(mistakes({ ...whole, [name]: value })), value).toEqual([name])
  })

  it.each([
    ['sqlite:./data/a.db', './data/a.db'],
    ['sqlite:/var/lib/a.db', '/var/lib/a.db'],
    ['sqlite:///var/lib/a.db', '/var/lib/a.db'],
    ['sqlite::memory:', ':memory:'],
  ])('DATABASE_URL %s is the file %s', (url, file) => {
    expect(readConfig({ DATABASE_URL: url }).database).toEqual({ engine: 'sqlite', file })
  })
})

describe('what does not work yet', () => {
  it.each([
    ['REDIS_URL', 'redis://x', /later release/],
    ['BOT', 'dialogflow', /later release/],
    ['BOT', 'local:./bot.js', /later release/],
    ['DIALOGFLOW_PROJECT_ID', 'x', /later release/],
    ['DIALOGFLOW_API_URL', 'http://127.0.0.1:1', /later release/],
  ])('%s=%s is refused by name', (name, value, message) => {
    const found = mistakes({ [name]: value })
    expect(Object.keys(found)).toEqual([name])
    expect(found[name]).toMatch(message)
    expect(found[name]).not.toContain('hunter2')
  })

  it("Google's credentials are refused only beside a bot", () => {
    const google = { GOOGLE_APPLICATION_CREDENTIALS: '/x.json' }
    expect(mistakes(google)).toEqual({})
    expect(mistakes({ ...google, BOT: 'none' })).toEqual({})
    expect(Object.keys(mistakes({ ...google, BOT: 'dialogflow' }))).toEqual([
      'BOT',
      'GOOGLE_APPLICATION_CREDENTIALS',
    ])
  })
})

describe('a secret in a file', () => {
  const files = (path: string) => (path === '/run/secret' ? `${'s'.repeat(40)}\n` : noFiles(path))

  it.each(SECRETS.filter((name) => name !== 'DATABASE_URL'))(
    '%s_FILE is read, without its last line break',
    (name) => {
      const account: Env =
        name === 'WEBEX_ACCESS_TOKEN'
          ? {}
          : name === 'WEBEX_CLIENT_SECRET' || name === 'WEBEX_REFRESH_TOKEN'
            ? oauth
            : token
      const { [name]: _, ...rest } = account
      const env = {
        ...rest,
        ...(name === 'ADMIN_PASSWORD' && { ADMIN_EMAIL: 'a@example.com' }),
        [`${name}_FILE`]: '/run/secret',
      }
      expect(JSON.stringify(readConfig(env, files))).toContain(`"${'s'.repeat(40)}"`)
    },
  )

  it('may hold the database, too', () => {
    const { database } = readConfig({ DATABASE_URL_FILE: '/x' }, () => 'sqlite:/a.db\r\n')
    expect(database).toEqual({ engine: 'sqlite', file: '/a.db' })
  })

  it('is a mistake beside the value itself, when it cannot be read, and when it is empty', () => {
    const name = 'WEBEX_ACCESS_TOKEN_FILE'
    expect(mistakes({ ...token, [name]: '/run/secret' }, files)).toEqual({
      WEBEX_ACCESS_TOKEN: expect.stringContaining(name),
    })
    expect(mistakes({ [name]: '/none' }, files)).toEqual({ [name]: expect.stringContaining('ENOENT') })
    expect(mistakes({ [name]: '/empty' }, () => '\n')).toEqual({ [name]: expect.stringContaining('empty') })
  })

  it('is nothing for what is no secret', () => {
    expect(mistakes({ ...token, WEBEX_API_URL_FILE: '/x' })).toHaveProperty('WEBEX_API_URL_FILE')
    expect(readConfig({ PORT_FILE: '/x' }, noFiles).port).toBe(3000)
  })
})

describe('the Webex account', () => {
  it('may be a token, or a client whose tokens a login stored', () => {
    expect(readConfig(token).webex).toEqual({
      kind: 'webex',
      apiUrl: 'https://webexapis.com/v1',
      account: { kind: 'token', accessToken: 'token' },
      botToken: null,
      webhookSecret: null,
    })
    expect(readConfig(oauth).webex).toMatchObject({
      account: { kind: 'oauth', clientId: 'id', clientSecret: 'secret', refreshToken: null },
    })
  })

  it.each<[what: string, env: Env, missing: string[]]>([
    ['nothing, in production', { NODE_ENV: 'production' }, ['WEBEX_ACCESS_TOKEN']],
    ['a client without its secret', { WEBEX_CLIENT_ID: 'id' }, ['WEBEX_CLIENT_SECRET']],
    ['a secret without its client', { WEBEX_CLIENT_SECRET: 'secret' }, ['WEBEX_CLIENT_ID']],
    ['a refresh token alone', { WEBEX_REFRESH_TOKEN: 'r' }, ['WEBEX_CLIENT_ID', 'WEBEX_CLIENT_SECRET']],
    ['a bot alone', { WEBEX_BOT_TOKEN: 'bot' }, ['WEBEX_ACCESS_TOKEN']],
    ['an address alone', { WEBEX_API_URL: 'https://example.com/v1' }, ['WEBEX_ACCESS_TOKEN']],
    ['a webhook secret alone', { WEBEX_WEBHOOK_SECRET: long }, ['WEBEX_ACCESS_TOKEN']],
    ['two accounts', { ...token, ...oauth }, ['WEBEX_ACCESS_TOKEN']],
    ['a misspelt token', { WEBEX_ACESS_TOKEN: 'x' }, ['WEBEX_ACESS_TOKEN', 'WEBEX_ACCESS_TOKEN']],
    ['a token with a line break inside', { WEBEX_ACCESS_TOKEN: 'a\nb' }, ['WEBEX_ACCESS_TOKEN']],
    ['a short webhook secret', { ...token, WEBEX_WEBHOOK_SECRET: 'x'.repeat(31) }, ['WEBEX_WEBHOOK_SECRET']],
    ['http to another machine', { ...token, WEBEX_API_URL: 'http://webexapis.com/v1' }, ['WEBEX_API_URL']],
    [
      'http to a name that only looks local',
      { ...token, WEBEX_API_URL: 'http://127.0.0.1.example.com' },
      ['WEBEX_API_URL'],
    ],
    ['an address with a query', { ...token, WEBEX_API_URL: 'https://example.com/v1?' }, ['WEBEX_API_URL']],
    ['an admin without a password', { ADMIN_EMAIL: 'a@example.com' }, ['ADMIN_PASSWORD']],
    ['a password without an admin', { ADMIN_PASSWORD: 'long enough' }, ['ADMIN_EMAIL']],
  ])('%s is a mistake that is named', (_, env, missing) => {
    expect(Object.keys(mistakes(env))).toEqual(missing)
  })

  it.each(['http://localhost:1/v1', 'http://127.0.0.2:1', 'http://[::1]:1', 'https://example.com/v1'])(
    '%s may be called',
    (url) => {
      expect(mistakes({ ...token, WEBEX_API_URL: url })).toEqual({})
    },
  )

  it('is never repeated in a message', () => {
    const env = {
      WEBEX_ACCESS_TOKEN: 'hunter2 hunter2',
      WEBEX_CLIENT_SECRET: 'hunter2',
      WEBEX_WEBHOOK_SECRET: 'hunter2',
      ADMIN_PASSWORD: 'hunter2',
      FRONTROOM_SECRET_KEY: 'hunter2',
      DATABASE_URL: 'postgres://hunter2',
    }
    const found = mistakes(env)
    expect(Object.keys(found).length).toBeGreaterThanOrEqual(5)
    expect(JSON.stringify(found)).not.toContain('hunter2')
  })
})
