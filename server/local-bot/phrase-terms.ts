/** A training phrase as a row of words and places for values. */
import type { Phrase } from './agent.ts'
import type { Term } from './stretch.ts'
import type { Values } from './values.ts'
import { wordsOf } from './words.ts'

export const termsOf = ({ parts }: Phrase, values: Values): Term[] =>
  parts.flatMap(({ text, entity, alias }): Term[] =>
    entity === null
      ? wordsOf(text).map(({ word }) => ({ key: word, slot: 'none', alias: null }))
      : [{ key: entity, slot: values.isAny(entity) ? 'any' : 'listed', alias }],
  )
