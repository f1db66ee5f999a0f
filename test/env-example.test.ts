import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readConfig, SECRETS, VARIABLES } from '../server/config.ts'
import { ConfigError } from '../server/core/errors.ts'

const lines = readFileSync(new URL('../.env.example', import.meta.url), 'utf8').split('\n')

/** Every example with the headline it stands under and the line above it. */
let group = ''
const examples = lines.flatMap((line, at) => {
  if (/^# (?:---|Account)/.test(line)) group = line
  const [, name, value] = /^#([A-Z_]+)=(.+)$/.exec(line) ?? []
  return name && value ? [{ name, value, group, above: lines[at - 1] ?? '' }] : []
})

const envOf = (wanted: (group: string) => boolean) =>
  Object.fromEntries(
    examples.filter((example) => wanted(example.group)).map(({ name, value }) => [name, value]),
  )

const later = (headline: string) => headline.includes('Later releases')

it('.env.example names exactly the variables the server knows, each once and commented out', () => {
  expect(examples.map(({ name }) => name).sort()).toEqual([...VARIABLES].sort())
  expect(lines.filter((line) => /^[^#]/.test(line))).toEqual([])
})

it('each of them is explained in the line above, and secrets are called so', () => {
  for (const { name, above } of examples) {
    expect(above, name).toMatch(/^# \S.+[.:;)]?$/)
    expect(above.includes('(secret)'), name).toBe((SECRETS as readonly string[]).includes(name))
  }
})

it.each(['Account 1', 'Account 2'])('its examples work together with %s', (account) => {
  const env = envOf(
    (headline) => !later(headline) && (!headline.includes('Account') || headline.includes(account)),
  )
  expect(readConfig(env).webex).toMatchObject({
    account: { kind: account === 'Account 1' ? 'token' : 'oauth' },
  })
  expect(readConfig(env).trustedProxies).toHaveLength(2)
})

it('what it calls a later release is refused by name', () => {
  const env = envOf(later)
  expect(Object.keys(env).length).toBeGreaterThan(0)
  try {
    readConfig(env)
    expect.unreachable()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.mistakes.map(({ path }) => path).sort()).toEqual(Object.keys(env).sort())
  }
})
