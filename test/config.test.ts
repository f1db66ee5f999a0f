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
      bot: { kind: 'unset' },
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
      bot: { kind: 'none' },
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
  it.each([['REDIS_URL', 'redis://x', /later release/]])(
    '%s=%s is refused by name',
    (name, value, message) => {
      const found = mistakes({ [name]: value })
      expect(Object.keys(found)).toEqual([name])
      expect(found[name]).toMatch(message)
      expect(found[name]).not.toContain('hunter2')
    },
  )
})

describe('the bot', () => {
  const project = { DIALOGFLOW_PROJECT_ID: 'my-project' }
  const google = {
    kind: 'dialogflow',
    projectId: 'my-project',
    location: null,
    environment: null,
    keyFile: null,
    apiUrl: null,
  }
  it.each<[string, Env, object]>([
    ['nothing', {}, { kind: 'unset' }],
    ['none, whatever else is there', { ...project, BOT: 'none' }, { kind: 'none' }],
    ['Dialogflow when a project is set', project, google],
    [
      'Dialogflow with everything',
      {
        ...project,
        BOT: 'dialogflow',
        DIALOGFLOW_LOCATION: 'europe-west1',
        DIALOGFLOW_ENVIRONMENT: 'live',
        GOOGLE_APPLICATION_CREDENTIALS: '/key.json',
      },
      { ...google, location: 'europe-west1', environment: 'live', keyFile: '/key.json' },
    ],
    [
      'a local endpoint, which is shown no key',
      {
        ...project,
        DIALOGFLOW_API_URL: 'grpc://127.0.0.1:9082/',
        GOOGLE_APPLICATION_CREDENTIALS: '/key.json',
      },
      { ...google, apiUrl: 'grpc://127.0.0.1:9082' },
    ],
    ['an agent of ours', { BOT: 'local:./agent.zip' }, { kind: 'local', path: './agent.zip' }],
    [
      'a bot of somebody else',
      { BOT: 'https://bot.example.com/turn', BOT_SECRET: long },
      { kind: 'http', url: 'https://bot.example.com/turn', secret: long },
    ],
  ])('may be %s', (_name, env, expected) => {
    const key = (path: string) => (path === '/key.json' ? '{"type":"service_account"}' : noFiles(path))
    expect(readConfig(env, key).bot).toEqual(expected)
  })

  it.each<[string, Env, string[]]>([
    ['anything else', { BOT: 'eliza' }, ['BOT']],
    ['Dialogflow without a project', { BOT: 'dialogflow' }, ['DIALOGFLOW_PROJECT_ID']],
    ['an endpoint without a project', { DIALOGFLOW_API_URL: 'http://127.0.0.1:1' }, ['DIALOGFLOW_API_URL']],
    [
      'an endpoint with its version',
      { ...project, DIALOGFLOW_API_URL: 'http://127.0.0.1:1/v2' },
      ['DIALOGFLOW_API_URL'],
    ],
    ['a bot of somebody else without a secret', { BOT: 'https://bot.example.com/' }, ['BOT_SECRET']],
    ['one in clear text', { BOT: 'http://bot.example.com/', BOT_SECRET: long }, ['BOT']],
    [
      'a key file that is not there',
      { ...project, GOOGLE_APPLICATION_CREDENTIALS: '/nope.json' },
      ['GOOGLE_APPLICATION_CREDENTIALS'],
    ],
    ['a project with a path', { DIALOGFLOW_PROJECT_ID: 'a/b' }, ['DIALOGFLOW_PROJECT_ID']],
  ])('may not be %s', (_name, env, names) => {
    expect(Object.keys(mistakes(env))).toEqual(names)
  })

  it("leaves Google's key file alone, which is on many machines for other programs", () => {
    expect(mistakes({ GOOGLE_APPLICATION_CREDENTIALS: '/x.json' })).toEqual({})
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
        ...(name === 'BOT_SECRET' && { BOT: 'https://bot.example.com/' }),
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
    // A value that is not read does not count as given.
    expect(mistakes({ ADMIN_EMAIL_FILE: '/x', ADMIN_PASSWORD: 'long enough' })).toHaveProperty('ADMIN_EMAIL')
    expect(mistakes({ REDIS_URL_FILE: '/x' })).toHaveProperty('REDIS_URL_FILE')
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
