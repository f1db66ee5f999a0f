/** What a bot behind HTTP may answer; the shape is told in docs/bots.md. All of it was written by somebody else. */
import { z } from 'zod'
import { BotError } from '../core/errors.ts'
import { codePoints, isStorable, utf8Length } from '../core/text.ts'
import type { BotReply } from '../ports.ts'

/** Bytes of a whole reply, and of the state in it. */
export const MAX_BYTES = 64 * 1024
const MAX_STATE_BYTES = 16 * 1024
/** Deeper JSON fits into little space and breaks whoever walks it by recursion. */
const MAX_DEPTH = 32

const text = (max: number) =>
  z
    .string()
    // UTF-16 units first: counting code points of much too long a text is work for nothing.
    .max(max * 2)
    .refine((value) => codePoints(value) <= max, `longer than ${max} characters`)
const said = (max: number) => text(max).refine((value) => value.trim() !== '', 'blank')

const Message = z.object({ text: said(4000), choices: z.array(said(100)).max(13).nullish() })

const Handoff = z.union([
  z.boolean(),
  z.object({ skill: text(64).nullish(), webstore: text(64).nullish(), channel: text(64).nullish() }),
])

const State = z
  .record(z.string(), z.unknown())
  .refine(
    (value) => utf8Length(JSON.stringify(value)) <= MAX_STATE_BYTES,
    `more than ${MAX_STATE_BYTES} bytes`,
  )

const Parameters = z
  .record(said(64), text(1000))
  .refine((value) => Object.keys(value).length <= 20, 'more than 20')

/** Unknown fields are left out: a bot may be newer than we are. Null is as good as nothing. */
const Reply = z.object({
  messages: z.array(Message).max(10),
  intent: said(200).nullish(),
  confidence: z.number().min(0).max(1).nullish(),
  fallback: z.boolean().nullish(),
  asking: z.boolean().nullish(),
  end: z.boolean().nullish(),
  handoff: Handoff.nullish(),
  parameters: Parameters.nullish(),
  state: State.nullish(),
})

/** @throws BotError `bad_response`, which names the field and never what stands in it */
export function readReply(body: Uint8Array): BotReply {
  const parsed = Reply.safeParse(parse(body))
  if (parsed.success) return replyOf(parsed.data)
  const issue = parsed.error.issues[0]
  // The rest of a path may be a key that the bot, or its visitor, made up.
  throw nonsense(`${String(issue?.path[0] ?? 'the whole')}: ${issue?.message ?? 'wrong'}`)
}

function replyOf(said: z.infer<typeof Reply>): BotReply {
  return {
    messages: said.messages.map(({ text, choices }) => (choices?.length ? { text, choices } : { text })),
    intent: said.intent ?? null,
    confidence: said.confidence ?? null,
    isFallback: said.fallback ?? false,
    asking: said.asking ?? false,
    end: said.end ?? false,
    handoff: handoffOf(said.handoff ?? null),
    parameters: Object.fromEntries(
      Object.entries(said.parameters ?? {}).filter(([, value]) => value.trim() !== ''),
    ),
    state: said.state ?? null,
  }
}

function handoffOf(handoff: z.infer<typeof Handoff> | null): BotReply['handoff'] {
  if (handoff === null || handoff === false) return handoff
  if (handoff === true) return {}
  const { skill, webstore, channel } = handoff
  return { ...(skill && { skill }), ...(webstore && { webstore }), ...(channel && { channel }) }
}

function parse(body: Uint8Array): unknown {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body), clean)
  } catch {
    // Also what is nested too deeply for the reviver.
    throw nonsense('no JSON in UTF-8 that can be stored')
  }
  if (isDeeper(value, MAX_DEPTH)) throw nonsense('nested too deeply')
  return value
}

/** A state is kept and copied as it is: nothing in it may be taken for a prototype, or be refused by the database. */
function clean(key: string, value: unknown): unknown {
  if (key === '__proto__') return undefined
  if (!isStorable(key) || (typeof value === 'string' && !isStorable(value)))
    throw new TypeError('not storable')
  return value
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1))
}

export function nonsense(why: string): BotError {
  return new BotError('bad_response', `the HTTP bot's reply makes no sense: ${why}`)
}
