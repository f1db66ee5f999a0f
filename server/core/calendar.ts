/**
 * When a topic can be reached. A span belongs to the date it starts on. Of a date's rules the first of these holds: the
 * override, the special day, the holiday, the weekly hours. A special day or holiday owns its whole date: the night before
 * ends at its midnight.
 *
 * Clock changes: an opening time that is skipped opens right after the gap, one that occurs twice opens at the first; a
 * closing time that is skipped closes at the gap, one that occurs twice closes at the second.
 */

import type { Calendar, Settings, Span, Topic, Weekday } from './settings.ts'

export type Reason = 'hours' | 'holiday' | 'special_day' | 'override'

/** Times are epoch milliseconds. */
export interface Status {
  readonly open: boolean
  /** Which rule decided, and the name its day or override carries. */
  readonly reason: Reason
  readonly name?: string
  /** When open: the next closing, unless there is none within 400 days. */
  readonly until?: number
  /** When closed: the next opening, unless there is none within 400 days. */
  readonly opensAt?: number
}

const MINUTE = 60_000
const DAY = 86_400_000
const HORIZON_DAYS = 400

/** A topic's own calendar replaces the general one key by key. */
export function calendarOf(settings: Settings, topic?: Topic): Calendar {
  return { ...settings.calendar, ...topic?.calendar }
}

// --- Zones: wall time is written as the epoch milliseconds that UTC would have at the same reading.

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(timezone: string): Intl.DateTimeFormat {
  // Making one costs a hundred times as much as using it.
  let made = formatters.get(timezone)
  if (!made) {
    const two = '2-digit' as const
    made = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: two,
      day: two,
      hour: two,
      minute: two,
      second: two,
    })
    formatters.set(timezone, made)
  }
  return made
}

function wallAt(timezone: string, instant: number): number {
  const at: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const { type, value } of formatter(timezone).formatToParts(instant)) at[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = at
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((instant % 1000) + 1000) % 1000)
}

/** The instants at which the clock shows a wall time: one, two, or for a skipped one the end of the gap. */
function instantsOf(timezone: string, wall: number): { first: number; last: number } {
  const offset = (instant: number) => wallAt(timezone, instant) - instant
  // No zone is further than 14 hours from UTC, none changes its clock twice within two days.
  const [before, after] = [offset(wall - DAY), offset(wall + DAY)]
  const found = [wall - before, wall - after].filter((instant) => instant + offset(instant) === wall)
  if (found.length > 0) return { first: Math.min(...found), last: Math.max(...found) }
  let [low, high] = [wall - DAY, wall + DAY]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offset(middle) === before) low = middle
    else high = middle
  }
  return { first: high, last: high }
}

// --- Dates are whole days since 1970-01-01, a Thursday.

const WEEKDAYS: readonly Weekday[] = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed']

interface DayRule {
  readonly reason: 'hours' | 'holiday' | 'special_day'
  readonly name?: string
  readonly spans: readonly Span[]
}

type Rules = (day: number) => DayRule

/** Finds a day's entry by number: this is asked hundreds of times per status. An exact date beats a yearly one. */
function entries<T extends { readonly date: string }>(list: readonly T[]): (day: number) => T | undefined {
  const once = new Map<number, T>()
  const yearly = new Map<number, T>()
  for (const entry of list) {
    if (!entry.date.startsWith('--')) once.set(Date.parse(entry.date) / DAY, entry)
    else yearly.set(Number(entry.date.slice(2, 4)) * 100 + Number(entry.date.slice(5)), entry)
  }
  return (day) => {
    if (once.size + yearly.size === 0) return undefined
    const date = new Date(day * DAY)
    return once.get(day) ?? yearly.get((date.getUTCMonth() + 1) * 100 + date.getUTCDate())
  }
}

function rulesOf(calendar: Calendar): Rules {
  const special = entries(calendar.specialDays)
  const holidays = entries(calendar.holidays)
  const weekly = WEEKDAYS.map(
    (weekday): DayRule => ({
      reason: 'hours',
      spans: calendar.hours.filter(({ days }) => days.includes(weekday)),
    }),
  )
  return (day) => {
    const specialDay = special(day)
    if (specialDay) return { reason: 'special_day', name: specialDay.name, spans: specialDay.hours }
    const holiday = holidays(day)
    if (holiday) return { reason: 'holiday', name: holiday.name, spans: [] }
    return weekly[((day % 7) + 7) % 7] as DayRule
  }
}

/** Open from one wall time to another; `cut` at the midnight a special day or holiday begins. */
interface Block {
  readonly from: number
  readonly to: number
  readonly cut: boolean
}

function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return (hours * 60 + minutes) * MINUTE
}

function blocksOf(ruleOf: Rules, day: number): Block[] {
  const midnight = (day + 1) * DAY
  const { spans } = ruleOf(day)
  const cuts = spans.length > 0 && ruleOf(day + 1).reason !== 'hours'
  return spans
    .map((span) => {
      const [from, end] = [day * DAY + timeOfDay(span.from), day * DAY + timeOfDay(span.to)]
      const to = end > from ? end : end + DAY
      const cut = cuts && to >= midnight
      return { from, to: cut ? midnight : to, cut }
    })
    .sort((a, b) => a.from - b.from)
}

/** Blocks of these days in order, those that touch made one; cheap, because no zone is asked. */
function* blocksBetween(ruleOf: Rules, firstDay: number, lastDay: number): Generator<Block> {
  let block: Block | undefined
  for (let day = firstDay; day <= lastDay; day++) {
    for (const next of blocksOf(ruleOf, day)) {
      if (block && next.from <= block.to) {
        if (next.to > block.to) block = { from: block.from, to: next.to, cut: next.cut }
      } else {
        if (block) yield block
        block = next
      }
    }
  }
  if (block) yield block
}

function byRules(calendar: Calendar, timezone: string, at: number): Status {
  const ruleOf = rulesOf(calendar)
  const wall = wallAt(timezone, at)
  const today = Math.floor(wall / DAY)
  const horizon = at + HORIZON_DAYS * DAY
  let until: number | undefined
  let opensAt: number | undefined
  for (const block of blocksBetween(ruleOf, today - 1, today + HORIZON_DAYS)) {
    const opens = instantsOf(timezone, block.from).first
    const ends = instantsOf(timezone, block.to)
    const closes = block.cut ? ends.first : ends.last
    if (closes <= at || closes <= opens) continue
    // Blocks apart on the clock can still meet in time, when the clock jumps over what is between them.
    if (opens > (until ?? at)) {
      if (until === undefined) opensAt = opens
      break
    }
    until = Math.max(until ?? at, closes)
  }
  const covers = (day: number) => blocksOf(ruleOf, day).some(({ from, to }) => from <= wall && wall < to)
  const deciding = until !== undefined && !covers(today) && covers(today - 1) ? today - 1 : today
  const { reason, name } = ruleOf(deciding)
  return {
    open: until !== undefined,
    reason,
    ...(name !== undefined && { name }),
    ...(until !== undefined && until <= horizon && { until }),
    ...(opensAt !== undefined && opensAt <= horizon && { opensAt }),
  }
}

/** Whether a calendar is open at an instant, by which rule, and when that next changes. */
export function status(calendar: Calendar, timezone: string, at: number): Status {
  const { override } = calendar
  const ends = override?.until === undefined ? undefined : Date.parse(override.until)
  if (!override || (ends !== undefined && ends <= at)) return byRules(calendar, timezone, at)
  const now = {
    open: override.open,
    reason: 'override' as const,
    ...(override.name !== undefined && { name: override.name }),
  }
  if (ends === undefined) return now
  const then = byRules(calendar, timezone, ends)
  const change = then.open === override.open ? (then.until ?? then.opensAt) : ends
  if (change === undefined) return now
  return override.open ? { ...now, until: change } : { ...now, opensAt: change }
}
