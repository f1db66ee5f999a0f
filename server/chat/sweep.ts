/** Clocks that ran out: visitors who left, chats that fell asleep. Signs of life are written first, then judged. */
import { overdue, type Patience, suspects } from '../core/idle.ts'
import type { Deps } from './deps.ts'
import { handle } from './handle.ts'
import type { StoredChat } from './stored-chat.ts'

const BATCH = 500

/** Writes the signs of life collected in memory. */
export async function flushBeats({ store, watch }: Deps): Promise<void> {
  const beats = watch.takeBeats()
  if (beats.size === 0) return
  try {
    await store.chats.beat(store.db, beats)
  } catch (error) {
    watch.giveBack(beats)
    throw error
  }
}

/** Sweeps run every few seconds; a longer gap means that we, or the database, were away, and not the visitors. */
const GAP_MS = 15_000

/** Looks at every open chat on which a clock may have run out. Returns how many it acted on. */
export function createSweep(deps: Deps): () => Promise<number> {
  let since = deps.startedAt
  let last = deps.startedAt
  return async () => {
    const now = deps.clock.now()
    // No clock counts from before we could hear the visitors again: an outage of ours must not end their chats.
    if (now - last > GAP_MS) since = now
    // Only a round that came through counts as having been there.
    last = Number.NEGATIVE_INFINITY
    const acted = await sweep(deps, since)
    last = now
    return acted
  }
}

async function sweep(deps: Deps, since: number): Promise<number> {
  const { store, clock, watch } = deps
  const settings = deps.settings()
  if (!settings) return 0
  const { idle, attention } = settings
  const patience: Patience = {
    heartbeatMs: idle.heartbeatSeconds * 1000,
    visitorIdleMs: idle.visitorMinutes * 60_000,
    botIdleMs: idle.botMinutes * 60_000,
    remindMs: attention.remindMinutes && attention.remindMinutes * 60_000,
    tellMs: attention.tellMinutes && attention.tellMinutes * 60_000,
    called: ({ owner, topic }) =>
      owner === null ? (settings.topics.find(({ id }) => id === topic)?.participants ?? []) : [owner],
  }
  await flushBeats(deps)
  let acted = 0
  let after = ''
  for (;;) {
    const chats = await store.chats.listSuspects(store.db, suspects(patience, clock.now()), BATCH, after)
    for (const suspect of chats) {
      const judge = (chat: StoredChat) => {
        const at = clock.now()
        const lastBeat = watch.isHeld(chat.id) ? at : Math.max(chat.beatAt, watch.beatOf(chat.id))
        return overdue(chat, lastBeat, since, patience, at)
      }
      if (!judge(suspect)) continue
      await handle(deps, suspect.id, (chat) => [judge(chat)].filter((input) => input !== null))
      acted++
    }
    const last = chats.at(-1)
    if (!last || chats.length < BATCH) return acted
    after = last.id
  }
}
