/** An agent's training phrases in one language, made ready to be looked up by their words. */
import { type Agent, type Intent, inLanguages, type Phrase } from './agent.ts'
import { termsOf } from './phrase-terms.ts'
import type { Term } from './stretch.ts'
import type { Values } from './values.ts'
import { type Word, wordsOf } from './words.ts'

export interface Indexed {
  /** Its place among all phrases. */
  readonly at: number
  readonly intent: Intent
  readonly phrase: Phrase
  /** Its words and entities, without the places where any text will do. */
  readonly keys: ReadonlySet<string>
  /** Null unless there are such places. */
  readonly terms: readonly Term[] | null
  readonly hasValues: boolean
}

export interface PhraseIndex {
  readonly phrases: readonly Indexed[]
  /** Phrases by all their words as they were given. */
  exact(words: readonly Word[]): readonly Indexed[]
  /** Phrases by one of their words or entities. */
  having(key: string): readonly Indexed[]
  /** What the intent's phrases know altogether. */
  vocabulary(intent: Intent): ReadonlySet<string>
  /** Every word and entity, with the number of intents that know it. */
  readonly spread: ReadonlyMap<string, number>
}

const sentence = (words: readonly Word[]) => words.map(({ word }) => word).join(' ')

/** @param languages as `languagesFor` gives them. */
export function createPhraseIndex(agent: Agent, languages: readonly string[], values: Values): PhraseIndex {
  const phrases: Indexed[] = []
  const bySentence = new Map<string, Indexed[]>()
  const byKey = new Map<string, Indexed[]>()
  const vocabularies = new Map<Intent, Set<string>>()
  const spread = new Map<string, number>()

  for (const intent of agent.intents) {
    if (intent.priority < 0) continue
    const vocabulary = new Set<string>()
    for (const phrase of inLanguages(intent.phrases, languages)) {
      const terms = termsOf(phrase, values)
      const keys = new Set(terms.filter(({ slot }) => slot !== 'any').map(({ key }) => key))
      const hasAny = terms.some(({ slot }) => slot === 'any')
      const hasValues = terms.some(({ slot }) => slot === 'listed')
      const indexed = { at: phrases.length, intent, phrase, keys, terms: hasAny ? terms : null, hasValues }
      phrases.push(indexed)
      const given = wordsOf(phrase.parts.map(({ text }) => text).join(''))
      if (given.length > 0) push(bySentence, sentence(given), indexed)
      for (const key of keys) {
        vocabulary.add(key)
        push(byKey, key, indexed)
      }
    }
    vocabularies.set(intent, vocabulary)
    for (const key of vocabulary) spread.set(key, (spread.get(key) ?? 0) + 1)
  }

  return {
    phrases,
    exact: (words) => bySentence.get(sentence(words)) ?? [],
    having: (key) => byKey.get(key) ?? [],
    vocabulary: (intent) => vocabularies.get(intent) ?? new Set(),
    spread,
  }
}

export function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}
