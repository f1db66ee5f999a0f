/**
 * `DetectIntentResponse` as Google's client has it
 * (https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/DetectIntentResponse), brought to the form that all agents share.
 */
import { z } from 'zod'
import { BotError } from '../core/errors.ts'
import type { QueryContext, QueryMessage, QueryResult } from '../core/query-result.ts'
import { fromStruct } from './struct.ts'

const Text = z.string().catch('')
const Texts = z.array(z.string()).catch([])
const Flag = z.boolean().catch(false)

/** What makes no sense in a list is left out: it must not hide the rest. */
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((list) =>
      list.flatMap((one): z.infer<T>[] => {
        const parsed = item.safeParse(one)
        return parsed.success ? [parsed.data] : []
      }),
    )

const Message = z.object({
  platform: z.union([z.string(), z.number()]).nullish().catch(null),
  text: z.object({ text: Texts }).nullish().catch(null),
  quickReplies: z.object({ title: Text, quickReplies: Texts }).nullish().catch(null),
  card: z
    .object({ title: Text, subtitle: Text, buttons: z.array(z.object({ text: Text })).catch([]) })
    .nullish()
    .catch(null),
  payload: z.unknown().optional(),
})
type Message = z.infer<typeof Message>

const Context = z.object({
  name: z.string(),
  lifespanCount: z.number().catch(0),
  parameters: z.unknown().optional(),
})

const Response = z.object({
  queryResult: z.object({
    fulfillmentText: Text,
    fulfillmentMessages: listOf(Message),
    webhookPayload: z.unknown().optional(),
    diagnosticInfo: z.unknown().optional(),
    parameters: z.unknown().optional(),
    allRequiredParamsPresent: z.boolean().catch(true),
    intentDetectionConfidence: z.number().catch(0),
    outputContexts: listOf(Context),
    intent: z
      .object({
        displayName: Text,
        isFallback: Flag,
        endInteraction: Flag,
        liveAgentHandoff: Flag,
      })
      .nullish(),
  }),
})

/** Nobody writes that many; whoever sends them wants to see us busy. */
const MAX_MESSAGES = 50
const MAX_CONTEXTS = 200

/** @throws BotError `bad_response` */
export function queryResultOf(response: unknown): QueryResult {
  const parsed = Response.safeParse(response)
  if (!parsed.success) throw new BotError('bad_response', 'Dialogflow gave an answer without a result')
  const result = parsed.data.queryResult
  const ends = fromStruct(result.diagnosticInfo).end_conversation === true
  return {
    intent: result.intent ? { ...result.intent, endInteraction: result.intent.endInteraction || ends } : null,
    // A float of 32 bits on one of the wires: 0.8 comes as 0.800000011920929.
    confidence: Number(result.intentDetectionConfidence.toPrecision(6)),
    allRequiredParamsPresent: result.allRequiredParamsPresent,
    parameters: fromStruct(result.parameters),
    messages: messagesOf(result),
    contexts: result.outputContexts.slice(0, MAX_CONTEXTS).flatMap(contextOf),
  }
}

function messagesOf(result: z.infer<typeof Response>['queryResult']): QueryMessage[] {
  const messages = result.fulfillmentMessages.filter(isForAnybody).slice(0, MAX_MESSAGES).flatMap(messageOf)
  // Old agents and webhooks say it there only; where there are messages it repeats the first.
  const said = messages.some((message) => message.kind !== 'payload')
  const text: QueryMessage[] = said ? [] : [{ kind: 'text', text: result.fulfillmentText }]
  const payload = fromStruct(result.webhookPayload)
  return [
    ...text,
    ...messages,
    ...(Object.keys(payload).length > 0 ? [{ kind: 'payload' as const, payload }] : []),
  ]
}

/** An agent has the same message once more for each messenger it is connected to. */
const isForAnybody = ({ platform }: Message) =>
  platform === 'PLATFORM_UNSPECIFIED' || platform === 0 || platform == null

function messageOf({ text, quickReplies, card, payload }: Message): QueryMessage[] {
  if (text) return text.text.map((one) => ({ kind: 'text' as const, text: one }))
  if (quickReplies)
    return [{ kind: 'quick_replies', title: quickReplies.title, replies: quickReplies.quickReplies }]
  if (card) {
    const title = [card.title, card.subtitle].filter((line) => line !== '').join('\n')
    return [{ kind: 'quick_replies', title, replies: card.buttons.map((button) => button.text) }]
  }
  return payload ? [{ kind: 'payload', payload: fromStruct(payload) }] : []
}

function contextOf({ name, lifespanCount, parameters }: z.infer<typeof Context>): QueryContext[] {
  const short = name.slice(name.lastIndexOf('/') + 1).toLowerCase()
  const lifespan = Math.trunc(lifespanCount)
  if (short === '' || short.length > 250) return []
  return [{ name: short, lifespan, parameters: fromStruct(parameters) }]
}
