import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calendarOf, type Status, status } from '../../server/core/calendar.ts'
import type { Calendar, Settings, Topic, Weekday } from '../../server/core/settings.ts'

const WORKDAYS: Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri']
const EVERY_DAY: Weekday[] = [...WORKDAYS, 'sat', 'sun']
const office = { days: WORKDAYS, from: '08:00', to: '17:00' }

const calendar = (over: Partial<Calendar>): Calendar => ({
  hours: [],
  holidays: [],
  specialDays: [],
  override: null,
  ...over,
})

const iso = ({ until, opensAt, ...rest }: Status) => ({
  ...rest,
  ...(until !== undefined && { until: new Date(until).toISOString() }),
  ...(opensAt !== undefined && { opensAt: new Date(opensAt).toISOString() }),
})

const ask = (over: Partial<Calendar>, timezone: string, at: string) =>
  iso(status(calendar(over), timezone, Date.parse(at)))

type Row = [what: string, over: Partial<Calendar>, timezone: string, at: string, expected: object]

// 2026-11-20 is a Friday.
describe('weekly hours', () => {
  it.each<Row>([
    [
      'are open from their start',
      { hours: [office] },
      'Europe/Warsaw',
      '2026-11-20T07:00:00Z',
      { open: true, reason: 'hours', until: '2026-11-20T16:00:00.000Z' },
    ],
    [
      'are closed a moment before',
      { hours: [office] },
      'Europe/Warsaw',
      '2026-11-20T06:59:59.999Z',
      { open: false, reason: 'hours', opensAt: '2026-11-20T07:00:00.000Z' },
    ],
    [
      'are closed at their end, over the week-end',
      { hours: [office] },
      'Europe/Warsaw',
      '2026-11-20T16:00:00Z',
      { open: false, reason: 'hours', opensAt: '2026-11-23T07:00:00.000Z' },
    ],
    [
      'are those of the zone, not of the server',
      { hours: [office] },
      'Asia/Kathmandu',
      '2026-11-20T02:15:00Z',
      { open: true, reason: 'hours', until: '2026-11-20T11:15:00.000Z' },
    ],
    ['that are none never open', {}, 'UTC', '2026-11-20T12:00:00Z', { open: false, reason: 'hours' }],
    [
      'all around the clock never close',
      { hours: [{ days: EVERY_DAY, from: '00:00', to: '24:00' }] },
      'Europe/Warsaw',
      '2026-11-20T12:00:00Z',
      { open: true, reason: 'hours' },
    ],
    [
      'that meet are one',
      {
        hours: [
          office,
          { days: ['fri'], from: '17:00', to: '24:00' },
          { days: ['sat'], from: '00:00', to: '02:00' },
        ],
      },
      'UTC',
      '2026-11-20T12:00:00Z',
      { open: true, reason: 'hours', until: '2026-11-21T02:00:00.000Z' },
    ],
    [
      'over midnight belong to the day they start on',
      { hours: [{ days: ['sat'], from: '22:00', to: '02:00' }] },
      'UTC',
      '2026-11-22T01:59:00Z',
      { open: true, reason: 'hours', until: '2026-11-22T02:00:00.000Z' },
    ],
    [
      'over midnight are not open the night before',
      { hours: [{ days: ['sat'], from: '22:00', to: '02:00' }] },
      'UTC',
      '2026-11-21T01:00:00Z',
      { open: false, reason: 'hours', opensAt: '2026-11-21T22:00:00.000Z' },
    ],
    [
      'until 00:00 end with the day',
      { hours: [{ days: ['fri'], from: '22:00', to: '00:00' }] },
      'UTC',
      '2026-11-20T23:00:00Z',
      { open: true, reason: 'hours', until: '2026-11-21T00:00:00.000Z' },
    ],
    [
      'work before 1970 too',
      { hours: [office] },
      'UTC',
      '1969-12-30T12:00:00Z',
      { open: true, reason: 'hours', until: '1969-12-30T17:00:00.000Z' },
    ],
  ])('%s', (_, over, timezone, at, expected) => {
    expect(ask(over, timezone, at)).toEqual(expected)
  })
})

describe('the precedence of a day', () => {
  const holidays = [
    { date: '2026-11-20', name: 'Holiday' },
    { date: '--11-23', name: 'Yearly' },
  ]
  const specialDays = [{ date: '2026-11-20', name: 'Special', hours: [{ from: '10:00', to: '11:00' }] }]
  const override = { open: false, until: '2026-11-20T10:30:00Z', name: 'Fire drill' }

  it.each<Row>([
    [
      'a holiday closes its date',
      { hours: [office], holidays },
      'UTC',
      '2026-11-20T10:15:00Z',
      { open: false, reason: 'holiday', name: 'Holiday', opensAt: '2026-11-24T08:00:00.000Z' },
    ],
    [
      'a yearly holiday does so every year',
      { hours: [office], holidays },
      'UTC',
      '2027-11-23T10:15:00Z',
      { open: false, reason: 'holiday', name: 'Yearly', opensAt: '2027-11-24T08:00:00.000Z' },
    ],
    [
      'an exact date goes before a yearly one',
      { holidays: [{ date: '--11-20', name: 'Yearly' }, ...holidays] },
      'UTC',
      '2026-11-20T10:15:00Z',
      { open: false, reason: 'holiday', name: 'Holiday' },
    ],
    [
      'a special day goes before a holiday',
      { hours: [office], holidays, specialDays },
      'UTC',
      '2026-11-20T10:15:00Z',
      { open: true, reason: 'special_day', name: 'Special', until: '2026-11-20T11:00:00.000Z' },
    ],
    [
      'a special day is closed outside its hours',
      { hours: [office], specialDays },
      'UTC',
      '2026-11-20T12:00:00Z',
      { open: false, reason: 'special_day', name: 'Special', opensAt: '2026-11-23T08:00:00.000Z' },
    ],
    [
      'a special day without hours is closed',
      { hours: [office], specialDays: [{ date: '2026-11-20', name: 'Stocktaking', hours: [] }] },
      'UTC',
      '2026-11-20T12:00:00Z',
      { open: false, reason: 'special_day', name: 'Stocktaking', opensAt: '2026-11-23T08:00:00.000Z' },
    ],
    [
      'an override goes before everything',
      { hours: [office], holidays, specialDays, override },
      'UTC',
      '2026-11-20T10:15:00Z',
      { open: false, reason: 'override', name: 'Fire drill', opensAt: '2026-11-20T10:30:00.000Z' },
    ],
    [
      'an override that is over is none',
      { hours: [office], specialDays, override },
      'UTC',
      '2026-11-20T10:30:00Z',
      { open: true, reason: 'special_day', name: 'Special', until: '2026-11-20T11:00:00.000Z' },
    ],
    [
      'an override into a closed time opens when the rules do',
      { hours: [office], override: { open: false, until: '2026-11-20T20:00:00Z' } },
      'UTC',
      '2026-11-20T10:00:00Z',
      { open: false, reason: 'override', opensAt: '2026-11-23T08:00:00.000Z' },
    ],
    [
      'an open override into an open time closes when the rules do',
      { hours: [office], override: { open: true, until: '2026-11-20T10:00:00Z' } },
      'UTC',
      '2026-11-20T05:00:00Z',
      { open: true, reason: 'override', until: '2026-11-20T17:00:00.000Z' },
    ],
    [
      'an open override into a closed time closes with it',
      { hours: [office], override: { open: true, until: '2026-11-20T20:00:00+01:00' } },
      'UTC',
      '2026-11-20T05:00:00Z',
      { open: true, reason: 'override', until: '2026-11-20T19:00:00.000Z' },
    ],
    [
      'an override without an end has none',
      { hours: [office], override: { open: false } },
      'UTC',
      '2026-11-20T10:00:00Z',
      { open: false, reason: 'override' },
    ],
    [
      'a holiday on 29 February comes in leap years only',
      { hours: [office], holidays: [{ date: '--02-29', name: 'Leap' }] },
      'UTC',
      '2028-02-29T10:00:00Z',
      { open: false, reason: 'holiday', name: 'Leap', opensAt: '2028-03-01T08:00:00.000Z' },
    ],
    [
      'a night ends at the midnight a holiday begins',
      { hours: [{ days: EVERY_DAY, from: '22:00', to: '06:00' }], holidays },
      'UTC',
      '2026-11-19T23:00:00Z',
      { open: true, reason: 'hours', until: '2026-11-20T00:00:00.000Z' },
    ],
    [
      'a night runs on from a holiday-less day into a weekly one',
      { hours: [{ days: EVERY_DAY, from: '22:00', to: '06:00' }], holidays },
      'UTC',
      '2026-11-18T23:00:00Z',
      { open: true, reason: 'hours', until: '2026-11-19T06:00:00.000Z' },
    ],
    [
      'a special night that runs into the next day is still the special one',
      { specialDays: [{ date: '2026-11-20', name: 'Night sale', hours: [{ from: '20:00', to: '04:00' }] }] },
      'UTC',
      '2026-11-21T03:00:00Z',
      { open: true, reason: 'special_day', name: 'Night sale', until: '2026-11-21T04:00:00.000Z' },
    ],
    [
      'the search ends after 400 days',
      { specialDays: [{ date: '2028-11-20', name: 'Far', hours: [{ from: '08:00', to: '09:00' }] }] },
      'UTC',
      '2026-11-20T10:00:00Z',
      { open: false, reason: 'hours' },
    ],
  ])('%s', (_, over, timezone, at, expected) => {
    expect(ask(over, timezone, at)).toEqual(expected)
  })
})

// Warsaw 2026: 29 March 02:00 -> 03:00 (01:00Z), 25 October 03:00 -> 02:00 (01:00Z); both Sundays.
describe('when the clock changes', () => {
  const sunday = (from: string, to: string) => ({ hours: [{ days: ['sun' as const], from, to }] })

  it.each<Row>([
    [
      'an opening that is skipped opens right after the gap',
      sunday('02:30', '04:00'),
      'Europe/Warsaw',
      '2026-03-29T00:59:59Z',
      { open: false, reason: 'hours', opensAt: '2026-03-29T01:00:00.000Z' },
    ],
    [
      'a closing that is skipped closes at the gap',
      sunday('01:00', '02:30'),
      'Europe/Warsaw',
      '2026-03-29T00:30:00Z',
      { open: true, reason: 'hours', until: '2026-03-29T01:00:00.000Z' },
    ],
    [
      'a span that is skipped whole does not open',
      sunday('02:10', '02:50'),
      'Europe/Warsaw',
      '2026-03-29T00:00:00Z',
      { open: false, reason: 'hours', opensAt: '2026-04-05T00:10:00.000Z' },
    ],
    [
      'an opening that comes twice opens at the first',
      sunday('02:30', '04:00'),
      'Europe/Warsaw',
      '2026-10-25T00:29:00Z',
      { open: false, reason: 'hours', opensAt: '2026-10-25T00:30:00.000Z' },
    ],
    [
      'a closing that comes twice closes at the second',
      sunday('01:00', '02:30'),
      'Europe/Warsaw',
      '2026-10-25T00:45:00Z',
      { open: true, reason: 'hours', until: '2026-10-25T01:30:00.000Z' },
    ],
    [
      'a day may be an hour short',
      sunday('00:00', '24:00'),
      'Europe/Warsaw',
      '2026-03-28T23:00:00Z',
      { open: true, reason: 'hours', until: '2026-03-29T22:00:00.000Z' },
    ],
    [
      'midnight, too, may come twice',
      { hours: [{ days: ['sat'], from: '20:00', to: '24:00' }] },
      'Atlantic/Azores',
      '2026-10-24T22:00:00Z',
      { open: true, reason: 'hours', until: '2026-10-25T01:00:00.000Z' },
    ],
    [
      'a holiday owns its date from the first midnight',
      {
        hours: [{ days: ['sat'], from: '20:00', to: '24:00' }],
        holidays: [{ date: '2026-10-25', name: 'Holiday' }],
      },
      'Atlantic/Azores',
      '2026-10-24T22:00:00Z',
      { open: true, reason: 'hours', until: '2026-10-25T00:00:00.000Z' },
    ],
    [
      'two spans that only a gap divides are one',
      {
        hours: [
          { days: ['sun'], from: '01:00', to: '02:15' },
          { days: ['sun'], from: '02:45', to: '04:00' },
        ],
      },
      'Europe/Warsaw',
      '2026-03-29T00:30:00Z',
      { open: true, reason: 'hours', until: '2026-03-29T02:00:00.000Z' },
    ],
  ])('%s', (_, over, timezone, at, expected) => {
    expect(ask(over, timezone, at)).toEqual(expected)
  })
})

it("a topic's calendar replaces the general one key by key", () => {
  const general = calendar({ hours: [office], holidays: [{ date: '--01-01', name: 'New Year' }] })
  const settings = { calendar: general } as Settings
  const topic = { calendar: { hours: [] } } as unknown as Topic
  expect(calendarOf(settings)).toEqual(general)
  expect(calendarOf(settings, {} as Topic)).toEqual(general)
  expect(calendarOf(settings, topic)).toEqual({ ...general, hours: [] })
})

describe('against an oracle that looks at the clock minute by minute', () => {
  const MINUTE = 60_000
  const DAYS = 9
  const PER_SCENE = 20
  // A million before a release: CALENDAR_INSTANTS=1000000 npx vitest run test/core/calendar
  const INSTANTS = Number(process.env.CALENDAR_INSTANTS ?? 10_000)
  // Each window is centred on a change of the clock, where the zone has one.
  const windows = (
    [
      ['Europe/Warsaw', '2026-03-29', '2026-10-25'],
      ['America/New_York', '2026-03-08', '2026-11-01'],
      ['Australia/Lord_Howe', '2026-04-05', '2026-10-04'],
      ['Africa/Casablanca', '2026-02-15', '2026-03-22'],
      ['America/Santiago', '2026-04-05', '2026-09-06'],
      ['Asia/Kathmandu', '2026-12-31', '2028-02-29'],
      ['Atlantic/Azores', '2026-03-29', '2026-10-25'],
      ['America/St_Johns', '2026-03-08', '2026-11-01'],
      ['Pacific/Chatham', '2026-04-05', '2026-09-27'],
      ['Africa/Cairo', '2026-04-24', '2026-10-30'],
    ] as const
  ).flatMap(([zone, ...dates]) =>
    dates.map((date) => {
      const start = Date.parse(date) - ((DAYS - 1) / 2) * 1440 * MINUTE
      const sweden = new Intl.DateTimeFormat('sv-SE', {
        timeZone: zone,
        dateStyle: 'short',
        timeStyle: 'short',
      })
      // '2026-03-29 01:30' sorts as it ticks.
      const walls = Array.from({ length: DAYS * 1440 }, (_, m) => sweden.format(start + m * MINUTE))
      const dates = Array.from({ length: DAYS }, (_, d) =>
        new Date(start + d * 1440 * MINUTE).toISOString().slice(0, 10),
      )
      return { zone, start, walls, dates }
    }),
  )
  type Window = (typeof windows)[number]

  const dayAfter = (date: string) => new Date(Date.parse(date) + 1440 * MINUTE).toISOString().slice(0, 10)

  /** Open or closed for every minute of a window; its first two days are only run-up. */
  function oracle(asked: Calendar, { walls, dates }: Window): boolean[] {
    const open = walls.map(() => false)
    const firstFrom = (wall: string) => walls.findIndex((shown) => shown >= wall)
    const ruleOf = (date: string) => {
      const own = asked.specialDays.find((day) => day.date === date)
      if (own) return { owned: true, spans: own.hours }
      if (asked.holidays.some((day) => day.date === date || day.date === `-${date.slice(4)}`))
        return { owned: true, spans: [] }
      const weekday = new Date(date).toUTCString().slice(0, 3).toLowerCase() as Weekday
      return { owned: false, spans: asked.hours.filter(({ days }) => days.includes(weekday)) }
    }
    for (const date of dates) {
      const tomorrow = dayAfter(date)
      for (const { from, to } of ruleOf(date).spans) {
        const end = to === '24:00' ? `${tomorrow} 00:00` : `${to > from ? date : tomorrow} ${to}`
        const opens = firstFrom(`${date} ${from}`)
        const twice = walls.lastIndexOf(end)
        let closes = twice === -1 ? firstFrom(end) : twice
        if (closes === -1) closes = walls.length
        if (ruleOf(tomorrow).owned && end.startsWith(tomorrow))
          closes = Math.min(closes, firstFrom(`${tomorrow} 00:00`))
        if (opens !== -1) open.fill(true, opens, Math.max(opens, closes))
      }
    }
    return open
  }

  const time = fc.oneof(
    fc.constantFrom('00:00', '00:30', '01:00', '01:30', '02:00', '02:30', '03:00', '23:00', '23:30'),
    fc.integer({ min: 0, max: 1439 }).map((m) => new Date(m * MINUTE).toISOString().slice(11, 16)),
  )
  const span = fc
    .record({ from: time, to: fc.oneof(time, fc.constant('24:00')) })
    .filter(({ from, to }) => from !== to)
  const hours = fc.array(
    fc
      .tuple(span, fc.subarray(EVERY_DAY, { minLength: 1 }))
      .map(([{ from, to }, days]) => ({ days, from, to })),
    { maxLength: 3 },
  )
  const scene = fc.constantFrom(...windows).chain((window) => {
    const date = fc.constantFrom(...window.dates)
    const yearly = date.map((day) => `-${day.slice(4)}`)
    return fc.record({
      window: fc.constant(window),
      asked: fc.record({
        hours,
        holidays: fc.array(fc.record({ date: fc.oneof(date, yearly), name: fc.constant('h') }), {
          maxLength: 2,
        }),
        specialDays: fc
          .array(fc.record({ date, name: fc.constant('s'), hours: fc.array(span, { maxLength: 2 }) }), {
            maxLength: 2,
          })
          .filter((days) => new Set(days.map((day) => day.date)).size === days.length),
        override: fc.constant(null),
      }),
      minutes: fc.array(fc.integer({ min: 2 * 1440, max: (DAYS - 2) * 1440 }), {
        minLength: PER_SCENE,
        maxLength: PER_SCENE,
      }),
    })
  })

  it('open or closed, and the next change, agree', () => {
    fc.assert(
      fc.property(scene, ({ window, asked, minutes }) => {
        const open = oracle(asked, window)
        for (const minute of minutes) {
          const answer = status(asked, window.zone, window.start + minute * MINUTE)
          expect(answer.open).toBe(open[minute])
          const next = open.findIndex((is, m) => m > minute && is !== answer.open)
          const change = answer.open ? answer.until : answer.opensAt
          // The last day lacks what follows the window.
          if (next !== -1 && next < (DAYS - 1) * 1440) expect(change).toBe(window.start + next * MINUTE)
          else
            expect(change ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(
              window.start + (DAYS - 1) * 1440 * MINUTE,
            )
        }
      }),
      { numRuns: INSTANTS / PER_SCENE },
    )
  }, 3_600_000)
})
