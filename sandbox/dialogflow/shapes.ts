/**
 * `detectIntent` as REST has it (https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/projects.agent.sessions/detectIntent).
 * Both wires are brought to this form.
 */
import { z } from 'zod'

const Json = z.record(z.string(), z.unknown())
/** Over REST, integers may come as strings. */
const Whole = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d{1,9}$/)
    .transform(Number),
])

export const Request = z.object({
  queryInput: z.object({
    text: z.object({ text: z.string().default(''), languageCode: z.string().default('') }).nullish(),
    event: z
      .object({
        name: z.string().default(''),
        languageCode: z.string().default(''),
        parameters: Json.nullish(),
      })
      .nullish(),
  }),
  queryParams: z
    .object({
      contexts: z
        .array(z.object({ name: z.string(), lifespanCount: Whole.nullish(), parameters: Json.nullish() }))
        .nullish(),
      resetContexts: z.boolean().nullish(),
      payload: Json.nullish(),
    })
    .nullish(),
})
export type Request = z.infer<typeof Request>

type Record_ = Readonly<Record<string, unknown>>

export interface Response {
  readonly responseId: string
  readonly queryResult: {
    readonly queryText: string
    readonly languageCode: string
    readonly action: string
    readonly parameters: Record_
    readonly allRequiredParamsPresent: boolean
    readonly fulfillmentText: string
    readonly fulfillmentMessages: readonly ResponseMessage[]
    readonly outputContexts: readonly {
      readonly name: string
      readonly lifespanCount: number
      readonly parameters: Record_
    }[]
    readonly intent?: {
      readonly name: string
      readonly displayName: string
      readonly isFallback: boolean
      readonly endInteraction: boolean
      readonly liveAgentHandoff: boolean
    }
    readonly intentDetectionConfidence: number
    readonly diagnosticInfo?: Record_
  }
}

/** Without `platform`: they are for all, and proto3 leaves out what is zero. */
export type ResponseMessage =
  | { readonly text: { readonly text: readonly string[] } }
  | { readonly quickReplies: { readonly title: string; readonly quickReplies: readonly string[] } }
  | { readonly payload: Record_ }
