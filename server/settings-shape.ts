/** The settings file: shapes, defaults and rules. What a value may be is declared here and nowhere else. */
import { z } from 'zod'
import { isEmail } from './core/form.ts'
import type { Form, Weekday } from './core/settings.ts'

export const WEEKDAYS = [
  'mon',
  'tue',
  'wed',
  'thu',
  'fri',
  'sat',
  'sun',
] as const satisfies readonly Weekday[]

// zod skips a rule over several places as long as one of these has a mistake of its own. To name every mistake at once,
// ours run all the same, and bear whatever they find.
const EVEN_WHEN_WRONG = { when: () => true }

type Fail = (path: readonly (string | number)[], message: string) => void

const rule = (check: (value: unknown, fail: Fail) => void) =>
  z.superRefine<unknown>(
    (value, { addIssue }) =>
      check(value, (path, message) => addIssue({ code: 'custom', path: [...path], message })),
    EVEN_WHEN_WRONG,
  )

const entriesOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined
}

const distinct = (key: string) =>
  rule((list, fail) => {
    const seen = new Set<unknown>()
    for (const [at, entry] of entriesOf(list).entries()) {
      const value = member(entry, key)
      if (value !== undefined && seen.has(value)) fail([at, key], 'is there already')
      seen.add(value)
    }
  })

// --- Texts

/** One line of text: no control characters, line breaks or lone surrogates. */
const line = (max: number) =>
  z
    .string()
    .max(max, `must have at most ${max} characters`)
    .refine((text) => text.trim() !== '', 'must not be empty')
    .refine((text) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text), 'must be one line of plain text')

/** zod drops a key `__proto__` from records without a word. */
const dictionary = <V extends z.ZodType>(key: z.ZodString, value: V) =>
  z
    .unknown()
    .check(
      rule((given, fail) => {
        if (member(given, '__proto__') !== undefined) fail(['__proto__'], 'is no key')
      }),
    )
    .pipe(z.record(key, value))

const language = z
  .string()
  .regex(/^[a-z]{2,3}(?:-[A-Za-z\d]{2,8}){0,3}$/, 'is not a language tag such as en or pt-BR')
const textKey = z.string().regex(/^[A-Za-z][\w.-]{0,63}$/, 'is not the key of a text')

const localized = dictionary(language, line(100)).refine(
  (texts) => Object.keys(texts).length > 0,
  'must have a text in at least one language',
)

// --- Times

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

const timezone = z.string().refine((text) => {
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

const calendar = z.strictObject({
  hours: calendarParts.hours,
  holidays: calendarParts.holidays.default([]),
  specialDays: calendarParts.specialDays.default([]),
  override: calendarParts.override.default(null),
})

const topicCalendar = z.strictObject({
  hours: calendarParts.hours.exactOptional(),
  holidays: calendarParts.holidays.exactOptional(),
  specialDays: calendarParts.specialDays.exactOptional(),
  override: calendarParts.override.exactOptional(),
})

// --- Forms, topics, the rest

/** What `identified` asks for when the form names no fields. */
export const IDENTITY: Form['fields'] = [
  {
    id: 'name',
    type: 'text',
    required: true,
    label: {
      en: 'Your name',
      pl: 'Imię i nazwisko',
      de: 'Ihr Name',
      fr: 'Votre nom',
      es: 'Su nombre',
      ar: 'اسمك',
    },
  },
  { id: 'email', type: 'email', required: true, label: { en: 'E-mail', ar: 'البريد الإلكتروني' } },
]

const field = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z][\w-]{0,63}$/, 'must be letters, digits, - and _, a letter first'),
    type: z.enum(['text', 'email', 'tel', 'textarea', 'select', 'checkbox', 'consent']),
    required: z.boolean().default(false),
    label: localized,
    version: line(64).exactOptional(),
    options: z
      .array(z.strictObject({ value: line(100), label: localized }))
      .min(1, 'must have at least one option')
      .max(100)
      .check(distinct('value'))
      .exactOptional(),
  })
  .check(
    rule((given, fail) => {
      const [id, type] = [member(given, 'id'), member(given, 'type')]
      const fixed = id === 'email' ? 'email' : id === 'name' ? 'text' : undefined
      if (fixed && type !== undefined && type !== fixed)
        fail(['type'], `must be "${fixed}" for the field "${id}"`)
      const versioned = member(given, 'version') !== undefined
      if (type === 'consent' && !versioned)
        fail(['version'], 'is required: it is kept with what was agreed to')
      if (type !== 'consent' && versioned) fail(['version'], 'belongs to fields of type "consent" only')
      const choosable = member(given, 'options') !== undefined
      if (type === 'select' && !choosable) fail(['options'], 'is required: what can be chosen')
      if (type !== 'select' && choosable) fail(['options'], 'belongs to fields of type "select" only')
    }),
  )

const form = z
  .strictObject({
    mode: z.enum(['anonymous', 'identified']).default('anonymous'),
    fields: z.array(field).max(30).check(distinct('id')).default([]),
  })
  .transform(
    (given): Form =>
      given.mode === 'identified' && given.fields.length === 0 ? { ...given, fields: IDENTITY } : given,
  )

const people = z
  .array(z.string().trim().toLowerCase().refine(isEmail, 'is not an e-mail address'))
  .transform((list) => [...new Set(list)])
  .refine((list) => list.length <= 50, 'must have at most 50 people')

const topic = z
  .strictObject({
    id: z.string().regex(/^[a-z\d][a-z\d_-]{0,63}$/, 'must be small letters, digits, - and _, at most 64'),
    title: localized,
    room: z.enum(['personal', 'group', 'mixed']).default('group'),
    participants: people.refine((list) => list.length > 0, 'must have at least one participant'),
    supervisors: people.default([]),
    bot: z.boolean().default(true),
    skills: z.array(line(64)).max(50).default([]),
    pages: z.array(line(500).regex(/^\//, 'must start with /')).max(100).default([]),
    offered: z.boolean().default(true),
    explicit: z.boolean().default(false),
    assign: z.enum(['team', 'available']).default('team'),
    form: form.exactOptional(),
    calendar: topicCalendar.exactOptional(),
  })
  .check(
    rule((given, fail) => {
      const count = entriesOf(member(given, 'participants')).length
      if (member(given, 'room') === 'personal' && count > 1)
        fail(['participants'], 'must have exactly one participant in a personal room')
    }),
  )

// The contract knows more values than work yet; the others must not look as if they did.
const isStart = (value: string) => value === 'start'
const later = {
  error: ({ input }: { input?: unknown }) => `"${input}" comes with a later release; use start`,
}

// One that vanished in the comparison would fit every line or none.
const prefix = line(40)
  .refine((text) => /[^\s/\p{Cf}\p{M}]/u.test(text), 'must have a letter or a sign other than /')
  .refine(
    (text) => !/^\s*[\p{L}\p{N}]\s*$/u.test(text),
    'must not be a single letter: too many lines begin so',
  )

const upTo = (max: number) => z.number().positive('must be more than 0').max(max, `must be at most ${max}`)
const limit = upTo(1_000_000).nullable().default(null)

const origin = z.string().superRefine((text, { addIssue }) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) addIssue('must be an origin such as https://www.example.com')
  else if (url.origin !== text) addIssue(`must be exactly what browsers send: ${url.origin}`)
})

const httpsUrl = z
  .string()
  .max(2048)
  .refine((text) => text.startsWith('https://') && URL.canParse(text), 'must be an https:// address')

export const settingsShape = z.strictObject({
  timezone,
  calendar,
  form: form.prefault({}),
  topics: z.array(topic).min(1, 'must have at least one topic').max(500).check(distinct('id')),
  roomOpens: z.enum(['start', 'firstMessage', 'handover']).refine(isStart, later).default('start'),
  peopleJoin: z.enum(['start', 'handover']).default('start'),
  handover: z
    .strictObject({
      phrases: dictionary(language, z.array(line(100)).max(100)).default({}),
      fallbacks: z.int().min(1, 'must be at least 1').max(100, 'must be at most 100').default(3),
    })
    .prefault({}),
  room: z
    .strictObject({
      notePrefixes: z.array(prefix).max(20).default([]),
      visitorPrefix: prefix.default('>'),
    })
    .check(
      rule((given, fail) => {
        const visitor = member(given, 'visitorPrefix') ?? '>'
        if (entriesOf(member(given, 'notePrefixes')).includes(visitor))
          fail(['visitorPrefix'], 'is a note prefix, too')
      }),
    )
    .prefault({}),
  attention: z
    .strictObject({
      remindMinutes: upTo(1440).nullable().default(3),
      tellMinutes: upTo(1440).nullable().default(5),
    })
    .check(
      rule((given, fail) => {
        const [remind, tell] = [member(given, 'remindMinutes') ?? 3, member(given, 'tellMinutes') ?? 5]
        if (member(given, 'remindMinutes') === null || member(given, 'tellMinutes') === null) return
        if (typeof remind === 'number' && typeof tell === 'number' && tell < remind)
          fail(['tellMinutes'], 'must not be less than remindMinutes: staff are called first')
      }),
    )
    .prefault({}),
  idle: z
    .strictObject({
      heartbeatSeconds: upTo(86_400).default(300),
      visitorMinutes: upTo(43_200).default(15),
      botMinutes: upTo(43_200).default(1440),
    })
    .prefault({}),
  privacy: z
    .strictObject({
      ip: z.enum(['full', 'masked', 'off']).default('masked'),
      retentionDays: upTo(36_500).default(183),
    })
    .prefault({}),
  limits: z
    .strictObject({
      startsPerIpPerMinute: limit,
      roomsPerMinute: limit,
      messagesPerMinute: limit,
      heldPollsPerIp: limit,
    })
    .prefault({}),
  look: z
    .strictObject({
      accent: z
        .string()
        .regex(/^#[\da-f]{6}$/i, 'must be a colour such as #0b6e4f')
        .default('#0b6e4f'),
      position: z.enum(['left', 'right']).default('right'),
      logo: httpsUrl.nullable().default(null),
      title: localized.default({ en: 'Chat with us' }),
    })
    .prefault({}),
  origins: z
    .array(origin)
    .max(200)
    .transform((list) => [...new Set(list)])
    .default([]),
  texts: dictionary(language, dictionary(textKey, z.string().max(4000))).default({}),
})
