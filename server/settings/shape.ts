/** The settings file: shapes, defaults and rules. What a value may be is declared in this folder and nowhere else. */
import { z } from 'zod'
import { isEmail } from '../core/form.ts'
import { calendar, timezone, topicCalendar } from './calendar.ts'
import { form } from './form.ts'
import { dictionary, distinct, entriesOf, language, line, localized, member, rule, textKey } from './rules.ts'

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
