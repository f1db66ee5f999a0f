import { Refused } from './http.ts'

export interface Answer {
  readonly status: number
  readonly html: boolean
  readonly retryAfter?: number | undefined
  readonly body?: string | undefined
}

/** What shall go wrong with a REST call. */
export interface CallFault {
  readonly method: string
  /** Without `/v1`; exact, or a beginning followed by `*`. */
  readonly path: string
  readonly answer?: Answer | undefined
  /** `before`: the call takes effect and its answer is lost. */
  readonly effect: 'none' | 'before'
  readonly hang: boolean
  readonly reset: boolean
  readonly lateMs: number
  times: number
}

interface HookFault {
  readonly webhook: 'drop' | 'duplicate'
  times: number
}

export type Faults = ReturnType<typeof createFaults>

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

function only(value: unknown, name: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(`${name} must be an object.`)
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw wrong(`${name}: ${key} is unknown.`)
  return value as Record<string, unknown>
}

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

function ruleOf(value: unknown): CallFault | HookFault {
  const keys = ['method', 'path', 'answer', 'effect', 'hang', 'reset', 'lateMs', 'webhook', 'times']
  const rule = only(value, 'rule', keys)
  const times = rule.times === undefined ? 1 : integer(rule.times, 'times', 1, 1_000_000)
  if (rule.webhook !== undefined) {
    only(value, 'webhook rule', ['webhook', 'times'])
    if (rule.webhook !== 'drop' && rule.webhook !== 'duplicate') {
      throw wrong('webhook must be drop or duplicate.')
    }
    return { webhook: rule.webhook, times }
  }
  const { method, path, effect = 'none' } = rule
  if (typeof method !== 'string' || !/^(\*|[A-Z]{3,7})$/.test(method)) {
    throw wrong('method must be an HTTP method in capitals, or *.')
  }
  if (typeof path !== 'string' || !/^\/[^*?]*\*?$/.test(path)) {
    throw wrong('path must start with / and may end with *; it is without /v1 and without a query.')
  }
  if (effect !== 'none' && effect !== 'before') throw wrong('effect must be none or before.')
  const hang = flag(rule.hang, 'hang')
  const reset = flag(rule.reset, 'reset')
  const answer = rule.answer === undefined ? undefined : answerOf(rule.answer)
  const lateMs = rule.lateMs === undefined ? 0 : integer(rule.lateMs, 'lateMs', 0, 120_000)
  const outcomes = [hang, reset, answer !== undefined].filter(Boolean).length
  if (outcomes > 1) throw wrong('answer, hang and reset exclude each other.')
  if (outcomes === 0 && lateMs === 0) throw wrong('A rule needs answer, hang, reset or lateMs.')
  return { method, path, answer, effect, hang, reset, lateMs, times }
}

function matches(rule: CallFault, method: string, path: string): boolean {
  if (rule.method !== '*' && rule.method !== method) return false
  return rule.path.endsWith('*') ? path.startsWith(rule.path.slice(0, -1)) : path === rule.path
}

/** Faults that tests and demos ask for: rules, tried in order, each used up after `times` uses. */
export function createFaults() {
  let rules: (CallFault | HookFault)[] = []

  function used<Rule extends CallFault | HookFault>(rule: Rule | undefined): Rule | null {
    if (!rule) return null
    rule.times -= 1
    if (rule.times === 0) rules = rules.filter((other) => other !== rule)
    return rule
  }

  return {
    /** One rule or a list of rules; all of them or none. Throws `Refused` 400 that says what is wrong. */
    add(input: unknown): void {
      rules.push(...(Array.isArray(input) ? input : [input]).map(ruleOf))
    },
    clear(): void {
      rules = []
    },
    list: () => rules,
    takeCall(method: string, path: string): CallFault | null {
      return used(rules.find((rule): rule is CallFault => 'path' in rule && matches(rule, method, path)))
    },
    takeHook(): 'drop' | 'duplicate' | null {
      return used(rules.find((rule): rule is HookFault => 'webhook' in rule))?.webhook ?? null
    },
  }
}
