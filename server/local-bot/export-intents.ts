/** The intents of an export. */
import type { z } from 'zod'
import type { Intent, Parameter, Part, Phrase } from './agent.ts'
import { IntentFile, type ParameterShape, type PhraseShape, PhrasesFile } from './agent-shapes.ts'
import { messagesOf } from './export-messages.ts'
import { append, type ExportReader, tagOf } from './export-reader.ts'

const NORMAL_PRIORITY = 500_000

/** @param own the agent's own language, of phrases that name none. */
export function readIntent(reader: ExportReader, stem: string, own: string): Intent[] {
  const path = `intents/${stem}.json`
  const file = reader.read(path, IntentFile)
  const phrases = new Map<string, Phrase[]>()
  for (const { lang, path } of reader.perLanguage('intents', stem))
    append(phrases, lang, (reader.read(path, PhrasesFile) ?? []).map(phraseOf))
  if (!file) return []
  append(phrases, own, [...file.userSays.map(phraseOf), ...file.templates.map(templateOf)])

  const note = (message: string) => reader.ignore(path, message)
  if (file.webhookUsed || file.webhookForSlotFilling) note('its webhook is not called')
  if (file.condition !== '' || file.conditionalResponses.length + file.conditionalFollowupEvents.length > 0)
    note('conditions are not looked at')
  if (file.responses.length > 1) note('only the first of its responses is used')
  const response = file.responses[0]
  const lower = (name: string) => name.toLowerCase()
  return [
    {
      id: file.id === '' ? `intent:${file.name}` : file.id,
      name: file.name,
      // 0 is read as normal (https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/projects.agent.intents).
      priority: file.priority === 0 ? NORMAL_PRIORITY : file.priority,
      isFallback: file.fallbackIntent,
      learns: file.auto,
      inputContexts: file.contexts.map(lower),
      outputContexts: (response?.affectedContexts ?? []).map((one) => ({ ...one, name: lower(one.name) })),
      resetContexts: response?.resetContexts ?? false,
      events: file.events.map(lower),
      action: response?.action ?? '',
      parameters: (response?.parameters ?? []).filter(({ name }) => name !== '').map(parameterOf),
      messages: messagesOf(response?.messages ?? [], response?.speech ?? [], note),
      phrases,
      endInteraction: file.endInteraction,
      liveAgentHandoff: file.liveAgentHandoff,
      parentId: file.parentId,
    },
  ]
}

/** `@sys.ignore` marks words that stand for nothing. */
const entityOf = (meta: string | null) =>
  meta === null || meta === '' || meta === '@sys.ignore' ? null : meta

function phraseOf({ data, isTemplate }: z.infer<typeof PhraseShape>): Phrase {
  if (isTemplate) return templateOf(data.map(({ text }) => text).join(''))
  return { parts: data.map(({ text, meta, alias }) => ({ text, entity: entityOf(meta), alias })) }
}

/** `I am from @sys.geo-city:city` */
function templateOf(template: string): Phrase {
  const parts: Part[] = []
  const literal = (text: string) => text !== '' && parts.push({ text, entity: null, alias: null })
  let from = 0
  for (const match of template.matchAll(/@([\w.-]*\w)(?::([\w-]+))?/g)) {
    const [whole, name = '', alias = name.replace(/^sys\./, '')] = match
    literal(template.slice(from, match.index))
    parts.push({ text: '', entity: entityOf(`@${name}`), alias })
    from = match.index + whole.length
  }
  literal(template.slice(from))
  return { parts }
}

function parameterOf({
  prompts,
  promptMessages,
  dataType,
  value,
  ...rest
}: z.infer<typeof ParameterShape>): Parameter {
  const wordings = new Map<string, string[]>()
  for (const { lang, value, speech } of [...prompts, ...promptMessages])
    append(
      wordings,
      tagOf(lang),
      [value, ...speech].filter((text) => text.trim() !== ''),
    )
  return { ...rest, entity: dataType, value: value === '' ? `$${rest.name}` : value, prompts: wordings }
}
