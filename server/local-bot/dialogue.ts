/**
 * Questions over several turns ("slot filling"): what was answered so far is kept in a context, under the name that Dialogflow
 * reserves for it (https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/projects.agent.sessions.contexts).
 */
import type { QueryContext } from '../core/query-result.ts'
import type { Agent, Intent, Parameter } from './agent.ts'
import { living } from './contexts.ts'
import { type Filled, missing } from './parameters.ts'
import { fold, type Word } from './words.ts'

/** Of an answer: it fits the question, which is not the same as being understood. */
export const IN_DIALOGUE = 0.9

const SUFFIX = '_id_dialog_context'
/** A question is put three times; it does not come to life again by being repeated. */
const PATIENCE = 3

export interface Dialogue {
  readonly intent: Intent
  readonly asked: Parameter
  readonly filled: Filled
  readonly lifespan: number
}

const nameFor = (intent: Intent) => `${intent.id.toLowerCase()}${SUFFIX}`

export function dialogueIn(active: readonly QueryContext[], agent: Agent): Dialogue | null {
  for (const { name, parameters: filled, lifespan } of active) {
    if (!name.endsWith(SUFFIX)) continue
    const intent = agent.intents.find((one) => nameFor(one) === name)
    const asked = intent && missing(intent, filled)
    if (asked) return { intent, asked, filled, lifespan }
  }
  return null
}

export const withoutDialogues = (contexts: readonly QueryContext[]): QueryContext[] =>
  contexts.filter(({ name }) => !name.endsWith(SUFFIX))

/** @param contexts after the turn; a dialogue that is still in them got no answer and keeps its age. */
export function keepAsking(
  contexts: readonly QueryContext[],
  intent: Intent,
  filled: Filled,
): QueryContext[] {
  const name = nameFor(intent)
  if (contexts.some((context) => context.name === name)) return [...contexts]
  return living([...contexts, { name, lifespan: PATIENCE, parameters: filled }])
}

// What Dialogflow calls exit phrases; only as the whole answer.
const CANCEL: Readonly<Record<string, readonly string[]>> = {
  en: ['cancel', 'stop', 'never mind', 'nevermind', 'forget it', 'quit', 'exit', 'abort', 'cancel that'],
  pl: ['anuluj', 'przerwij', 'rezygnuję', 'nieważne', 'nieistotne', 'zapomnij', 'koniec', 'już nie'],
}
const cancel = new Map(
  Object.entries(CANCEL).map(([lang, phrases]) => [
    lang,
    new Set(phrases.map((phrase) => phrase.split(' ').map(fold).join(' '))),
  ]),
)

export function cancels(words: readonly Word[], languages: readonly string[]): boolean {
  const answer = words.map(({ word }) => word).join(' ')
  const bases = [...languages.map((lang) => lang.split('-', 1)[0] ?? lang), 'en']
  return bases.some((base) => cancel.get(base)?.has(answer))
}
