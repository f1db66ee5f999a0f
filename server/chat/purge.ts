/** Forgetting: chats whose time is over, and a visitor who asks for it. The room goes first, then our copy of it. */
import { DeliveryError } from '../core/errors.ts'
import type { Desk } from '../ports.ts'
import type { Store } from '../store/index.ts'
import type { Deps } from './deps.ts'
import type { StoredChat } from './stored-chat.ts'

const DAY_MS = 86_400_000
const BATCH = 50

/** What was deleted of one chat. */
export interface Receipt {
  readonly ref: string
  readonly startedAt: string | null
  readonly events: number
  readonly roomLines: number
  /** `refused`: the desk does not let us delete it; somebody must do it by hand. */
  readonly room: 'deleted' | 'none' | 'refused'
}

/**
 * Deletes what is older than the settings keep it, in batches; an outage of the desk ends the run,
 * and the next one goes on. @returns how many chats went
 */
export async function purge(deps: Deps): Promise<number> {
  const { store, desk, clock, log } = deps
  const settings = deps.settings()
  if (!settings) return 0
  const before = clock.now() - settings.privacy.retentionDays * DAY_MS
  let chats = 0
  try {
    for (;;) {
      const batch = await store.chats.listClosedBefore(store.db, before, BATCH)
      for (const chat of batch) {
        await forget(store, desk, chat)
        chats++
      }
      if (batch.length < BATCH) break
    }
  } finally {
    const sessions = await store.sessions.removeUnused(store.db, before, 1_000)
    await store.tx(async (trx) => {
      await store.audit.purge(trx, before)
      await store.directLines.purge(trx, before)
    })
    if (chats + sessions > 0) log.info({ chats, sessions }, 'purged what was kept long enough')
  }
  return chats
}

/** Deletes everything of one chat, its room included. @throws DeliveryError when the desk cannot say yes or no now: nothing is deleted then */
export async function forget(store: Store, desk: Desk, chat: StoredChat): Promise<Receipt> {
  let room: Receipt['room'] = chat.roomId === null ? 'none' : 'deleted'
  try {
    if (chat.room !== null) await desk.discardRoom(chat.room)
  } catch (error) {
    if (!(error instanceof DeliveryError && error.outcome.permanent === true)) throw error
    room = 'refused'
  }
  const removed = await store.tx((trx) => store.chats.remove(trx, chat.id))
  const startedAt = chat.startedAt === null ? null : new Date(chat.startedAt).toISOString()
  return { ref: chat.ref, startedAt, ...removed, room }
}
