/** The shapes of the visitor API, declared once: they check what comes in, type what goes out, and make /openapi.json. */
import { z } from 'zod'
import { PROBLEM_CODES } from '../core/errors.ts'
import { CLOSE_REASONS } from '../core/events.ts'
import { isEmail } from '../core/form.ts'
import { codePoints, cut, isStorable } from '../core/text.ts'

const storable = z
  .string()
  .refine(isStorable, 'Contains a character that cannot be kept (NUL or half a surrogate pair).')
/** @param max code points */
const upTo = (max: number) =>
  storable
    .refine((text) => codePoints(text) <= max, `Has more than ${max} characters.`)
    .meta({ maxLength: max })
/** An empty answer is no answer. */
const optionalAnswer = (max: number) => upTo(max).transform((text) => (text.trim() === '' ? null : text))

export const MAX_TEXT = 4000
const text = upTo(MAX_TEXT)
  .refine((value) => value.trim() !== '', 'Is empty.')
  .meta({ minLength: 1, maxLength: MAX_TEXT })

const lang = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, 'Is not a language tag such as "en" or "pt-BR".')

/** Addresses and titles of pages are cut, not refused: a visitor cannot help how long they are. */
const cutTo2048 = storable.transform((value) => cut(value, 2048))
const page = z.strictObject({
  url: cutTo2048.optional(),
  title: cutTo2048.optional(),
  referrer: cutTo2048.optional(),
})
const pageOrUrl = z.union([cutTo2048.transform((url) => ({ url })), page])

const parameters = z
  .record(
    upTo(64).refine((key) => key.trim() !== '', 'Is empty.'),
    upTo(256),
  )
  .refine((all) => Object.keys(all).length <= 20, 'Has more than 20 keys.')

export const NewSession = z.strictObject({
  lang: lang.optional(),
  page: pageOrUrl.optional(),
  parameters: parameters.optional(),
})
export const SessionPatch = z.strictObject({ parameters })
export const NewChat = z.strictObject({
  topic: upTo(64),
  lang: lang.optional(),
  name: optionalAnswer(100).optional(),
  email: optionalAnswer(254)
    .refine((value) => value === null || isEmail(value), 'Is not an e-mail address.')
    .optional(),
  fields: z.record(upTo(64), upTo(1000)).optional(),
  page: pageOrUrl.optional(),
  message: text.optional(),
})
export const NewMessage = z.strictObject({ clientId: z.guid(), text })
export const Presence = z.strictObject({ state: z.enum(['here', 'away']) })
export const Empty = z.strictObject({})

const wholeNumber = (max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'Is not a whole number.')
    .transform(Number)
    .refine((n) => n <= max, `Is more than ${max}.`)
    .default(fallback)
export const EventsQuery = z.object({
  after: wholeNumber(Number.MAX_SAFE_INTEGER, 0).describe('The cursor of the last answer; 0 for everything.'),
  wait: wholeNumber(25, 0).describe('Seconds the answer is held while there is nothing new.'),
})
export const ConfigQuery = z.object({ lang: lang.optional(), page: cutTo2048.optional() })

const instant = z.iso.datetime().describe('UTC, with milliseconds')
const state = z.enum(['opening', 'bot', 'waiting', 'live', 'closed'])
const closeReason = z.enum(CLOSE_REASONS)
const stamp = { seq: z.int().min(1), at: instant }

export const Event = z.discriminatedUnion('type', [
  z.object({
    ...stamp,
    type: z.literal('message'),
    message: z.object({
      id: z.string(),
      from: z.enum(['visitor', 'bot', 'agent', 'system']),
      text: z.string(),
      clientId: z.string().optional(),
    }),
  }),
  z.object({ ...stamp, type: z.enum(['message.delivered', 'message.failed']), messageId: z.string() }),
  z.object({ ...stamp, type: z.literal('message.edited'), messageId: z.string(), text: z.string() }),
  z.object({ ...stamp, type: z.literal('message.deleted'), messageId: z.string() }),
  z.object({ ...stamp, type: z.literal('idle_warning'), closesAt: instant }),
  z.object({ ...stamp, type: z.literal('state'), state, reason: closeReason.optional() }),
])

export const Chat = z.object({
  id: z.string(),
  state,
  topic: z.string(),
  startedAt: instant,
  closedAt: instant.optional(),
  closeReason: closeReason.optional(),
})
export const SessionAnswer = z.object({ session: z.object({ id: z.string() }), token: z.string() })
export const SessionPatched = z.object({
  session: z.object({ id: z.string(), parameters: z.record(z.string(), z.string()) }),
})
export const Started = z.object({
  chat: Chat,
  token: z.string().optional(),
  events: z.array(Event),
  cursor: z.int(),
})
export const ChatAnswer = z.object({ chat: Chat })
export const EventsAnswer = z.object({ events: z.array(Event), cursor: z.int(), chat: z.object({ state }) })
export const EventAnswer = z.object({ event: Event })

const openState = z.object({
  open: z.boolean(),
  reason: z.enum(['hours', 'holiday', 'special_day', 'override']).optional(),
  name: z.string().optional(),
  until: instant.optional(),
  opensAt: instant.optional(),
})
const form = z.object({
  mode: z.enum(['anonymous', 'identified']),
  fields: z.array(
    z.object({
      id: z.string(),
      type: z.enum(['text', 'email', 'tel', 'textarea', 'consent']),
      required: z.boolean(),
      label: z.string(),
      version: z.string().optional(),
    }),
  ),
})
export const Config = z.object({
  open: openState,
  topics: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      open: z.boolean(),
      opensAt: instant.optional(),
      form,
    }),
  ),
  texts: z.record(z.string(), z.string()),
  lang: z.string(),
  limits: z.object({ text: z.int(), name: z.int(), email: z.int(), field: z.int() }),
  features: z.record(z.string(), z.boolean()),
})

export const ProblemAnswer = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum([...PROBLEM_CODES, 'internal']),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})
