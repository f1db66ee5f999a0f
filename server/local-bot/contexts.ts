/** Contexts from turn to turn (https://cloud.google.com/dialogflow/es/docs/contexts-overview). */
import type { QueryContext } from '../core/query-result.ts'
import type { Intent } from './agent.ts'

const MAX_LIFESPAN = 1000

/** Names in lower case, each once (the last counts), only those that live. */
export function living(contexts: readonly QueryContext[]): QueryContext[] {
  const byName = new Map<string, QueryContext>()
  for (const { name, lifespan, parameters } of contexts) {
    const turns = Math.min(MAX_LIFESPAN, Math.trunc(lifespan))
    if (turns >= 1) byName.set(name.toLowerCase(), { name: name.toLowerCase(), lifespan: turns, parameters })
  }
  return [...byName.values()]
}

/** A turn has passed. */
export const aged = (contexts: readonly QueryContext[]): QueryContext[] =>
  living(contexts.map((context) => ({ ...context, lifespan: context.lifespan - 1 })))

/** What the intent leaves behind: a context that lives on keeps what it knew. */
export function after(
  contexts: readonly QueryContext[],
  intent: Intent,
  parameters: Readonly<Record<string, unknown>>,
): QueryContext[] {
  const left = intent.resetContexts ? [] : contexts
  const set = intent.outputContexts.map((output) => ({
    ...output,
    parameters: {
      ...left.find(({ name }) => name === output.name)?.parameters,
      ...output.parameters,
      ...parameters,
    },
  }))
  const ended = new Set(set.filter(({ lifespan }) => lifespan < 1).map(({ name }) => name))
  return living([...left.filter(({ name }) => !ended.has(name)), ...set])
}

export function valueIn(contexts: readonly QueryContext[], name: string, parameter: string): unknown {
  const parameters = contexts.find((context) => context.name === name)?.parameters
  return parameters && Object.hasOwn(parameters, parameter) ? parameters[parameter] : undefined
}
