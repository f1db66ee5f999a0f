import { Refused } from './http.ts'

export interface Answer {
  readonly status: number
  readonly html: boolean
  readonly retryAfter?: number | undefined
  readonly body?: string | undefined
}

/** What shall go wrong with a REST call: `{ method, path, answer | hang | reset | lateMs, effect, times }`. */
export interface CallFault {
  readonly method: string
  /** Without `/v1`; exact, or a beginning followed by `*`. */
  readonly path: string
  readonly answer?: Answer | undefined
  /**
   * `none`: an answer, a hang or a reset comes in place of the effect. `before`: the call takes effect and its answer is lost.
   * `late`: it takes effect when its caller has long been answered, or is gone.
   */
  readonly effect: 'none' | 'before' | 'late'
  readonly hang: boolean
  readonly reset: boolean
  /** How long the answer waits; with the effect `late`, how long the effect waits after the caller is gone. */
  readonly lateMs: number
  times: number
}

/**
 * What shall go wrong with webhook calls: `{ webhook, ms?, times }`. `delay` holds one for `ms`, and what comes after it for
 * the same webhook with it. `shuffle` collects the next `times` and lets them go in reverse, at the latest `ms` after the first.
 */
export interface HookFault {
  readonly webhook: 'drop' | 'duplicate' | 'delay' | 'shuffle'
  readonly ms: number
  times: number
}

/** `{ lag, path?, times? }`: lists leave out what is younger than `lag` milliseconds. `times` null: until taken back. */
export interface LagFault {
  readonly lag: number
  readonly path: (typeof LISTS)[number] | '*'
  times: number | null
}

export type Rule = CallFault | HookFault | LagFault

const LISTS = ['/messages', '/rooms'] as const
const HOOKS = ['drop', 'duplicate', 'delay', 'shuffle'] as const
const MAX_MS = 120_000
const SHUFFLE_MS = 2000

const wrong = (message: string) => new Refused(400, message)

function integer(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw wrong(`${name} must be a whole number from ${min} to ${max}.`)
  }
  return value
}

function flag(value: unknown, name: string): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw wrong(`${name} must be true or false.`)
  return value ?? false
}

function oneOf<Name extends string>(value: unknown, name: string, names: readonly Name[]): Name {
  const found = names.find((each) => each === value)
  if (found === undefined) throw wrong(`${name} must be one of ${names.join(', ')}.`)
  return found
}

function only(value: unknown, name: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(`${name} must be an object.`)
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw wrong(`${name}: ${key} is unknown.`)
  return value as Record<string, unknown>
}

const timesOf = (value: unknown, min = 1) => integer(value, 'times', min, 1_000_000)

function answerOf(value: unknown): Answer {
  const answer = only(value, 'answer', ['status', 'html', 'retryAfter', 'body'])
  if (answer.body !== undefined && typeof answer.body !== 'string')
    throw wrong('answer.body must be a string.')
  return {
    status: integer(answer.status, 'answer.status', 200, 599),
    html: flag(answer.html, 'answer.html'),
    retryAfter:
      answer.retryAfter === undefined
        ? undefined
        : integer(answer.retryAfter, 'answer.retryAfter', 0, 86_400),
    body: answer.body,
  }
}

function hookOf(value: unknown): HookFault {
  const rule = only(value, 'webhook rule', ['webhook', 'ms', 'times'])
  const webhook = oneOf(rule.webhook, 'webhook', HOOKS)
  if (webhook === 'shuffle') {
    const ms = integer(rule.ms ?? SHUFFLE_MS, 'ms', 1, MAX_MS)
    return { webhook, ms, times: timesOf(rule.times ?? 2, 2) }
  }
  if (webhook !== 'delay' && rule.ms !== undefined) throw wrong('ms belongs to delay and shuffle.')
  const ms = webhook === 'delay' ? integer(rule.ms, 'ms', 1, MAX_MS) : 0
  return { webhook, ms, times: timesOf(rule.times ?? 1) }
}

function lagOf(value: unknown): LagFault {
  const rule = only(value, 'lag rule', ['lag', 'path', 'times'])
  return {
    lag: integer(rule.lag, 'lag', 1, 3_600_000),
    path: oneOf(rule.path ?? '*', 'path', [...LISTS, '*'] as const),
    times: rule.times === undefined || rule.times === null ? null : timesOf(rule.times),
  }
}

function callOf(value: unknown): CallFault {
  const keys = ['method', 'path', 'answer', 'effect', 'hang', 'reset', 'lateMs', 'times']
  const rule = only(value, 'rule', keys)
  const { method, path } = rule
  if (typeof method !== 'string' || !/^(\*|[A-Z]{3,7})$/.test(method)) {
    throw wrong('method must be an HTTP method in capitals, or *.')
  }
  if (typeof path !== 'string' || !/^\/[^*?]*\*?$/.test(path)) {
    throw wrong('path must start with / and may end with *; it is without /v1 and without a query.')
  }
  const effect = oneOf(rule.effect ?? 'none', 'effect', ['none', 'before', 'late'])
  const hang = flag(rule.hang, 'hang')
  const reset = flag(rule.reset, 'reset')
  const answer = rule.answer === undefined ? undefined : answerOf(rule.answer)
  const lateMs = integer(rule.lateMs ?? 0, 'lateMs', 0, MAX_MS)
  const outcomes = [hang, reset, answer !== undefined].filter(Boolean).length
  if (outcomes > 1) throw wrong('answer, hang and reset exclude each other.')
  if (outcomes === 0 && effect === 'late') throw wrong('The effect late needs answer, hang or reset.')
  if (outcomes === 0 && lateMs === 0) throw wrong('A rule needs answer, hang, reset or lateMs.')
  return { method, path, answer, effect, hang, reset, lateMs, times: timesOf(rule.times ?? 1) }
}

/** Throws `Refused` 400 that says what is wrong. */
export function ruleOf(value: unknown): Rule {
  if (typeof value === 'object' && value !== null) {
    if ('webhook' in value) return hookOf(value)
    if ('lag' in value) return lagOf(value)
  }
  return callOf(value)
}
