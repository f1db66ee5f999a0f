/** Opening hours, holidays and special days as the settings file has them. */
import { z } from 'zod'
import type { Weekday } from '../core/settings.ts'
import { distinct, entriesOf, line, member, rule } from './rules.ts'

export const WEEKDAYS = [
  'mon',
  'tue',
  'wed',
  'thu',
  'fri',
  'sat',
  'sun',
] as const satisfies readonly Weekday[]

const minutesOf = (time: unknown): number | undefined => {
  const [, hours, minutes] = (typeof time === 'string' && /^(\d\d):([0-5]\d)$/.exec(time)) || []
  const total = Number(hours) * 60 + Number(minutes)
  return total <= 1440 ? total : undefined
}

const time = z
  .string()
  .refine((text) => minutesOf(text) !== undefined, 'must be a time HH:MM from 00:00 to 24:00')
const span = { from: time, to: time }

const spanRule = rule((given, fail) => {
  const [from, to] = [minutesOf(member(given, 'from')), minutesOf(member(given, 'to'))]
  if (from === 1440) fail(['from'], 'must not be 24:00; that is 00:00 of the next day')
  else if (from !== undefined && from === to)
    fail(['to'], 'must not equal "from"; a whole day is 00:00 to 24:00')
})

/** Spans must not overlap, also not over midnight or from Sunday into Monday. Without `days` all are of one day. */
const apart = rule((given, fail) => {
  const week = 7 * 1440
  const intervals = entriesOf(given).flatMap((entry, at) => {
    const [from, to] = [minutesOf(member(entry, 'from')), minutesOf(member(entry, 'to'))]
    if (from === undefined || to === undefined || from === to || from === 1440) return []
    const own = entriesOf(member(entry, 'days') ?? ['mon'])
    return WEEKDAYS.flatMap((day, d) => {
      if (!own.includes(day)) return []
      const start = d * 1440 + from
      const length = to > from ? to - from : to + 1440 - from
      return [start, start + week].map((begin) => ({ at, day, begin, end: begin + length }))
    })
  })
  intervals.sort((a, b) => a.begin - b.begin)
  const told = new Set<number>()
  let furthest = intervals[0]
  for (const next of intervals.slice(1)) {
    if (furthest && next.begin < furthest.end && next.at !== furthest.at) {
      const [first, second] = [Math.min(next.at, furthest.at), Math.max(next.at, furthest.at)]
      if (!told.has(second)) fail([second], `overlaps the span [${first}] on ${next.day}`)
      told.add(second)
    }
    if (!furthest || next.end > furthest.end) furthest = next
  }
})

const date = z.string().refine((text) => {
  // A leap year stands for every year: 29 February may be a yearly date.
  const [, day] = /^(?:\d{4}|-)(-\d\d-\d\d)$/.exec(text) ?? []
  const whole = text.startsWith('-') ? `2000${day}` : text
  const at = day ? new Date(`${whole}T00:00:00Z`) : undefined
  return at && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(whole)
}, 'must be a date that exists, YYYY-MM-DD, or --MM-DD for every year')

export const timezone = z.string().refine((text) => {
  try {
    // Newer Nodes also take offsets, which know no summer time.
    return /^[A-Za-z]/.test(text) && new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined
  } catch {
    return false
  }
}, 'must be an IANA time zone such as Europe/Warsaw')

const days = z
  .array(z.enum(WEEKDAYS))
  .min(1, 'must name at least one day')
  .refine((list) => new Set(list).size === list.length, 'must not name a day twice')

const calendarParts = {
  hours: z
    .array(z.strictObject({ days, ...span }).check(spanRule))
    .max(100)
    .check(apart),
  holidays: z
    .array(z.strictObject({ date, name: line(100) }))
    .max(1000)
    .check(distinct('date')),
  specialDays: z
    .array(
      z.strictObject({
        date,
        name: line(100),
        hours: z.array(z.strictObject(span).check(spanRule)).max(20).check(apart),
      }),
    )
    .max(1000)
    .check(distinct('date')),
  override: z
    .strictObject({
      open: z.boolean(),
      until: z.iso
        .datetime({ offset: true, error: 'must be an instant such as 2026-11-20T15:00:00Z' })
        .exactOptional(),
      name: line(100).exactOptional(),
    })
    .nullable(),
}

export const calendar = z.strictObject({
  hours: calendarParts.hours,
  holidays: calendarParts.holidays.default([]),
  specialDays: calendarParts.specialDays.default([]),
  override: calendarParts.override.default(null),
})

export const topicCalendar = z.strictObject({
  hours: calendarParts.hours.exactOptional(),
  holidays: calendarParts.holidays.exactOptional(),
  specialDays: calendarParts.specialDays.exactOptional(),
  override: calendarParts.override.exactOptional(),
})
