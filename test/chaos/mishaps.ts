/** Makes the mishaps of a plan happen. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Staff } from '../support/staff.ts'
import type { Database } from './database.ts'
import type { Node } from './nodes.ts'
import type { Mishap, Plan } from './plan.ts'
import type { Link, Trouble } from './proxy.ts'

export interface Scene {
  readonly nodes: readonly Node[]
  readonly database: Database
  readonly staff: Staff
  deactivateWebhooks(): Promise<void>
}

/** @returns `wrote`, which counts lines up to the next mishap, and `settled`, when all of them are over */
export function directMishaps(plan: Plan, scene: Scene, say: (line: string) => void) {
  const queue = [...plan.mishaps]
  const underWay = new Set<Promise<void>>()
  const happened: Record<string, number> = {}
  let written = 0

  function begin(what: Mishap): void {
    happened[what.kind] = (happened[what.kind] ?? 0) + 1
    const work = happen(what, scene)
      .catch((error: unknown) => say(`  ${what.kind}: ${String(error)}`))
      .finally(() => underWay.delete(work))
    underWay.add(work)
  }

  return {
    written: () => written,
    happened,
    wrote() {
      written++
      for (let next = queue[0]; next && next.at <= written; next = queue[0]) {
        queue.shift()
        begin(next.what)
      }
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

async function happen(what: Mishap, { nodes, database, staff, deactivateWebhooks }: Scene): Promise<void> {
  const node = 'node' in what ? nodes[what.node] : undefined
  const forAWhile = async (link: Link | undefined, trouble: Trouble, ms: number) => {
    link?.trouble(trouble)
    await pause(ms)
    link?.trouble(null)
    // What a silent link has swallowed would never come: its ends must find out.
    link?.reset()
  }
  switch (what.kind) {
    case 'kill':
      return node?.kill(what.downMs)
    case 'freeze':
      return node?.freeze(what.ms)
    case 'database kill':
      return database.kill?.(what.downMs)
    case 'database cut':
      return void node?.toDatabase.reset()
    case 'database silent':
      return forAWhile(node?.toDatabase, { kind: 'blackhole' }, what.ms)
    case 'commit unheard':
      // Nobody may commit through it any more (a node that is killed); that is no reason to wait.
      return void node?.toDatabase.cutBeforeReply('COMMIT')
    case 'Webex cut':
      return void node?.toWebex.reset()
    case 'Webex slow':
      return forAWhile(node?.toWebex, { kind: 'delay', ms: 500 }, what.ms)
    case 'Webex half sent':
      return forAWhile(node?.toWebex, { kind: 'cut', afterBytes: 300 }, what.ms)
    case 'webhooks':
      return staff.fault(...what.rules)
    case 'webhooks deactivated':
      return deactivateWebhooks()
  }
}
