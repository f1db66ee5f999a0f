/** A webhook call from Webex (https://developer.webex.com/docs/webhooks): verified over its raw bytes, then only a hint. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { HookRequest, Received } from '../ports.ts'

const Envelope = z.object({
  resource: z.string(),
  event: z.string().optional(),
  data: z.object({ roomId: z.string().min(1).max(255), personId: z.string().optional() }),
})

export const WRONG_SIGNATURE: Received = { ok: false, why: 'wrong signature' }

/** What a call says when its signature fits, else null; a body that is no JSON is undefined. */
export function signedBody(request: HookRequest, secret: string): { readonly body: unknown } | null {
  const given = Buffer.from(request.headers['x-spark-signature'] ?? '', 'latin1')
  const right = Buffer.from(createHmac('sha1', secret).update(request.rawBody).digest('hex'), 'latin1')
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null
  try {
    return { body: JSON.parse(request.rawBody.toString('utf8')) }
  } catch {
    return { body: undefined }
  }
}

/** @param ours ids of our own accounts, once they are known */
export function receive(
  request: HookRequest,
  secret: string,
  ours: ReadonlySet<string> = new Set(),
): Received {
  const signed = signedBody(request, secret)
  if (!signed) return WRONG_SIGNATURE
  const envelope = Envelope.safeParse(signed.body)
  // Properly signed but about something else: nothing to look at, and nothing to complain of.
  if (!envelope.success) return { ok: true, rooms: [] }
  const { event, data } = envelope.data
  const rooms = [data.roomId]
  // What is deleted may have been deleted by others.
  const isEcho = event === 'created' && data.personId !== undefined && ours.has(data.personId)
  return { ok: true, rooms, ...(isEcho && { echo: true }) }
}
