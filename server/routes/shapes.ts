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
  .meta({ description: 'A language tag.', examples: ['en', 'pt-BR'] })

/** Addresses and titles of pages are cut, not refused: a visitor cannot help how long they are. */
const cutTo2048 = storable.transform((value) => cut(value, 2048))
const page = z
  .strictObject({
    url: cutTo2048.optional(),
    title: cutTo2048.optional(),
    referrer: cutTo2048.optional(),
  })
  .meta({
    id: 'Page',
    description: 'The page the visitor is on. Each member is cut at 2,048 characters.',
    examples: [{ url: 'https://www.example.com/shop/', title: 'Shop' }],
  })
const pageOrUrl = z
  .union([cutTo2048.transform((url) => ({ url })), page])
  .meta({ description: 'The page the visitor is on, or its address alone.' })

const parameters = z
  .record(
    upTo(64).refine((key) => key.trim() !== '', 'Is empty.'),
    upTo(256),
  )
  .refine((all) => Object.keys(all).length <= 20, 'Has more than 20 keys.')
  .meta({
    id: 'Parameters',
    maxProperties: 20,
    description: 'What the website knows of its visitor; staff see it in the room.',
    examples: [{ customer: '4711', plan: 'pro' }],
  })

export const NewSession = z
  .strictObject({
    lang: lang.optional(),
    page: pageOrUrl.optional(),
    parameters: parameters.optional(),
  })
  .meta({ id: 'NewSession', examples: [{ lang: 'en', parameters: { customer: '4711' } }] })
export const SessionPatch = z
  .strictObject({ parameters })
  .meta({ id: 'SessionPatch', examples: [{ parameters: { plan: 'pro' } }] })
export const NewChat = z
  .strictObject({
    topic: upTo(64).meta({ description: 'A topic of `GET /config`, by its id.', examples: ['sales'] }),
    lang: lang.optional(),
    name: optionalAnswer(100).optional().meta({ description: 'Taken in every form mode.' }),
    email: optionalAnswer(254)
      .refine((value) => value === null || isEmail(value), 'Is not an e-mail address.')
      .optional()
      .meta({ description: 'An e-mail address. Taken in every form mode.', examples: ['anna@example.com'] }),
    fields: z
      .record(upTo(64), upTo(1000))
      .optional()
      .meta({ description: 'Answers to the other fields of the topic’s form, by their ids.' }),
    page: pageOrUrl.optional(),
    message: text.optional().meta({ description: 'The first line.' }),
  })
  .meta({
    id: 'NewChat',
    examples: [{ topic: 'sales', name: 'Anna', message: 'Hello, do you ship to Norway?' }],
  })
export const NewMessage = z
  .strictObject({
    clientId: z.guid().meta({
      description: 'Made by the client, one for each line.',
      examples: ['6ba7b810-9dad-11d1-80b4-00c04fd430c8'],
    }),
    text: text.meta({
      description: 'Kept and passed on unchanged. Blanks alone are no text.',
      examples: ['Hello!'],
    }),
  })
  .meta({
    id: 'NewMessage',
    examples: [{ clientId: '6ba7b810-9dad-11d1-80b4-00c04fd430c8', text: 'Hello!' }],
  })
export const Presence = z
  .strictObject({ state: z.enum(['here', 'away']) })
  .meta({ id: 'Presence', examples: [{ state: 'here' }] })
export const Empty = z.strictObject({})

const wholeNumber = (max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'Is not a whole number.')
    .transform(Number)
    .refine((n) => n <= max, `Is more than ${max}.`)
    .default(fallback)
    .meta({ type: 'integer', minimum: 0, default: fallback, ...(max < 1e15 && { maximum: max }) })
export const EventsQuery = z.object({
  after: wholeNumber(Number.MAX_SAFE_INTEGER, 0).describe('The cursor of the last answer; 0 for everything.'),
  wait: wholeNumber(25, 0).describe('Seconds the answer is held while there is nothing new.'),
})
export const ConfigQuery = z.object({
  // What pages say of themselves is not always a tag (`pl_PL`, `C`): no reason to keep their visitors from chatting.
  lang: z
    .string()
    .transform((text) => text.replaceAll('_', '-'))
    .transform((tag) => (lang.safeParse(tag).success ? tag : ''))
    .optional()
    .meta({
      description: 'A language tag, as the page has it; what is none counts as not given.',
      examples: ['pl'],
    }),
  page: cutTo2048.optional().meta({ description: 'The address of the page the visitor is on.' }),
})

const instant = z.iso.datetime().meta({
  id: 'Instant',
  description: 'UTC, with milliseconds.',
  examples: ['2026-11-20T15:00:00.000Z'],
})
const state = z
  .enum(['opening', 'bot', 'waiting', 'live', 'closed'])
  .meta({ id: 'ChatState', description: 'Nothing follows `closed`.' })
const closeReason = z.enum(CLOSE_REASONS).meta({
  id: 'CloseReason',
  description: '`visitor_left`: the heartbeats stopped. `logout`: the session ended.',
})
const stamp = {
  seq: z.int().min(1).meta({ description: 'Its number in the chat: 1, 2, 3 … without gaps.' }),
  at: instant,
}
const messageId = z.string().meta({ description: 'Of a `message` event that came before.' })

const messageEvent = z
  .object({
    ...stamp,
    type: z.literal('message'),
    message: z.object({
      id: z.string(),
      from: z.enum(['visitor', 'bot', 'agent', 'system']),
      text: z.string(),
      clientId: z.string().optional().meta({ description: 'Of the visitor’s own lines.' }),
      choices: z
        .array(z.string())
        .optional()
        .meta({ description: 'Offered by a bot; one that is picked is sent as the visitor’s own line.' }),
    }),
  })
  .meta({ id: 'MessageEvent', description: 'A line of the chat.' })

export const Event = z
  .discriminatedUnion('type', [
    messageEvent,
    z.object({ ...stamp, type: z.enum(['message.delivered', 'message.failed']), messageId }).meta({
      id: 'DeliveryEvent',
      description: 'A line of the visitor stands in the room, or never will.',
    }),
    z
      .object({ ...stamp, type: z.literal('message.edited'), messageId, text: z.string() })
      .meta({ id: 'EditEvent', description: 'A line says something else now.' }),
    z
      .object({ ...stamp, type: z.literal('message.deleted'), messageId })
      .meta({ id: 'DeletionEvent', description: 'A line is gone.' }),
    z
      .object({ ...stamp, type: z.literal('idle_warning'), closesAt: instant })
      .meta({ id: 'IdleWarningEvent', description: 'The chat is about to be closed for inactivity.' }),
    z
      .object({ ...stamp, type: z.literal('state'), state, reason: closeReason.optional() })
      .meta({ id: 'StateEvent', description: 'The chat changed its state; `reason` when it closed.' }),
  ])
  .meta({
    id: 'Event',
    description: 'One numbered event of a chat. Clients pass over types they do not know.',
    examples: [
      {
        seq: 1,
        at: '2026-11-20T15:00:00.000Z',
        type: 'message',
        message: { id: 'Jm3nTqk0c1w', from: 'agent', text: 'Hello, how can we help?' },
      },
    ],
  })

export const Chat = z
  .object({
    id: z.string(),
    state,
    topic: z.string(),
    startedAt: instant,
    closedAt: instant.optional(),
    closeReason: closeReason.optional(),
  })
  .meta({
    id: 'Chat',
    examples: [
      {
        id: 'bX9cQ2rVtYw3kZpLm0aNdg',
        state: 'waiting',
        topic: 'sales',
        startedAt: '2026-11-20T15:00:00.000Z',
      },
    ],
  })
const token = z.string().meta({ description: 'The bearer token. Shown here and never again.' })
const cursor = z.int().meta({ description: 'What to send as `after` next.' })
export const SessionAnswer = z
  .object({ session: z.object({ id: z.string() }), token })
  .meta({ id: 'SessionMade' })
export const SessionPatched = z
  .object({ session: z.object({ id: z.string(), parameters: z.record(z.string(), z.string()) }) })
  .meta({ id: 'SessionPatched' })
export const Started = z
  .object({ chat: Chat, token: token.optional(), events: z.array(Event), cursor })
  .meta({ id: 'ChatStarted' })
export const ChatAnswer = z.object({ chat: Chat }).meta({ id: 'ChatAnswer' })
export const EventsAnswer = z
  .object({ events: z.array(Event), cursor, chat: z.object({ state }) })
  .meta({ id: 'EventsAnswer' })
export const EventAnswer = z.object({ event: messageEvent }).meta({ id: 'EventAnswer' })

const closedReason = z.enum(['hours', 'holiday', 'special_day', 'override']).meta({
  id: 'ClosedReason',
  description: 'The rule of the calendar that decided.',
})
const dayName = z.string().meta({ description: 'Of the day or the override, e.g. "Christmas Day".' })
const opensAt = instant.meta({ description: 'The next opening; absent when there is none within 400 days.' })
const openState = z
  .object({
    open: z.boolean(),
    reason: closedReason.optional(),
    name: dayName.optional(),
    until: instant.meta({ description: 'The next closing.' }).optional(),
    opensAt: opensAt.optional(),
  })
  .meta({ id: 'OpenState' })
const form = z
  .object({
    mode: z.enum(['anonymous', 'identified']),
    fields: z.array(
      z.object({
        id: z.string(),
        type: z.enum(['text', 'email', 'tel', 'textarea', 'select', 'checkbox', 'consent']).meta({
          description: 'A ticked `checkbox` is answered by `yes`, a `consent` by its `version`.',
        }),
        required: z.boolean(),
        label: z.string().meta({
          description: 'It may have links, written `[words](https://…)`.',
        }),
        version: z.string().optional().meta({ description: 'Of the words agreed to, in a `consent`.' }),
        options: z
          .array(z.object({ value: z.string(), label: z.string() }))
          .optional()
          .meta({ description: 'Of a `select`; its answer is one `value`.' }),
      }),
    ),
  })
  .meta({ id: 'Form', description: '`anonymous`: nothing is asked before the chat.' })
export const Config = z
  .object({
    open: openState,
    topics: z.array(
      z
        .object({
          id: z.string(),
          title: z.string(),
          open: z.boolean(),
          opensAt: opensAt.optional(),
          form,
        })
        .meta({ id: 'Topic' }),
    ),
    texts: z.record(z.string(), z.string()).meta({ description: 'The words of the widget.' }),
    lang: z.string().meta({ description: 'The language answered in.' }),
    limits: z
      .object({ text: z.int(), name: z.int(), email: z.int(), field: z.int() })
      .meta({ description: 'The most characters each may have.' }),
    features: z.record(z.string(), z.boolean()),
  })
  .meta({ id: 'Config' })

export const ProblemAnswer = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum([...PROBLEM_CODES, 'internal']),
    detail: z.string().meta({ description: 'What to do about it, in a sentence.' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Every wrong place of the request.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' })
/** What `closed_hours` carries beside that. */
export const ClosedHours = z.object({
  reason: closedReason,
  name: dayName.optional(),
  opensAt: opensAt.optional(),
})
/** What `chat_open` carries. */
export const ChatOpen = z.object({ chatId: z.string().meta({ description: 'The chat that is open.' }) })
