/** What an intent says, and which contexts it leaves behind. */
import type { QueryContext, QueryMessage } from '../core/query-result.ts'
import { type Agent, type AgentMessage, type ByLanguage, inLanguage } from './agent.ts'
import type { Detected } from './brain.ts'
import { after, aged } from './contexts.ts'
import { keepAsking } from './dialogue.ts'
import type { Match } from './matcher.ts'
import { type Filled, missing, parametersOf, referencesOf } from './parameters.ts'
import { expandAll, type References, sayFirst } from './template.ts'

export interface Turn {
  readonly queryText: string
  readonly match: Match
  readonly filled: Filled
  /** Contexts that texts may refer to. */
  readonly known: readonly QueryContext[]
}

/**
 * The intent asks for what it still needs, or answers.
 * @param before contexts before the turn that may live on.
 */
export function answer(
  agent: Agent,
  languages: readonly string[],
  { queryText, match: { intent, confidence }, filled, known }: Turn,
  before: readonly QueryContext[],
): Detected {
  const inTongue = <T>(texts: ByLanguage<T>): readonly T[] => {
    const found = inLanguage(texts, languages)
    // Better in the agent's own language than silence.
    return found.length > 0 ? found : inLanguage(texts, agent.languages)
  }
  const references = referencesOf(intent, filled, known)
  const { id, name, isFallback, endInteraction, liveAgentHandoff, action } = intent
  const result = { queryText, confidence, action, parameters: parametersOf(intent, filled) }
  const asked = missing(intent, filled)
  if (asked) {
    const prompts = inTongue(asked.prompts)
    const prompt = sayFirst(prompts.length > 0 ? prompts : [`${asked.name}?`], references)
    return {
      ...result,
      // What ends the talk, or leads to a person, does so when the questions are answered.
      intent: { id, name, isFallback, endInteraction: false, liveAgentHandoff: false },
      allRequiredParamsPresent: false,
      messages: [{ kind: 'text', text: prompt }],
      contexts: keepAsking(aged(before), intent, filled),
    }
  }
  return {
    ...result,
    intent: { id, name, isFallback, endInteraction, liveAgentHandoff },
    allRequiredParamsPresent: true,
    messages: inTongue(intent.messages).map((message) => said(message, references)),
    contexts: after(aged(before), intent, filled),
  }
}

function said(message: AgentMessage, references: References): QueryMessage {
  switch (message.kind) {
    case 'text':
      return { kind: 'text', text: sayFirst(message.variants, references) }
    case 'quick_replies': {
      const [title = '', ...replies] = [message.title, ...message.replies].map((one) =>
        sayFirst([one], references),
      )
      return { kind: 'quick_replies', title, replies }
    }
    case 'payload':
      return { kind: 'payload', payload: expandAll(message.payload, references) as Record<string, unknown> }
  }
}

/** Nobody answers. */
export const nothing = (queryText: string, before: readonly QueryContext[]): Detected => ({
  queryText,
  intent: null,
  confidence: 0,
  action: '',
  parameters: {},
  allRequiredParamsPresent: true,
  messages: [],
  contexts: aged(before),
})
