/** Agents of a few lines, as the files an export would have. */
import type { Agent } from '../../server/local-bot/agent.ts'
import { parseAgent } from '../../server/local-bot/agent-export.ts'
import { type Brain, type Context, createBrain, type Detected } from '../../server/local-bot/brain.ts'

/** `{Rome:@city:city}` in a phrase marks a value. */
export interface SmallIntent {
  readonly phrases?: readonly string[]
  readonly says?: string | readonly string[]
  readonly messages?: readonly object[]
  readonly needs?: readonly string[]
  readonly sets?: Readonly<Record<string, number>>
  readonly events?: readonly string[]
  readonly parameters?: readonly object[]
  readonly [more: string]: unknown
}

export type Files = Record<string, unknown>

export function filesOf(
  intents: Readonly<Record<string, SmallIntent>>,
  entities: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {},
  about: object = {},
): Files {
  const files: Files = { 'agent.json': { language: 'en', ...about } }
  for (const [name, intent] of Object.entries(intents)) {
    const { phrases, says, messages, needs, sets, events, parameters, resetContexts, action, ...more } =
      intent
    files[`intents/${name}.json`] = {
      id: `id-${name}`,
      name,
      contexts: needs ?? [],
      events: (events ?? []).map((event) => ({ name: event })),
      responses: [
        {
          resetContexts: resetContexts ?? false,
          action,
          affectedContexts: Object.entries(sets ?? {}).map(([context, lifespan]) => ({
            name: context,
            lifespan,
            parameters: {},
          })),
          parameters: parameters ?? [],
          messages: messages ?? (says === undefined ? [] : [{ type: 0, lang: 'en', speech: says }]),
        },
      ],
      ...more,
    }
    if (phrases)
      files[`intents/${name}_usersays_en.json`] = phrases.map((phrase) => ({ data: parts(phrase) }))
  }
  for (const [name, values] of Object.entries(entities)) {
    files[`entities/${name}.json`] = { name }
    files[`entities/${name}_entries_en.json`] = Object.entries(values).map(([value, synonyms]) => ({
      value,
      synonyms,
    }))
  }
  return files
}

const parts = (phrase: string) =>
  phrase
    .split(/(\{[^}]*\})/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      const [, text, meta, alias] = /^\{([^:}]*):(@[\w.-]+):([\w-]+)\}$/.exec(piece) ?? []
      return text === undefined ? { text: piece } : { text, meta, alias }
    })

export const bytesOf = (files: Files): Map<string, Uint8Array> =>
  new Map(
    Object.entries(files).map(([path, content]) => [
      path,
      Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
    ]),
  )

export const agentOf = (...of: Parameters<typeof filesOf>): Agent => parseAgent(bytesOf(filesOf(...of)))

export const ask = (name: string, entity: string, prompt: string, more: object = {}) => ({
  name,
  dataType: entity,
  value: `$${name}`,
  required: true,
  prompts: [{ lang: 'en', value: prompt }],
  ...more,
})

/** Talks to a brain as one visitor does: contexts go round. */
export function talkTo(brain: Brain) {
  let contexts: readonly Context[] = []
  const turn = (input: Parameters<Brain['detect']>[0]['input']): Detected => {
    const detected = brain.detect({ input, lang: 'en', contexts })
    contexts = JSON.parse(JSON.stringify(detected.contexts)) as Context[]
    return detected
  }
  return {
    say: (text: string) => turn({ kind: 'text', text }),
    event: (name: string, parameters: Record<string, unknown> = {}) =>
      turn({ kind: 'event', name, parameters }),
    contexts: () => contexts,
    remember: (more: readonly Context[]) => {
      contexts = [...contexts, ...more]
    },
  }
}

export const talk = (...of: Parameters<typeof filesOf>) => talkTo(createBrain(agentOf(...of)))

export const textOf = ({ messages }: Detected): string =>
  messages.map((message) => (message.kind === 'text' ? message.text : `[${message.kind}]`)).join('\n')
