/**
 * What a chat makes of a Dialogflow ES `QueryResult`
 * (https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/DetectIntentResponse#QueryResult), whoever answered it: Google
 * or our own brain. Everything in it was written by somebody else, so it is bounded here.
 */
import type { BotReply } from './bot-reply.ts'
import { cut } from './text.ts'

export interface QueryContext {
  /** Short name in lower case, without the session's path. */
  readonly name: string
  /** Turns it still lives. */
  readonly lifespan: number
  readonly parameters: Readonly<Record<string, unknown>>
}

export type QueryMessage =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'quick_replies'; readonly title: string; readonly replies: readonly string[] }
  /**
   * Ours: `{ "livechat": true | false, "skill", "mscWebstore", "mscChannel" }` and `{ "choices": [ … ] }` (also `quickReplies`).
   * Other payloads are for other programs.
   */
  | { readonly kind: 'payload'; readonly payload: Readonly<Record<string, unknown>> }

export interface QueryResult {
  /** Null: an event that no intent listens to. */
  readonly intent: {
    readonly displayName: string
    readonly isFallback: boolean
    readonly endInteraction: boolean
    readonly liveAgentHandoff: boolean
  } | null
  /** 0 to 1. */
  readonly confidence: number
  readonly allRequiredParamsPresent: boolean
  /** As plain JSON, not as protobuf `Struct`; what is not filled yet is an empty string. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly messages: readonly QueryMessage[]
  /** Contexts after the turn. */
  readonly contexts: readonly QueryContext[]
}

const MAX = { messages: 10, text: 4000, choices: 13, choice: 100, parameters: 20, value: 1000, word: 64 }

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g

/** What no database carries is left out, the rest is cut. */
const bounded = (text: string, max: number) =>
  cut(text.replaceAll('\0', '').replace(LONE_SURROGATE, '\uFFFD').trim(), max)

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

function choicesOf(message: QueryMessage): string[] {
  if (message.kind === 'quick_replies') return strings(message.replies)
  if (message.kind !== 'payload') return []
  return [...strings(message.payload.choices), ...strings(message.payload.quickReplies)]
}

/** Choices hang on the text before them; when none was said yet, on the first that is. */
function messagesOf(messages: readonly QueryMessage[]): { text: string; choices?: string[] }[] {
  const said: { text: string; choices: Set<string> }[] = []
  const early = new Set<string>()
  for (const message of messages) {
    const text =
      message.kind === 'text' ? message.text : message.kind === 'quick_replies' ? message.title : ''
    const words = bounded(text, MAX.text)
    if (words !== '') said.push({ text: words, choices: new Set() })
    const choices = said.at(-1)?.choices ?? early
    for (const choice of choicesOf(message)) choices.add(bounded(choice, MAX.choice))
  }
  const first = said[0]
  if (first) first.choices = new Set([...early, ...first.choices])
  else if (early.size > 0) said.push({ text: bounded([...early].join('\n'), MAX.text), choices: early })
  return said.slice(0, MAX.messages).map(({ text, choices }) => {
    choices.delete('')
    return choices.size === 0 ? { text } : { text, choices: [...choices].slice(0, MAX.choices) }
  })
}

/** The last payload that speaks of `livechat` counts; it says more than the flag of the intent. */
function handoffOf({ messages, intent }: QueryResult): BotReply['handoff'] {
  const said = messages.flatMap((message) => {
    if (message.kind !== 'payload') return []
    const livechat = String(message.payload.livechat)
    return livechat === 'true' || livechat === 'false' ? [{ livechat, payload: message.payload }] : []
  })
  const last = said.at(-1)
  if (!last) return intent?.liveAgentHandoff ? {} : null
  if (last.livechat === 'false') return false
  const word = (name: string, key: string) => {
    const value = last.payload[key]
    const text = typeof value === 'string' ? bounded(value, MAX.word) : ''
    return text === '' ? {} : { [name]: text }
  }
  return { ...word('skill', 'skill'), ...word('webstore', 'mscWebstore'), ...word('channel', 'mscChannel') }
}

function filled(value: unknown): string {
  if (typeof value === 'string') return bounded(value, MAX.value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value)
    ? bounded(
        value
          .map(filled)
          .filter((one) => one !== '')
          .join(', '),
        MAX.value,
      )
    : ''
}

function parametersOf(parameters: QueryResult['parameters']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([name]) => name !== '__proto__')
      .map(([name, value]) => [bounded(name, MAX.word), filled(value)] as const)
      .filter(([name, value]) => name !== '' && value !== '')
      .slice(0, MAX.parameters),
  )
}

const isIntake = ({ name, lifespan }: QueryContext) => lifespan > 0 && /^prechat(?:-|$)/.test(name)

/** Pure; never throws. Contexts whose names begin with `__` are the provider's own and are not kept. */
export function replyOf(result: QueryResult): BotReply {
  const { intent, contexts } = result
  return {
    messages: messagesOf(result.messages),
    intent: intent?.displayName ?? null,
    confidence: intent ? Math.min(1, Math.max(0, result.confidence)) : null,
    isFallback: intent?.isFallback ?? false,
    asking: !result.allRequiredParamsPresent || contexts.some(isIntake),
    end: intent?.endInteraction ?? false,
    handoff: handoffOf(result),
    parameters: parametersOf(result.parameters),
    state: { contexts: contexts.filter(({ name, lifespan }) => lifespan > 0 && !name.startsWith('__')) },
  }
}
