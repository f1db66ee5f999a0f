/** Reads, checks and writes the settings file; its shape is in `shape.ts`. */
import type { z } from 'zod'
import { ConfigError, type FieldError } from '../core/errors.ts'
import type { Settings } from '../core/settings.ts'
import { WEEKDAYS } from './calendar.ts'
import { IDENTITY } from './form.ts'
import { settingsShape } from './shape.ts'

const MAX_BYTES = 1_048_576
const MAX_MISTAKES = 100

function pathOf(keys: readonly PropertyKey[]): string {
  return keys
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`
      const name = String(key)
      return /^[\w-]{1,64}$/.test(name) ? `.${name}` : `[${JSON.stringify(name.slice(0, 64))}]`
    })
    .join('')
    .replace(/^\./, '')
}

function mistakesOf(issues: readonly z.core.$ZodIssue[]): FieldError[] {
  const all = issues.flatMap((issue): FieldError[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: pathOf([...issue.path, key]), message: 'is not a setting' }))
    const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
    return [{ path: pathOf(issue.path), message }]
  })
  const more = all.length - MAX_MISTAKES
  return more > 0 ? [...all.slice(0, MAX_MISTAKES), { path: '', message: `and ${more} more mistakes` }] : all
}

/** Checks a settings document and fills in its defaults; a ConfigError names every mistake, e.g. `topics[0].title`. */
export function readSettings(value: unknown, name = 'settings file'): Settings {
  const result = settingsShape.safeParse(value, {
    error: (issue) => {
      if (issue.input === undefined) return 'is required'
      return issue.code === 'invalid_type' ? `must be of the type ${issue.expected}` : undefined
    },
  })
  if (result.success) return result.data
  throw new ConfigError(`The ${name} has mistakes:`, mistakesOf(result.error.issues))
}

/** The same from JSON text of at most 1 MB; of broken JSON the mistake's path is its place, e.g. `line 3, column 7`. */
export function parseSettings(text: string, name = 'settings file'): Settings {
  const refuse = (path: string, message: string) =>
    new ConfigError(`The ${name} has mistakes:`, [{ path, message }])
  if (Buffer.byteLength(text) > MAX_BYTES) throw refuse('', 'is larger than 1 MB')
  const json = text.replace(/^\uFEFF/, '')
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    const at = brokenAt(json)
    const before = json.slice(0, at).split(/\r\n|\r|\n/)
    const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
    throw refuse(place, at < json.length ? 'is not JSON from here on' : 'ends too early')
  }
  return readSettings(value, name)
}

const VALUES = ['"', '{', '[', 'literal']
const FOLLOWS = {
  value: VALUES,
  'value or end': [...VALUES, ']'],
  key: ['"'],
  'key or end': ['"', '}'],
  colon: [':'],
}

/** Where text stops being JSON: V8 tells it for some mistakes only, and differently from version to version. */
function brokenAt(text: string): number {
  const blank = /[ \t\r\n]*/y
  const token =
    /[{}[\],:]|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
  const closers: string[] = []
  let expects: keyof typeof FOLLOWS | 'next' = 'value'
  for (let at = 0; ; at = token.lastIndex) {
    blank.lastIndex = at
    at += blank.exec(text)?.[0].length ?? 0
    token.lastIndex = at
    const found = token.exec(text)?.[0]
    if (found === undefined) return at
    const closer = closers.at(-1)
    const sign = /^["{}[\],:]/.test(found) ? found.charAt(0) : 'literal'
    const may: string[] = expects === 'next' ? (closer ? [',', closer] : []) : FOLLOWS[expects]
    if (!may.includes(sign)) return at
    if (sign === '{' || sign === '[') closers.push(sign === '{' ? '}' : ']')
    if (sign === '}' || sign === ']') closers.pop()
    if (sign === '{') expects = 'key or end'
    else if (sign === '[') expects = 'value or end'
    else if (sign === ',') expects = closer === '}' ? 'key' : 'value'
    else if (sign === ':') expects = 'value'
    else expects = expects.startsWith('key') && sign === '"' ? 'colon' : 'next'
  }
}

/** The settings as the JSON document they travel as; reading it again gives the same settings. */
export function exportSettings(current: Settings): unknown {
  return JSON.parse(JSON.stringify(current))
}

/** What runs with the sandbox when nobody has set anything: three topics that are always open. */
export function demoSettings(): Settings {
  return readSettings(
    {
      timezone: 'UTC',
      calendar: { hours: [{ days: [...WEEKDAYS], from: '00:00', to: '24:00' }] },
      topics: [
        {
          id: 'sales',
          title: { en: 'Sales', pl: 'Sprzedaż' },
          room: 'group',
          participants: ['anna@example.com', 'ben@example.com'],
          supervisors: ['eva@example.com'],
        },
        {
          id: 'support',
          title: { en: 'Support', pl: 'Pomoc techniczna' },
          room: 'personal',
          participants: ['chris@example.com'],
        },
        {
          id: 'billing',
          title: { en: 'Billing', pl: 'Rozliczenia' },
          room: 'group',
          skills: ['billing'],
          participants: ['anna@example.com', 'chris@example.com'],
          form: {
            mode: 'identified',
            fields: [
              ...IDENTITY,
              { id: 'customer', type: 'text', label: { en: 'Customer number', pl: 'Numer klienta' } },
            ],
          },
        },
      ],
      look: { title: { en: 'Chat with us', pl: 'Porozmawiaj z nami' } },
    },
    'demo',
  )
}
