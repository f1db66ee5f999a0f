/** What Dialogflow ES adds to an agent: memory of its sessions, and limits. */
import { randomUUID } from 'node:crypto'
import type { Brain, BrainMessage, Context, Detected } from '../../server/local-bot/brain.ts'
import type { Request, Response, ResponseMessage } from './shapes.ts'
import { RefusedCall } from './status.ts'

const MAX_TEXT = 256
const MAX_SESSION_ID = 36
const MAX_CONTEXT_NAME = 250
/** https://cloud.google.com/dialogflow/es/docs/contexts-overview: 20 minutes, whatever their lifespan. */
const CONTEXT_MS = 20 * 60_000
/** Sessions remembered; beyond it the one that was quiet the longest is forgotten. */
const MAX_SESSIONS = 1000

interface Alive extends Context {
  readonly until: number
}

interface Session {
  readonly contexts: readonly Alive[]
  /** Turns in a row that were not understood. */
  readonly noMatch: number
}

export interface SessionPath {
  /** `projects/p/agent` */
  readonly agent: string
  /** The whole, e.g. `projects/p/agent/sessions/s`. */
  readonly name: string
  readonly id: string
}

const PATH =
  /^((projects\/[^/]+(?:\/locations\/[^/]+)?\/agent)(?:\/environments\/[^/]+\/users\/[^/]+)?\/sessions\/([^/]+))$/

/** Any project is tolerated. @throws RefusedCall */
export function sessionPath(name: string): SessionPath {
  const [, , agent = '', id = ''] = PATH.exec(name) ?? []
  if (id === '') throw invalid('Resource name does not match any known pattern.')
  if (id.length > MAX_SESSION_ID) throw invalid('Session ID exceeds 36 characters.')
  return { agent, name, id }
}

const invalid = (message: string) => new RefusedCall('INVALID_ARGUMENT', message)

export function createSessions({ brain, now }: { brain: Brain; now: () => number }) {
  const sessions = new Map<string, Session>()

  function detect(path: SessionPath, request: Request): Response {
    const { queryInput, queryParams } = request
    const { input, lang } = inputOf(queryInput)
    checkLanguage(brain, lang)
    const given = (queryParams?.contexts ?? []).map((context) => contextOf(path, context))
    const before = sessions.get(path.name) ?? { contexts: [], noMatch: 0 }
    const remembered = queryParams?.resetContexts
      ? []
      : before.contexts.filter((context) => context.until > now())
    // What is given takes the place of what was there, then the query is looked at.
    const names = new Set(given.map(({ name }) => name))
    const contexts = [...remembered.filter(({ name }) => !names.has(name)), ...given]
    const detected = brain.detect({ input, lang, contexts: contexts.filter(({ lifespan }) => lifespan > 0) })
    const noMatch = detected.intent?.isFallback ? before.noMatch + 1 : 0
    sessions.delete(path.name)
    sessions.set(path.name, {
      contexts: detected.contexts.map((context) => {
        const was = remembered.find(({ name }) => name === context.name)
        // One that only grew older keeps its end.
        const until = was && context.lifespan < was.lifespan ? was.until : now() + CONTEXT_MS
        return { ...context, until }
      }),
      noMatch,
    })
    const [oldest] = sessions.keys()
    if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest)
    return responseOf(path, lang, detected, noMatch)
  }

  return { detect }
}

function inputOf({ text, event }: Request['queryInput']) {
  if (text) {
    if (text.text.trim() === '') throw invalid('Input text not set.')
    if ([...text.text].length > MAX_TEXT) throw invalid(`Input text exceeds ${MAX_TEXT} characters.`)
    return { input: { kind: 'text' as const, text: text.text }, lang: text.languageCode }
  }
  if (!event) throw invalid('Query input is not set.')
  if (event.name === '') throw invalid('Event name not set.')
  const { name, parameters } = event
  return {
    input: { kind: 'event' as const, name, ...(parameters && { parameters }) },
    lang: event.languageCode,
  }
}

/** A locale that the agent does not have is served in its base language. */
function checkLanguage(brain: Brain, lang: string): void {
  if (lang === '') throw invalid('Language code not set.')
  const wanted = [lang.toLowerCase(), lang.toLowerCase().split('-')[0]]
  if (!brain.languages.some((language) => wanted.includes(language.toLowerCase())))
    throw invalid(`Unsupported language code: ${lang}.`)
}

type GivenContext = NonNullable<NonNullable<Request['queryParams']>['contexts']>[number]

function contextOf(path: SessionPath, { name, lifespanCount, parameters }: GivenContext): Context {
  const [, id = ''] = name.split(`${path.name}/contexts/`)
  if (!/^[\w%-]+$/.test(id) || id.length > MAX_CONTEXT_NAME) throw invalid('Context name is not valid.')
  if (id.startsWith('__')) throw invalid('Context name is reserved.')
  const lifespan = lifespanCount ?? 0
  if (lifespan < 0) throw invalid('Lifespan count must not be negative.')
  return { name: id.toLowerCase(), lifespan, parameters: parameters ?? {} }
}

function responseOf(path: SessionPath, lang: string, detected: Detected, noMatch: number): Response {
  const { intent, messages } = detected
  const said = messages.find((message) => message.kind === 'text')
  const counters = {
    name: '__system_counters__',
    lifespan: 1,
    parameters: { 'no-input': 0, 'no-match': noMatch },
  }
  return {
    responseId: randomUUID(),
    queryResult: {
      queryText: detected.queryText,
      languageCode: lang,
      action: detected.action,
      parameters: detected.parameters,
      allRequiredParamsPresent: detected.allRequiredParamsPresent,
      fulfillmentText: said?.text ?? '',
      fulfillmentMessages: messages.map(messageOf),
      outputContexts: [...detected.contexts, counters].map(({ name, lifespan, parameters }) => ({
        name: `${path.name}/contexts/${name}`,
        lifespanCount: lifespan,
        parameters,
      })),
      ...(intent && {
        intent: {
          name: `${path.agent}/intents/${intent.id}`,
          displayName: intent.name,
          isFallback: intent.isFallback,
          endInteraction: intent.endInteraction,
          liveAgentHandoff: intent.liveAgentHandoff,
        },
      }),
      intentDetectionConfidence: detected.confidence,
      ...(intent?.endInteraction && { diagnosticInfo: { end_conversation: true } }),
    },
  }
}

function messageOf(message: BrainMessage): ResponseMessage {
  if (message.kind === 'text') return { text: { text: [message.text] } }
  if (message.kind === 'payload') return { payload: message.payload }
  return { quickReplies: { title: message.title, quickReplies: message.replies } }
}
