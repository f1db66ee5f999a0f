/**
 * The files of a Dialogflow ES export, as the console writes them
 * (https://cloud.google.com/dialogflow/es/docs/agents-settings#export). The format is not documented: what is here was seen in
 * exports of several years. Only what we use is looked at, anything else may be there; what is missing has its default.
 */
import { z } from 'zod'

/** `null` stands for "nothing" in many exports. */
const or = <T extends z.ZodType, D>(shape: T, fallback: D) =>
  shape.nullish().transform((value) => value ?? fallback)

const list = <T extends z.ZodType>(shape: T) =>
  z
    .array(shape)
    .max(50_000)
    .nullish()
    .transform((all) => all ?? [])

const text = z.string().max(30_000)
const name = z.string().min(1).max(500)
const flag = or(z.boolean(), false)
const parameters = or(z.record(z.string(), z.unknown()), {} as Record<string, unknown>)

/** A wording, or several to choose from. */
const wordings = z
  .union([text, z.array(text).max(1000)])
  .nullish()
  .transform((value) => (typeof value === 'string' ? [value] : (value ?? [])))

export const AgentFile = z.object({
  language: or(z.string().min(2).max(20), 'en'),
  supportedLanguages: list(z.string().min(2).max(20)),
  defaultTimezone: or(z.string().max(100), null),
  description: or(text, ''),
  webhook: or(z.object({ available: flag }), { available: false }),
})

const PhrasePart = z.object({
  text,
  meta: or(z.string().max(200), null),
  alias: or(z.string().max(200), null),
})

export const PhraseShape = z.object({ data: list(PhrasePart), isTemplate: flag })

export const PhrasesFile = z.array(PhraseShape).max(50_000)

const Prompt = z.object({ lang: or(z.string(), ''), value: or(text, ''), speech: wordings })

export const ParameterShape = z.object({
  name: or(
    z
      .string()
      .max(200)
      .regex(/^(?!__proto__$)[\p{L}\p{N}_.-]*$/u),
    '',
  ),
  dataType: or(z.string().max(200), ''),
  value: or(text, ''),
  defaultValue: or(text, ''),
  required: flag,
  isList: flag,
  prompts: list(Prompt),
  promptMessages: list(Prompt),
})

const Button = z.object({ text: or(text, ''), postback: or(text, '') })

const MessageShape = z.object({
  /** 0 text, 1 card, 2 quick replies, 3 image, 4 payload: a number, or a string in newer exports; words for other platforms. */
  type: z.union([z.number(), z.string()]).transform(String),
  lang: or(z.string(), ''),
  platform: or(z.string(), ''),
  speech: wordings,
  title: or(text, ''),
  subtitle: or(text, ''),
  imageUrl: or(text, ''),
  buttons: list(Button),
  replies: list(text),
  payload: or(z.record(z.string(), z.unknown()), null),
  condition: or(text, ''),
})

export type MessageRead = z.infer<typeof MessageShape>

const ResponseShape = z.object({
  resetContexts: flag,
  action: or(z.string().max(500), ''),
  affectedContexts: list(
    z.object({ name, lifespan: or(z.coerce.number().int().min(0).max(1000), 5), parameters }),
  ),
  parameters: list(ParameterShape),
  messages: list(MessageShape),
  /** Before there were messages, the answer stood here. */
  speech: wordings,
})

export const IntentFile = z.object({
  id: or(z.string().max(200), ''),
  name,
  parentId: or(z.string().max(200), null),
  auto: or(z.boolean(), true),
  contexts: list(name),
  responses: list(ResponseShape),
  priority: or(z.number(), 500_000),
  webhookUsed: flag,
  webhookForSlotFilling: flag,
  fallbackIntent: flag,
  endInteraction: flag,
  liveAgentHandoff: flag,
  events: list(
    z
      .union([z.object({ name }), name])
      .transform((event) => (typeof event === 'string' ? event : event.name)),
  ),
  condition: or(text, ''),
  conditionalResponses: list(z.unknown()),
  conditionalFollowupEvents: list(z.unknown()),
  /** Where the phrases were before they had files of their own. */
  userSays: list(PhraseShape),
  templates: list(text),
})

export const EntryShape = z.object({ value: text, synonyms: list(text) })

export const EntriesFile = z.array(EntryShape).max(50_000)

export const EntityFile = z.object({
  name,
  isEnum: flag,
  isRegexp: flag,
  automatedExpansion: flag,
  allowFuzzyExtraction: flag,
  entries: list(EntryShape),
})
