/** A turn as Dialogflow ES wants it. Pure; shapes are those of Google's client, which has `Struct` where REST has JSON. */
import { createHash } from 'node:crypto'
import { cut } from '../core/text.ts'
import type { BotTurn } from '../ports.ts'
import type { Memory } from './memory.ts'
import { type Struct, toStruct } from './struct.ts'

export interface DetectIntentRequest {
  readonly session: string
  readonly queryInput:
    | { readonly text: { readonly text: string; readonly languageCode: string } }
    | { readonly event: { readonly name: string; readonly languageCode: string } }
  readonly queryParams: {
    readonly resetContexts: boolean
    readonly contexts: readonly { name: string; lifespanCount: number; parameters: Struct }[]
    readonly payload: Struct
  }
}

/** `Input text exceeds 256 characters.`: refused, not cut (https://cloud.google.com/dialogflow/quotas). */
export const MAX_TEXT = 256

/** Contexts live for 20 minutes (https://cloud.google.com/dialogflow/es/docs/contexts-overview); this is earlier for sure. */
const REMEMBERED_MS = 15 * 60_000

/** Our own contexts: they say how things are now, so they are never restored from what was. */
export const VARIABLES = 'variables'
const AGENT_STATUS = /^agentstatus-/
export const isOurs = (context: string) => context === VARIABLES || AGENT_STATUS.test(context)

/** Dialogflow's own (`__system_counters__`), which nobody may send. Those of a half filled form it has, too, and needs back. */
export const isReserved = (context: string) => context.startsWith('__')

/** When they are sent again is up to us, see `variablesDue`. */
const VARIABLES_LIFESPAN = 50

/** `memory`: what was kept of the last turn, null when there is nothing. `now`: epoch milliseconds. */
export function requestOf(
  turn: BotTurn,
  session: string,
  memory: Memory | null,
  now: number,
): DetectIntentRequest {
  const { variables, lang, input } = turn
  const restore = turn.restore || (memory !== null && now - memory.at > REMEMBERED_MS)
  const contexts = [
    ...(restore ? (memory?.contexts ?? []) : []),
    ...(variablesDue(variables, restore ? null : memory)
      ? [{ name: VARIABLES, lifespan: VARIABLES_LIFESPAN, parameters: variables }]
      : []),
    ...agentStatus(variables),
  ]
  return {
    session,
    queryInput:
      input.kind === 'text'
        ? // What is cut away at its ends says nothing; what is left is never empty.
          { text: { text: cut(input.text.trim(), MAX_TEXT), languageCode: lang } }
        : { event: { name: eventName(input.name), languageCode: lang } },
    queryParams: {
      // Before the ones beside it are activated: so the agent stands where it stood, however far it has gone since.
      resetContexts: restore,
      contexts: contexts.map(({ name, lifespan, parameters }) => ({
        name: `${session}/contexts/${name}`,
        lifespanCount: lifespan,
        parameters: toStruct(parameters),
      })),
      payload: toStruct(variables),
    },
  }
}

/** The default welcome intent listens to this one. */
const eventName = (name: string) => (name === 'welcome' ? 'WELCOME' : name)

const variablesDue = (variables: BotTurn['variables'], memory: Memory | null) =>
  fingerprint(variables) !== (memory?.variables ?? null)

/** An intent can listen for one of them as its input context; the value in `variables` it could only repeat. */
function agentStatus({ agentStatus: status }: BotTurn['variables']) {
  if (status !== 'online' && status !== 'offline') return []
  return [{ name: `agentstatus-${status}`, lifespan: 1, parameters: {} }]
}

/** Tells variables apart without keeping them; null when there are none. */
export function fingerprint(variables: BotTurn['variables']): string | null {
  const entries = Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1))
  if (entries.length === 0) return null
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64url').slice(0, 22)
}
