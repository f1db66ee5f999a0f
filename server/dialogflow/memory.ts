/** What is kept of a chat between its turns, in the chat's own row: Dialogflow forgets after 20 minutes. */
import { z } from 'zod'
import type { QueryContext } from '../core/query-result.ts'
import type { BotState } from '../ports.ts'

export interface Memory {
  /** The agent's own contexts after the last turn. */
  readonly contexts: readonly QueryContext[]
  /** Fingerprint of the variables the agent still has; null when it has none. */
  readonly variables: string | null
  /** Of the last turn, epoch milliseconds. */
  readonly at: number
}

const Kept = z.object({
  contexts: z.array(
    z.object({
      name: z.string().min(1).max(250),
      lifespan: z.int().min(1),
      parameters: z.record(z.string(), z.unknown()),
    }),
  ),
  variables: z.string().nullable(),
  at: z.number(),
})

/** Null for a state of another bot, as after a change of the configuration. */
export function recall(state: BotState | null): Memory | null {
  return Kept.safeParse(state).data ?? null
}

/** In JSON. A webhook may stuff a context with all it knows. */
const MAX_STATE = 16_000

/** Contexts for which there is no room are left out; a chat that goes on without a break does not miss them. */
export function keep(memory: Memory): BotState {
  let room = MAX_STATE - JSON.stringify({ ...memory, contexts: [] }).length
  const contexts = memory.contexts.filter((context) => {
    const length = JSON.stringify(context).length + 1
    if (length > room) return false
    room -= length
    return true
  })
  return { ...memory, contexts }
}
