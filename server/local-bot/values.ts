/** Finds the values of entities in a text: list entries by any of their synonyms, numbers, addresses, dates. */
import { type Agent, inLanguages } from './agent.ts'
import { kindOf, PATTERNS, readsDates } from './entity-kinds.ts'
import { createLexicon } from './lexicon.ts'
import { mannerIn } from './stop-words.ts'
import { isInflected, type Word, wordsOf } from './words.ts'

export interface Found {
  readonly entity: string
  readonly value: string | number
  /** As it was written. */
  readonly original: string
  /** The words it covers: from `first` up to, without, `end`. */
  readonly first: number
  readonly end: number
}

export interface Values {
  /** Any text will do for it. */
  isAny(entity: string): boolean
  /** Left to right; values of one entity do not overlap. */
  find(text: string, words: readonly Word[]): readonly Found[]
}

interface Synonym {
  readonly entity: string
  readonly value: string
  readonly words: readonly string[]
}

/** @param languages as `languagesFor` gives them. */
export function createValues(agent: Agent, languages: readonly string[]): Values {
  const manner = mannerIn(languages[0] ?? '')
  const synonyms = new Map<string, Synonym[]>()
  for (const { name, kind, entries } of agent.entities)
    for (const { value, synonyms: all } of kind === 'list' ? inLanguages(entries, languages) : [])
      for (const synonym of all) {
        const words = wordsOf(synonym).map(({ word }) => word)
        const [first] = words
        if (first !== undefined)
          synonyms.set(first, [...(synonyms.get(first) ?? []), { entity: name, value, words }])
      }
  const firstWords = createLexicon(synonyms.keys(), (word) => manner(word) !== 'subject')
  const anyEntities = new Set(agent.entities.filter(({ kind }) => kind === 'any').map(({ name }) => name))
  const days = readsDates(languages[0] ?? '')
  const system = systemEntities(agent).filter((entity) => !isAny(entity))

  function isAny(entity: string): boolean {
    if (!entity.startsWith('@sys.')) return anyEntities.has(entity)
    const kind = kindOf(entity)
    return kind === 'any' || ((kind === 'date' || kind === 'time') && !days)
  }

  function listed(text: string, words: readonly Word[]): Found[] {
    const found: Found[] = []
    const takenUpTo = new Map<string, number>()
    words.forEach(({ word }, first) => {
      const longest = new Map<string, { synonym: Synonym; likeness: number }>()
      for (const { word: start, likeness } of firstWords.find(word))
        for (const synonym of synonyms.get(start) ?? []) {
          const before = longest.get(synonym.entity)
          const better =
            !before ||
            synonym.words.length > before.synonym.words.length ||
            (synonym.words.length === before.synonym.words.length && likeness > before.likeness)
          if (better && continues(words, first, synonym.words))
            longest.set(synonym.entity, { synonym, likeness })
        }
      for (const [entity, { synonym }] of longest) {
        if (first < (takenUpTo.get(entity) ?? 0)) continue
        const end = first + synonym.words.length
        takenUpTo.set(entity, end)
        found.push({ entity, value: synonym.value, original: written(text, words, first, end), first, end })
      }
    })
    return found
  }

  return {
    isAny,
    find: (text, words) =>
      [...listed(text, words), ...system.flatMap((entity) => patterned(entity, text, words))].sort(
        (a, b) => a.first - b.first || b.end - a.end,
      ),
  }
}

function systemEntities(agent: Agent): string[] {
  const named = agent.intents.flatMap(({ parameters, phrases }) => [
    ...parameters.map(({ entity }) => entity),
    ...[...phrases.values()].flat().flatMap(({ parts }) => parts.map(({ entity }) => entity ?? '')),
  ])
  return [...new Set(named)].filter((entity) => entity.startsWith('@sys.'))
}

function continues(words: readonly Word[], first: number, wanted: readonly string[]): boolean {
  return wanted.every((want, at) => {
    const word = words[first + at]?.word
    return at === 0 || (word !== undefined && (word === want || isInflected(word, want)))
  })
}

function written(text: string, words: readonly Word[], first: number, end: number): string {
  return text.slice(words[first]?.start ?? 0, words[end - 1]?.end ?? text.length)
}

function patterned(entity: string, text: string, words: readonly Word[]): Found[] {
  const kind = kindOf(entity)
  if (kind === 'any') return []
  return [...text.matchAll(PATTERNS[kind])].flatMap((match) => {
    const [from, to] = [match.index, match.index + match[0].length]
    const first = words.findIndex((word) => word.end > from)
    if (first === -1) return []
    const after = words.findIndex((word) => word.start >= to)
    const value = kind === 'number' ? Number(match[0].replace(',', '.')) : match[0]
    return [{ entity, value, original: match[0], first, end: after === -1 ? words.length : after }]
  })
}
