/** Where any text will do: what stands between the words of a phrase that come before and after the place. */
import type { Found } from './values.ts'
import { isInflected, isMistyped, type Word } from './words.ts'

/** A piece of a phrase in its order: a word, or a place for a value. */
export interface Term {
  /** The word, or the entity (`@city`). */
  readonly key: string
  readonly slot: 'none' | 'listed' | 'any'
  readonly alias: string | null
}

export interface Stretch {
  readonly alias: string | null
  /** Words from `first` up to, without, `end`; at least one. */
  readonly first: number
  readonly end: number
}

const isSame = (a: string, b: string) => a === b || isInflected(a, b) || isMistyped(a, b)

/** Left to right, each word at the first place where it can stand. */
export function stretchesOf(
  terms: readonly Term[],
  words: readonly Word[],
  found: readonly Found[],
): Stretch[] {
  const place = ({ key, slot }: Term, from: number): { first: number; end: number } | null => {
    if (slot === 'listed') return found.find((one) => one.entity === key && one.first >= from) ?? null
    const first = words.findIndex(({ word }, i) => i >= from && isSame(word, key))
    return first === -1 ? null : { first, end: first + 1 }
  }
  const stretches: Stretch[] = []
  let from = 0
  // At its beginning a phrase is anchored by the beginning of the text.
  let anchored = true
  terms.forEach((term, at) => {
    if (term.slot !== 'any') {
      const there = place(term, from)
      anchored = there !== null
      if (there) from = there.end
      return
    }
    if (!anchored) return
    const next = terms
      .slice(at + 1)
      .map((later) => (later.slot === 'any' ? null : place(later, from + 1)))
      .find((there) => there !== null)
    const end = next?.first ?? words.length
    if (end <= from) return
    stretches.push({ alias: term.alias, first: from, end })
    from = end
  })
  return stretches
}
