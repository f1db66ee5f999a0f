/**
 * What other processes did: once a second one look at all chats somebody waits for here, and at the sessions that ended. An
 * idle poll still asks the database for nothing.
 */
import type { Deps } from './deps.ts'

const BATCH = 500
/** Sessions ended a little before the last look too: clocks of several machines differ, and commits come late. */
const OVERLAP_MS = 60_000

export function createOtherNodes({ store, watch, clock }: Deps): () => Promise<void> {
  let last = clock.now()
  return async () => {
    const began = clock.now()
    const waiting = watch.waiting()
    for (let from = 0; from < waiting.length; from += BATCH) {
      const heads = await store.chats.heads(store.db, waiting.slice(from, from + BATCH))
      for (const { id, ...known } of heads) watch.rememberChat(id, known)
    }
    for (const id of await store.sessions.endedSince(store.db, last - OVERLAP_MS)) watch.forgetSession(id)
    last = began
  }
}
