/** All visits of all widgets, in turns, so that whatever else the machine does meets them alike. */
import type { Browser } from 'playwright-core'
import type { Host } from './host.ts'
import { type Clock, complaints, paintOnSlowLine, placedAtRest, type Visit, visit } from './visit.ts'

export interface Runs {
  readonly host: Host
  /** By round; a round that failed is left out. */
  readonly visits: Map<number, Visit>
  readonly paints: Map<number, number>
  readonly placed: Map<number, number>
  complaints: readonly string[] | undefined
  /** Why nothing could be measured. */
  failed: string | undefined
}

export interface Plan {
  readonly browser: Browser
  readonly clock: Clock
  /** The page without a widget, twice: what is between the two is noise. */
  readonly empty: readonly [Host, Host]
  /** A button and nothing behind it. */
  readonly least: Host
  readonly ours: Host
  readonly rivals: readonly Host[]
  readonly rounds: number
  readonly rivalRounds: number
  /** After these, in ms of `performance.now()`, rivals are not visited again, and no other round is begun. */
  readonly rivalsUntil: number
  readonly until: number
}

export interface Measured {
  readonly empty: readonly [Runs, Runs]
  readonly least: Runs
  readonly ours: Runs
  readonly rivals: readonly Runs[]
}

const runsOf = (host: Host): Runs => ({
  host,
  visits: new Map(),
  paints: new Map(),
  placed: new Map(),
  complaints: undefined,
  failed: undefined,
})

export async function measure(plan: Plan): Promise<Measured> {
  const { browser, clock } = plan
  const empty = [runsOf(plan.empty[0]), runsOf(plan.empty[1])] as const
  const least = runsOf(plan.least)
  const ours = runsOf(plan.ours)
  const rivals = plan.rivals.map(runsOf)

  /** Rivals may fail; the page without a widget and our own may not. */
  async function guarded(runs: Runs, work: () => Promise<void>): Promise<void> {
    const rival = rivals.includes(runs)
    if (rival && (runs.failed || performance.now() > plan.rivalsUntil)) return
    try {
      await work()
    } catch (error) {
      if (!rival) throw error
      runs.failed = String(error).split('\n')[0]
    }
  }

  // Not counted: files are compressed, the browser has started.
  for (const runs of [empty[0], least, ours, ...rivals]) {
    await guarded(runs, async () => {
      runs.complaints = await complaints(browser, runs.host, clock)
      await visit(browser, runs.host, clock)
    })
  }
  for (let round = 0; round < plan.rounds && performance.now() < plan.until; round++) {
    console.error(`round ${round + 1} of ${plan.rounds}`)
    const few = round < plan.rivalRounds
    const turn = [empty[0], ours, least, empty[1], ...(few ? rivals : [])]
    // Whoever is first in one round is later in the next.
    for (const runs of turn.map((_, n) => turn[(n + round) % turn.length] as Runs)) {
      await guarded(runs, async () => {
        runs.visits.set(round, await visit(browser, runs.host, clock))
      })
    }
    ours.placed.set(round, await placedAtRest(browser, ours.host, clock))
    if (!few) continue
    for (const runs of [empty[0], ours, ...rivals]) {
      await guarded(runs, async () => {
        runs.paints.set(round, await paintOnSlowLine(browser, runs.host, clock))
      })
    }
  }
  return { empty, least, ours, rivals }
}
