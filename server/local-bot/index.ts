/** The built-in bot: a Dialogflow ES agent from a folder or a zip, answered by our own brain. No network, no account. */
import { z } from 'zod'
import { BotError } from '../core/errors.ts'
import { type QueryContext, replyOf } from '../core/query-result.ts'
import type { Bot, BotState } from '../ports.ts'
import { readAgent } from './agent-export.ts'
import { createBrain } from './brain.ts'

const MAX_CONTEXTS = 100
const MAX_NOTES = 50

const State = z.object({
  contexts: z
    .array(
      z.object({
        name: z.string().min(1).max(250),
        lifespan: z.number(),
        parameters: z.record(z.string(), z.unknown()),
      }),
    )
    .max(MAX_CONTEXTS),
})

/** Given anew with every turn: what a state says of them is old. */
const isMomentary = ({ name }: QueryContext) => name === 'variables' || name.startsWith('agentstatus-')

/**
 * Reads the agent at once.
 * @param options.log hears what the agent has that we do not act upon.
 * @throws ConfigError that names every broken file.
 */
export async function createLocalBot(options: { path: string; log?: (line: string) => void }): Promise<Bot> {
  const agent = await readAgent(options.path)
  const brain = createBrain(agent)
  for (const note of agent.ignored.slice(0, MAX_NOTES)) options.log?.(note)
  const more = agent.ignored.length - MAX_NOTES
  if (more > 0) options.log?.(`and ${more} more`)
  let isClosed = false

  return {
    name: 'local',
    async turn({ input, lang, state, variables, signal }) {
      if (isClosed) throw new BotError('unavailable', 'the bot is closed')
      if (signal.aborted) throw new BotError('timeout', 'nobody waits for this turn any more')
      const result = brain.detect({
        input,
        lang,
        contexts: [...kept(state), ...momentary(variables)],
      })
      const intent = result.intent && { ...result.intent, displayName: result.intent.name }
      const reply = replyOf({ ...result, intent })
      // An agent without a fallback has not understood either.
      return { ...reply, isFallback: reply.isFallback || (intent === null && input.kind === 'text') }
    },
    close: async () => {
      isClosed = true
    },
  }
}

/** A state that makes no sense is none. */
function kept(state: BotState | null): readonly QueryContext[] {
  const read = State.safeParse(state)
  return read.success ? read.data.contexts.filter((context) => !isMomentary(context)) : []
}

/** `#variables.page` in texts; an intent can require `agentstatus-offline`. */
function momentary(variables: Readonly<Record<string, string>>): QueryContext[] {
  const status = variables.agentStatus
  return [
    { name: 'variables', lifespan: 1, parameters: variables },
    ...(status ? [{ name: `agentstatus-${status.toLowerCase()}`, lifespan: 1, parameters: {} }] : []),
  ]
}
