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

/** Of the sweep before, whichever process made it. Epoch ms; 0: there was none. */
export interface Before {
  readonly ranAt: number
  /** Since when sweeps have followed each other without a gap. */
  readonly since: number
}

/**
 * Looks at every open chat on which a clock may have run out, and tells `note` of it once that is through. Returns how many it
 * acted on.
 */
export function createSweep(
  deps: Deps,
): (before: Before, note: (now: Before) => Promise<void>) => Promise<number> {
  let brokeOff = false
  let running: Promise<unknown> = Promise.resolve()
  return (before, note) => {
    // One after the other: one that is under way has not broken off.
    const run = running.catch(() => undefined).then(() => round(before, note))
    running = run
    return run
  }

  async function round(before: Before, note: (now: Before) => Promise<void>): Promise<number> {
    const now = deps.clock.now()
    // No clock counts from before we could hear the visitors again: an outage of ours must not end their chats. Nor from
    // before our own start: those who held their polls elsewhere may have had nobody to hold them.
    const wasAway = brokeOff || now - before.ranAt > GAP_MS
    const since = wasAway ? now : Math.max(before.since, deps.startedAt)
    // Only a round that came through counts as having been there.
    brokeOff = true
    const acted = await sweep(deps, since)
    await note({ ranAt: now, since })
    brokeOff = false
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
