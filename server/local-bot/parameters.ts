/** The parameters of an intent: found in the text, taken from contexts, or asked for. */
import type { QueryContext } from '../core/query-result.ts'
import type { Intent, Parameter, Phrase } from './agent.ts'
import { valueIn } from './contexts.ts'
import type { Said } from './matcher.ts'
import { termsOf } from './phrase-terms.ts'
import { type Stretch, stretchesOf } from './stretch.ts'
import { asText, type References } from './template.ts'
import type { Found, Values } from './values.ts'

/** By parameter name; `name.original` is how the visitor wrote it, as Dialogflow keeps it in contexts. */
export type Filled = Readonly<Record<string, unknown>>

export const isFilled = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)

const own = (record: Filled, key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined)

/**
 * Fills what is not filled yet.
 * @param phrase the training phrase that was recognised; it tells which of several values is meant by which name.
 */
export function fill(
  intent: Intent,
  before: Filled,
  said: Said | null,
  phrase: Phrase | null,
  contexts: readonly QueryContext[],
  values: Values,
): Filled {
  const filled: Record<string, unknown> = { ...before }
  const wanted = new Set(intent.parameters.map(({ entity }) => entity))
  const found = outermost((said?.found ?? []).filter(({ entity }) => wanted.has(entity)))
  const stretches = said && phrase ? stretchesOf(termsOf(phrase, values), said.words, said.found) : []
  const claims = claimsOf(phrase)
  const taken = new Set<Found>()

  for (const parameter of intent.parameters) {
    if (isFilled(own(filled, parameter.name))) continue
    const { value, original } = filledBy(parameter)
    if (!isFilled(value)) continue
    filled[parameter.name] = value
    if (original !== '') filled[`${parameter.name}.original`] = original
  }
  return filled

  function filledBy(parameter: Parameter): { value: unknown; original: string } {
    const reference = /^#([\p{L}\p{N}_%-]+)\.([\p{L}\p{N}_.-]+)$/u.exec(parameter.value.trim())
    if (reference)
      return {
        value: valueIn(contexts, (reference[1] ?? '').toLowerCase(), reference[2] ?? ''),
        original: '',
      }
    const named = /^\$([\p{L}\p{N}_-]+)(\.original)?$/u.exec(parameter.value.trim())
    if (!named) return { value: parameter.value, original: '' }
    const spoken = spokenOf(parameter, named[1] ?? '')
    if (isFilled(spoken.value)) return named[2] ? { ...spoken, value: spoken.original } : spoken
    return { value: parameter.defaultValue, original: '' }
  }

  function spokenOf({ entity, isList }: Parameter, alias: string): { value: unknown; original: string } {
    if (entity !== '' && values.isAny(entity)) {
      const text = textOf(stretches.find((stretch) => stretch.alias === alias))
      return { value: isList && text !== '' ? [text] : text, original: text }
    }
    const all = found.filter((one) => one.entity === entity && !taken.has(one))
    if (isList) {
      for (const one of all) taken.add(one)
      return { value: all.map(({ value }) => value), original: all.map(({ original }) => original).join(' ') }
    }
    // The second value is for the second name when the phrase has two of a kind.
    const names = claims.get(entity) ?? []
    const place = names.indexOf(alias)
    const one = place > 0 ? found.filter((value) => value.entity === entity)[place] : all[0]
    if (!one || taken.has(one)) return { value: '', original: '' }
    taken.add(one)
    return one
  }

  function textOf(stretch: Stretch | undefined): string {
    const [first, last] = stretch ? [said?.words[stretch.first], said?.words[stretch.end - 1]] : []
    return said && first && last ? said.text.slice(first.start, last.end) : ''
  }
}

/** The year of a date is no number of its own. */
function outermost(found: readonly Found[]): Found[] {
  return found.filter(
    (one) =>
      !found.some(
        (other) =>
          other !== one &&
          other.entity !== one.entity &&
          other.first <= one.first &&
          other.end >= one.end &&
          other.original.length > one.original.length,
      ),
  )
}

/** The names a phrase gives to the values of an entity, in their order. */
function claimsOf(phrase: Phrase | null): ReadonlyMap<string, readonly (string | null)[]> {
  const claims = new Map<string, (string | null)[]>()
  for (const { entity, alias } of phrase?.parts ?? [])
    if (entity !== null) claims.set(entity, [...(claims.get(entity) ?? []), alias])
  return claims
}

/**
 * The answer to a question for one parameter, null when it is none; and what else was said, for other parameters: a value that
 * answers is used up.
 */
export function answerTo(
  { name, entity, isList }: Parameter,
  said: Said,
  values: Values,
): { filled: Filled; rest: Said } | null {
  const answer = (value: unknown, original: string, used: readonly Found[]) => ({
    filled: { [name]: value, [`${name}.original`]: original },
    rest: { ...said, found: said.found.filter((one) => !used.includes(one)) },
  })
  if (entity === '' || values.isAny(entity)) {
    const text = said.text.trim()
    return text === '' ? null : answer(isList ? [text] : text, text, said.found)
  }
  const all = said.found.filter((one) => one.entity === entity)
  const [first] = all
  if (!first) return null
  if (!isList) return answer(first.value, first.original, [first])
  const originals = all.map(({ original }) => original).join(' ')
  return answer(
    all.map(({ value }) => value),
    originals,
    all,
  )
}

/** The next one that must be asked for. */
export const missing = (intent: Intent, filled: Filled): Parameter | null =>
  intent.parameters.find(({ name, required }) => required && !isFilled(own(filled, name))) ?? null

/** All of them in the agent's order, as Dialogflow gives them: what is not filled is empty. */
export const parametersOf = (intent: Intent, filled: Filled): Record<string, unknown> =>
  Object.fromEntries(
    intent.parameters.map(({ name, isList }) => [name, own(filled, name) ?? (isList ? [] : '')]),
  )

export function referencesOf(intent: Intent, filled: Filled, contexts: readonly QueryContext[]): References {
  const names = new Set(intent.parameters.map(({ name }) => name))
  return {
    parameter: (name, original) =>
      names.has(name) ? asText(own(filled, original ? `${name}.original` : name)) : undefined,
    context: (name, parameter) => asText(valueIn(contexts, name, parameter)),
  }
}
