/**
 * What a Dialogflow ES agent makes of one turn, in the terms of Dialogflow's own `QueryResult`
 * (https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/projects.agent.sessions/detectIntent). Deterministic and
 * without memory: contexts come in and go out.
 */
import type { QueryContext, QueryMessage } from '../core/query-result.ts'
import { cut } from '../core/text.ts'
import { type Agent, type Intent, languagesFor } from './agent.ts'
import { answer, nothing } from './answer.ts'
import { living } from './contexts.ts'
import { cancels, dialogueIn, IN_DIALOGUE, withoutDialogues } from './dialogue.ts'
import { best, createMatcher, type Match, type Matcher, type Said } from './matcher.ts'
import { answerTo, type Filled, fill } from './parameters.ts'
import { createValues, type Values } from './values.ts'
import { wordsOf } from './words.ts'

export type Context = QueryContext

export interface Query {
  readonly input:
    | { readonly kind: 'text'; readonly text: string }
    | {
        readonly kind: 'event'
        readonly name: string
        readonly parameters?: Readonly<Record<string, unknown>>
      }
  /** Language tag; one the agent does not have falls back to its base language, then to the agent's default. */
  readonly lang: string
  readonly contexts: readonly Context[]
}

export type BrainMessage = QueryMessage

export interface Detected {
  readonly queryText: string
  /** Null: an event that no intent listens to, or a text that is not understood by an agent without a fallback. */
  readonly intent: {
    readonly id: string
    readonly name: string
    readonly isFallback: boolean
    readonly endInteraction: boolean
    readonly liveAgentHandoff: boolean
  } | null
  /** 0 to 1; honest: 1 only for what the agent was given word by word. */
  readonly confidence: number
  readonly action: string
  readonly parameters: Readonly<Record<string, unknown>>
  /** False while a required parameter is still asked for. */
  readonly allRequiredParamsPresent: boolean
  readonly messages: readonly BrainMessage[]
  /** Contexts after this turn, those that still live. */
  readonly contexts: readonly Context[]
}

export interface Brain {
  readonly languages: readonly string[]
  detect(query: Query): Detected
}

/** What Dialogflow takes of a text (https://cloud.google.com/dialogflow/quotas#es-agent). */
export const MAX_INPUT = 256

/** What an agent is in one of its languages. */
interface Tongue {
  readonly languages: readonly string[]
  readonly values: Values
  readonly matcher: Matcher
}

/** What a turn comes to: the intent that answers it, and what it knows. */
interface Decision {
  readonly match: Match
  readonly filled: Filled
  /** Contexts before the turn, without dialogues that are over. */
  readonly before: readonly Context[]
}

/** Never throws on what a visitor writes; the work is linear in it, and it is cut at `MAX_INPUT` code points. */
export function createBrain(agent: Agent): Brain {
  const inUse = agent.intents.filter(({ priority }) => priority >= 0)
  const tongues = new Map<string, Tongue>()
  for (const lang of agent.languages) {
    const languages = languagesFor(agent, lang)
    const values = createValues(agent, languages)
    tongues.set(lang, { languages, values, matcher: createMatcher(agent, languages, values) })
  }

  /** The best of those that need no phrase. */
  function chosen(active: readonly Context[], confidence: number, fits: (intent: Intent) => boolean) {
    const open = inUse.filter((intent) => fits(intent) && allows(active, intent))
    return best(open.map((intent) => ({ intent, phrase: null, confidence })))
  }

  function hear(
    said: Said,
    active: readonly Context[],
    { languages, values, matcher }: Tongue,
  ): Decision | null {
    const dialogue = dialogueIn(active, agent)
    const talking = dialogue && !cancels(said.words, languages) ? dialogue : null
    const goOn = (filled: Filled, before: readonly Context[]): Decision | null =>
      talking && { match: { intent: talking.intent, phrase: null, confidence: IN_DIALOGUE }, filled, before }

    const before = withoutDialogues(active)
    const reply = talking && answerTo(talking.asked, said, values)
    if (reply) {
      const answered = { ...talking.filled, ...reply.filled }
      return goOn(fill(talking.intent, answered, reply.rest, null, active, values), before)
    }
    // No answer; but perhaps something else that the visitor wants to know.
    const heard = matcher.match(said, (intent) => allows(active, intent))
    const understood = heard && !heard.intent.isFallback ? heard : null
    if (talking && !understood && talking.lifespan > 1) return goOn(talking.filled, active)
    const match = understood ?? chosen(active, 0, ({ isFallback }) => isFallback)
    return match && { match, filled: fill(match.intent, {}, said, match.phrase, active, values), before }
  }

  return {
    languages: agent.languages,
    detect({ input, lang, contexts }) {
      const languages = languagesFor(agent, lang)
      const tongue = tongues.get(languages[0] ?? '')
      const active = living(contexts)
      if (input.kind === 'event') {
        const event = { name: input.name.toLowerCase(), lifespan: 1, parameters: input.parameters ?? {} }
        const match = chosen(active, 1, ({ events }) => events.includes(event.name))
        if (!match || !tongue) return nothing(input.name, active)
        const known = [...active, event]
        const filled = fill(match.intent, {}, null, null, known, tongue.values)
        return answer(
          agent,
          languages,
          { queryText: input.name, match, filled, known },
          withoutDialogues(active),
        )
      }
      const text = cut(input.text, MAX_INPUT)
      const words = wordsOf(text)
      const decision = tongue && hear({ text, words, found: tongue.values.find(text, words) }, active, tongue)
      if (!decision) return nothing(text, withoutDialogues(active))
      const { match, filled, before } = decision
      return answer(agent, languages, { queryText: text, match, filled, known: active }, before)
    },
  }
}

const allows = (active: readonly Context[], { inputContexts }: Intent) =>
  inputContexts.every((name) => active.some((context) => context.name === name))
