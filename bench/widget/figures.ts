/** From visits to figures. No I/O. */
import type { Measured, Runs } from './rounds.ts'
import type { Share, Visit } from './visit.ts'

export interface Spread {
  readonly median: number
  /** A quarter of the runs is below `low`, a quarter above `high`. */
  readonly low: number
  readonly high: number
  readonly runs: number
}

export interface Load {
  readonly requests: number
  readonly raw: number
  readonly sent: number
  readonly paths: readonly string[]
  /** Above the empty page in the same round. */
  readonly taskMs: Spread
  /** Median; the empty page's own are not taken off. */
  readonly longTasks: number
}

export interface Figures {
  readonly name: string
  readonly version: string
  readonly isolation: string
  readonly failed?: string
  readonly first?: Load & {
    readonly shift: number
    readonly cookies: number
    readonly stored: number
    readonly elsewhere: number
    /** Above the empty page on a slow line. */
    readonly paintMs: Spread
  }
  readonly opened?: Load
  /** From an empty page to an open chat. */
  readonly whole?: { readonly sent: number; readonly taskMs: Spread }
  readonly complaints: readonly string[]
  readonly placedMs?: Spread
}

export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number) => {
    const place = (sorted.length - 1) * share
    const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
    return ((below ?? Number.NaN) * (1 - (place % 1)) + (above ?? Number.NaN) * (place % 1)) as number
  }
  return { median: at(0.5), low: at(0.25), high: at(0.75), runs: samples.length }
}

/** Round by round, so that a slow minute of the machine falls on both. */
function above<T>(runs: Map<number, T>, base: Map<number, T>, of: (run: T) => number | undefined): Spread {
  const pairs = [...runs].flatMap(([round, run]) => {
    const other = base.get(round)
    const [here, there] = [of(run), other === undefined ? undefined : of(other)]
    return here === undefined || there === undefined ? [] : [here - there]
  })
  return spread(pairs)
}

export function figures(runs: Runs, { empty }: Measured): Figures {
  const { candidate } = runs.host
  const { name, version, isolation } = candidate
  const visits = [...runs.visits.values()]
  const last = visits.at(-1)
  const about = { name, version, isolation, complaints: runs.complaints ?? [] }
  if (!last) return { ...about, failed: runs.failed ?? 'no time was left' }
  const base = empty[0]
  const most = (of: (visit: Visit) => number) => Math.max(...visits.map(of))
  const load = (share: Share, of: (visit: Visit) => Share | undefined): Load => ({
    requests: share.requests,
    raw: share.raw,
    sent: share.sent,
    paths: share.paths,
    taskMs: above(runs.visits, base.visits, (visit) => of(visit)?.taskMs),
    longTasks: spread(visits.map((visit) => of(visit)?.longTasks ?? 0)).median,
  })
  return {
    ...about,
    ...(runs.failed && { failed: runs.failed }),
    first: {
      ...load(last.first, ({ first }) => first),
      shift: most(({ first }) => first.shift),
      cookies: most(({ first }) => first.cookies),
      stored: most(({ first }) => first.stored),
      elsewhere: most(({ first }) => first.elsewhere),
      paintMs: above(runs.paints, base.paints, (ms) => ms),
    },
    whole: {
      sent: last.first.sent + (last.opened?.sent ?? 0),
      // Where there is nothing to press, the empty page is not pressed either.
      taskMs: above(
        runs.visits,
        base.visits,
        ({ first, opened }) => first.taskMs + (last.opened ? (opened?.taskMs ?? 0) : 0),
      ),
    },
    ...(last.opened && { opened: load(last.opened, ({ opened }) => opened) }),
    ...(runs.placed.size > 0 && { placedMs: spread([...runs.placed.values()]) }),
  }
}
