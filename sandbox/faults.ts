import type { CallFault, HookFault, LagFault, Rule } from './rules.ts'
import { ruleOf } from './rules.ts'

export type Faults = ReturnType<typeof createFaults>

function matches(rule: CallFault, method: string, path: string): boolean {
  if (rule.method !== '*' && rule.method !== method) return false
  return rule.path.endsWith('*') ? path.startsWith(rule.path.slice(0, -1)) : path === rule.path
}

const isList = (path: string) => path === '/messages' || path === '/rooms'

/**
 * Faults that tests and demos ask for: rules, tried in order, each used up after `times` uses. `changed` is called whenever the
 * list is another one.
 */
export function createFaults(changed: () => void) {
  let rules: Rule[] = []

  function used<Kind extends Rule>(rule: Kind | undefined): Kind | null {
    if (!rule) return null
    if (rule.times === null) return rule
    rule.times -= 1
    if (rule.times === 0) rules = rules.filter((other) => other !== rule)
    changed()
    return rule
  }

  return {
    /** One rule or a list of rules; all of them or none. Throws `Refused` 400 that says what is wrong. */
    add(input: unknown): void {
      rules.push(...(Array.isArray(input) ? input : [input]).map(ruleOf))
      changed()
    },
    clear(): void {
      rules = []
      changed()
    },
    list: () => rules,
    takeCall(method: string, path: string): CallFault | null {
      return used(rules.find((rule): rule is CallFault => 'method' in rule && matches(rule, method, path)))
    },
    /** `times` is what is left after this use. */
    takeHook(): HookFault | null {
      return used(rules.find((rule): rule is HookFault => 'webhook' in rule))
    },
    /** Milliseconds by which a list is behind; null for what is no list, and for a list that is not. */
    takeLag(method: string, path: string): number | null {
      if (method !== 'GET' || !isList(path)) return null
      const rule = rules.find(
        (each): each is LagFault => 'lag' in each && (each.path === '*' || each.path === path),
      )
      return used(rule)?.lag ?? null
    },
  }
}
