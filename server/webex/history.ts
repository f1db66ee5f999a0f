/** What was said in a room, as its lists tell it. */
import { DeliveryError } from '../core/errors.ts'
import type { WebexClient } from './client.ts'
import { Message } from './shapes.ts'

const MAX_ROUNDS = 50

/** Null stands where something was that makes no sense: who looks for what is gone must know that he did not see it. */
const Entry = Message.nullable().catch(null)
export type Entry = Message | null

/**
 * Pages of a room, newest first, until its beginning. Where no next link is given, a full page is followed by asking for what
 * is before its last message (https://developer.webex.com/docs/api/v1/messages/list-messages).
 *
 * @returns whether the beginning was reached
 * @throws DeliveryError permanent only for the room itself: further down, 404 speaks of the message we go on from, which
 * somebody deleted meanwhile
 */
export async function* newestFirst(
  integration: WebexClient,
  roomId: string,
  size: number,
): AsyncGenerator<Entry[], boolean> {
  let before: { beforeMessage?: string } = {}
  let isFirst = true
  for (let n = 0; n < MAX_ROUNDS; n++) {
    let last: Entry[] = []
    try {
      const query = { roomId, max: String(size), ...before }
      for await (const page of integration.pages('/messages', Entry, query)) {
        yield page
        isFirst = false
        if (page.length > 0) last = page
      }
    } catch (error) {
      throw isFirst ? error : notForGood(error)
    }
    const oldest = last.findLast((entry) => entry !== null)
    if (!oldest || last.length < size) return last.length < size
    before = { beforeMessage: oldest.id }
  }
  return false
}

function notForGood(error: unknown): unknown {
  if (!(error instanceof DeliveryError) || !error.outcome.permanent) return error
  return new DeliveryError(error.message, { ...error.outcome, permanent: false })
}
