/** What goes wrong and when, drawn from a seed. Moments are counts of lines written, so that a slow machine has the same plan. */
import { createRandom } from './random.ts'

export type Mishap =
  | { readonly kind: 'kill'; readonly node: number; readonly downMs: number }
  /** Longer than a lease: others take over, and then the sleeper goes on where it stood. */
  | { readonly kind: 'freeze'; readonly node: number; readonly ms: number }
  | { readonly kind: 'database kill'; readonly downMs: number }
  | { readonly kind: 'database cut'; readonly node: number }
  | { readonly kind: 'database silent'; readonly node: number; readonly ms: number }
  | { readonly kind: 'commit unheard'; readonly node: number }
  | { readonly kind: 'Webex cut'; readonly node: number }
  | { readonly kind: 'Webex slow'; readonly node: number; readonly ms: number }
  | { readonly kind: 'Webex half sent'; readonly node: number; readonly ms: number }
  | { readonly kind: 'webhooks'; readonly rules: readonly object[] }
  | { readonly kind: 'webhooks deactivated' }

export interface Plan {
  readonly seed: number
  readonly chats: number
  /** In the order of `at`: lines written by then, by both sides. */
  readonly mishaps: readonly { readonly at: number; readonly what: Mishap }[]
}

export interface Wishes {
  readonly seed: number
  readonly kills: number
  readonly messages: number
  readonly nodes: number
  /** The database is ours, so it may die too. */
  readonly ownDatabase: boolean
}

export function createPlan({ seed, kills, messages, nodes, ownDatabase }: Wishes): Plan {
  const random = createRandom(seed)
  const total = messages * 2
  const node = () => random.below(nodes)
  const ms = (from: number, to: number) => from + random.below(to - from)
  const some = (count: number, make: () => Mishap) => Array.from({ length: count }, make)
  const share = (of: number) => Math.max(1, Math.round(kills / of))

  const all: Mishap[] = [
    ...some(kills, () => ({ kind: 'kill', node: node(), downMs: ms(200, 3_000) })),
    ...some(share(8), () => ({ kind: 'freeze', node: node(), ms: ms(20_000, 35_000) })),
    ...some(ownDatabase ? share(12) : 0, () => ({ kind: 'database kill', downMs: ms(500, 3_000) })),
    ...some(share(3), () => ({ kind: 'database cut', node: node() })),
    ...some(share(12), () => ({ kind: 'database silent', node: node(), ms: ms(2_000, 6_000) })),
    ...some(share(1), () => ({ kind: 'commit unheard', node: node() })),
    ...some(share(3), () => ({ kind: 'Webex cut', node: node() })),
    ...some(share(8), () => ({ kind: 'Webex slow', node: node(), ms: ms(1_000, 4_000) })),
    ...some(share(8), () => ({ kind: 'Webex half sent', node: node(), ms: ms(500, 2_000) })),
    ...some(share(12), () => ({ kind: 'webhooks deactivated' })),
    ...some(share(1), () => ({
      kind: 'webhooks',
      rules: [
        { webhook: 'drop', times: ms(1, 30) },
        { webhook: 'duplicate', times: ms(1, 20) },
        { webhook: 'shuffle', times: ms(2, 10) },
        { webhook: 'delay', ms: ms(100, 3_000), times: ms(1, 3) },
      ],
    })),
  ]
  // Not in the first lines, when the chats have hardly begun, nor in the last, when nothing is left to be hurt.
  const moment = () => Math.round(total * (0.02 + 0.93 * random.next()))
  const mishaps = all.map((what) => ({ at: moment(), what })).sort((a, b) => a.at - b.at)
  return { seed, chats: Math.min(200, Math.max(2, Math.round(messages / 50))), mishaps }
}
