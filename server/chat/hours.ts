/** Open or closed, as the public API says it. */
import { calendarOf, status } from '../core/calendar.ts'
import type { Settings, Topic } from '../core/settings.ts'

export interface OpenState {
  readonly open: boolean
  /** Which rule decided; only when closed. */
  readonly reason?: 'hours' | 'holiday' | 'special_day' | 'override'
  readonly name?: string
  /** ISO instants. */
  readonly until?: string
  readonly opensAt?: string
}

/** The site as a whole without `topic`. */
export function openState(settings: Settings, topic: Topic | undefined, now: number): OpenState {
  const { open, reason, name, until, opensAt } = status(calendarOf(settings, topic), settings.timezone, now)
  return {
    open,
    ...(!open && { reason }),
    ...(name !== undefined && { name }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
    ...(opensAt !== undefined && { opensAt: new Date(opensAt).toISOString() }),
  }
}
