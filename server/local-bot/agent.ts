/** A Dialogflow ES agent as we understand it. Languages are tags in lower case: `en`, `pt-br`. */

/** Per language; the key `''` is for what names no language and holds in all of them. */
export type ByLanguage<T> = ReadonlyMap<string, readonly T[]>

/** A piece of a training phrase: literal text, or a place for a value of an entity (`@city`, `@sys.number`). */
export interface Part {
  readonly text: string
  readonly entity: string | null
  readonly alias: string | null
}

export interface Phrase {
  readonly parts: readonly Part[]
}

export interface Parameter {
  readonly name: string
  /** `@city`; empty for a value that is not looked for in the text. */
  readonly entity: string
  /** `$city`, `$city.original`, `#context.city`, or the value itself. */
  readonly value: string
  readonly defaultValue: string
  readonly required: boolean
  readonly isList: boolean
  readonly prompts: ByLanguage<string>
}

export type AgentMessage =
  /** Wordings to choose from. */
  | { readonly kind: 'text'; readonly variants: readonly string[] }
  | { readonly kind: 'quick_replies'; readonly title: string; readonly replies: readonly string[] }
  | { readonly kind: 'payload'; readonly payload: Readonly<Record<string, unknown>> }

export interface OutputContext {
  readonly name: string
  /** In turns; 0 ends the context. */
  readonly lifespan: number
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface Intent {
  readonly id: string
  readonly name: string
  /** 500,000 is normal; below zero the intent is out of use. */
  readonly priority: number
  readonly isFallback: boolean
  /** False: only what was given word by word counts. */
  readonly learns: boolean
  readonly inputContexts: readonly string[]
  readonly outputContexts: readonly OutputContext[]
  readonly resetContexts: boolean
  /** In lower case. */
  readonly events: readonly string[]
  readonly action: string
  readonly parameters: readonly Parameter[]
  readonly messages: ByLanguage<AgentMessage>
  readonly phrases: ByLanguage<Phrase>
  readonly endInteraction: boolean
  readonly liveAgentHandoff: boolean
  readonly parentId: string | null
}

export interface Entry {
  readonly value: string
  readonly synonyms: readonly string[]
}

export interface Entity {
  /** `@city` */
  readonly name: string
  /** `any`: of a kind that is not looked into (regular expressions, composites); any text will do. */
  readonly kind: 'list' | 'any'
  readonly entries: ByLanguage<Entry>
}

export interface Agent {
  /** The default language first. */
  readonly languages: readonly string[]
  readonly timezone: string | null
  readonly description: string
  readonly intents: readonly Intent[]
  readonly entities: readonly Entity[]
  /** What was read but is not acted upon, in words for the log. */
  readonly ignored: readonly string[]
}

/** The agent's languages that may answer in `lang`, the nearest first: `pt-br`, `pt`; else the default language. */
export function languagesFor(agent: Agent, lang: string): readonly string[] {
  const wanted = lang.toLowerCase().replaceAll('_', '-')
  const base = wanted.split('-', 1)[0] ?? wanted
  const near = agent.languages.filter((one) => one === wanted || one === base)
  if (near.length > 0) return near.sort((a, b) => b.length - a.length)
  const cousin = agent.languages.find((one) => one.split('-', 1)[0] === base)
  return [cousin ?? agent.languages[0] ?? 'en']
}

/** What there is in all of these languages. */
export const inLanguages = <T>(texts: ByLanguage<T>, languages: readonly string[]): T[] =>
  [...new Set([...languages, ''])].flatMap((lang) => texts.get(lang) ?? [])

/** What there is in the nearest of these languages that has anything. */
export function inLanguage<T>(texts: ByLanguage<T>, languages: readonly string[]): readonly T[] {
  for (const lang of languages) {
    const found = texts.get(lang)
    if (found && found.length > 0) return [...found, ...(texts.get('') ?? [])]
  }
  return texts.get('') ?? []
}
