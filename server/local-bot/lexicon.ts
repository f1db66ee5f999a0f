/** Finds the known words a written one may stand for. */
import { isInflected, isMistyped } from './words.ts'

export interface Likeness {
  readonly word: string
  /** 1 for the word itself, less for another ending, least for a slip. */
  readonly likeness: number
}

const INFLECTED = 0.9
const MISTYPED = 0.85

export interface Lexicon {
  has(word: string): boolean
  find(word: string): readonly Likeness[]
}

/** A slip leaves the first letter or the last as it was, two slips nearly always. */
const edges = (word: string, length: number) => [`^${word[0]}${length}`, `${word.at(-1)}$${length}`]

/**
 * The work for a word is bounded by the known words of about its length that begin or end like it.
 * @param isRight words of the language that are spelt right, known or not: they are no slips.
 */
export function createLexicon(words: Iterable<string>, isRight: (word: string) => boolean): Lexicon {
  const known = new Set(words)
  const byStart = new Map<string, string[]>()
  const byEdge = new Map<string, string[]>()
  const put = (map: Map<string, string[]>, key: string, word: string) => {
    const there = map.get(key)
    if (there) there.push(word)
    else map.set(key, [word])
  }
  for (const word of known) {
    if (word.length < 4) continue
    put(byStart, word.slice(0, 3), word)
    for (const edge of edges(word, word.length)) put(byEdge, edge, word)
  }

  return {
    has: (word) => known.has(word),
    find(word) {
      const found: Likeness[] = known.has(word) ? [{ word, likeness: 1 }] : []
      for (const near of byStart.get(word.slice(0, 3)) ?? [])
        if (near !== word && isInflected(word, near)) found.push({ word: near, likeness: INFLECTED })
      // A word that is known is no slip.
      if (known.has(word) || isRight(word)) return found
      const alike = [-2, -1, 0, 1, 2].flatMap((more) => edges(word, word.length + more))
      for (const near of new Set(alike.flatMap((edge) => byEdge.get(edge) ?? [])))
        if (!isInflected(word, near) && isMistyped(word, near)) found.push({ word: near, likeness: MISTYPED })
      return found
    },
  }
}
