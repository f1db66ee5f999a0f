/** Faults that tests ask for: rules, tried in order, each used up after `times` uses. */
import type { Status } from './status.ts'

export type Fault = {
  /** Default 1; null: until `clearFaults`. */
  readonly times?: number | null
  /** Of this session only. */
  readonly session?: string
  /** The turn is made, and its answer is what goes wrong. */
  readonly late?: boolean
} & (
  | { readonly kind: 'refuse'; readonly status: Status }
  /** No answer at all. */
  | { readonly kind: 'hang' }
  /** The answer waits for this. */
  | { readonly kind: 'delay'; readonly until: Promise<unknown> }
  /** An answer that nobody can read: no protobuf, no JSON. */
  | { readonly kind: 'malformed' }
  /** The connection breaks; on gRPC all of them do. */
  | { readonly kind: 'cut' }
  /** Over REST only: a page of some proxy on the way. */
  | { readonly kind: 'html'; readonly status: number }
)

export function createFaults() {
  let rules: { readonly fault: Fault; left: number }[] = []
  return {
    add(fault: Fault): void {
      rules.push({ fault, left: fault.times === null ? Number.POSITIVE_INFINITY : (fault.times ?? 1) })
    },
    clear(): void {
      rules = []
    },
    take(session: string): Fault | null {
      const rule = rules.find(({ fault }) => fault.session === undefined || fault.session === session)
      if (!rule) return null
      rule.left -= 1
      if (rule.left <= 0) rules = rules.filter((other) => other !== rule)
      return rule.fault
    },
  }
}
