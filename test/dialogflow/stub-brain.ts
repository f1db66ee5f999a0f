/** A brain of a few words, that goes on by contexts: what is sent to it and what comes back can be counted. */
import type { Brain, BrainMessage, Context, Detected } from '../../server/local-bot/brain.ts'

const SAID: Readonly<Record<string, readonly BrainMessage[]>> = {
  WELCOME: [
    { kind: 'text', text: 'Good day!' },
    { kind: 'quick_replies', title: 'What can I do?', replies: ['Hours', 'Prices'] },
  ],
  invoice: [
    { kind: 'text', text: 'One moment.' },
    {
      kind: 'payload',
      payload: { livechat: true, skill: 'billing', list: [1, 'two', null, { three: true }] },
    },
  ],
}

/**
 * `next` counts the steps of a dialogue in the context `steps`; `bye` ends; `person` hands over; everything else is echoed. An
 * event other than `WELCOME` has no intent.
 */
export const stubBrain: Brain = {
  languages: ['en', 'pl', 'pt-br'],
  detect({ input, lang, contexts }): Detected {
    const said = input.kind === 'text' ? input.text : input.name
    const older = contexts
      .map((context) => ({ ...context, lifespan: context.lifespan - 1 }))
      .filter(({ name, lifespan }) => lifespan > 0 && name !== 'steps')
    const steps = contexts.find(({ name }) => name === 'steps')?.parameters.count
    const count = (typeof steps === 'number' ? steps : 0) + (said === 'next' ? 1 : 0)
    const stepping: Context[] = count === 0 ? [] : [{ name: 'steps', lifespan: 5, parameters: { count } }]
    const names = contexts.map(({ name }) => name).sort()
    const echo = `${lang}:${count}:${names.join(',')}:${said}`
    const known = SAID[said] !== undefined || input.kind === 'text'
    return {
      queryText: said,
      intent: known
        ? {
            id: 'i-1',
            name: SAID[said] ? said : 'echo',
            isFallback: said === 'what?',
            endInteraction: said === 'bye',
            liveAgentHandoff: said === 'person',
          }
        : null,
      confidence: said === 'what?' ? 0 : 0.75,
      action: '',
      parameters: said === 'next' ? { count, nothing: '' } : {},
      allRequiredParamsPresent: said !== 'next',
      messages: SAID[said] ?? (known ? [{ kind: 'text', text: echo }] : []),
      contexts: [...older, ...stepping],
    }
  },
}
