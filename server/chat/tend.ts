/** The bridge looks after itself: rooms whose webhook fell silent, rooms that moved without a word. One process at a time does. */
import type { Deps } from './deps.ts'
import { roomOf } from './stored-chat.ts'

/** Webex lists rooms by their last activity reliably up to some 3,000 of them. */
const MOST_ROOMS = 2_500
const OVERLAP_MS = 60_000
const REMEMBERED = 10_000

export interface Bridge {
  /** Makes sure that Webex calls us for every open chat. Returns how many rooms had fallen silent. */
  tend(): Promise<number>
  /** Looks which rooms moved, and asks for those to be read whose news did not come here. */
  look(): Promise<void>
  /** Silence was found at the last look: hints cannot be relied on. */
  isDeaf(): boolean
}

export function createBridge(deps: Deps): Bridge {
  const { store, desk, log } = deps
  /** When each room last moved, as far as we know. */
  const seen = new Map<string, number>()
  /** The desk's own clock; null before the first look. */
  let newest: number | null = null
  let deaf = false

  return {
    async tend() {
      const chats = new Map(
        (await store.chats.listOpen(store.db, MOST_ROOMS)).map((chat) => [chat.roomId, chat]),
      )
      const rooms = [...chats.values()].flatMap((chat) => roomOf(chat) ?? [])
      if (rooms.length === 0) return 0
      const tended = await desk.tend(rooms)
      for (const { room, was } of tended) {
        const chat = chats.get(room.id)
        log.warn({ chat: chat?.ref, was }, 'a webhook had fallen silent; it calls again')
        if (chat) await store.chats.noteDetails(store.db, chat.id, room)
        // It may have ended while we were at it: then nobody else takes its webhook away.
        if (chat && (await store.chats.find(store.db, chat.id))?.state === 'closed')
          await desk.closeRoom(room)
        // Nothing that happened meanwhile is told again.
        deps.look(room.id)
      }
      deaf = tended.length > 0
      return tended.length
    },

    async look() {
      // By the desk's own instants only: its clock is not ours.
      const isFirst = newest === null
      const moved = await desk.moved(Math.max(0, (newest ?? 0) - OVERLAP_MS))
      newest ??= 0
      for (const { id, at } of moved) {
        newest = Math.max(newest, at)
        if (seen.get(id) === at) continue
        seen.delete(id)
        seen.set(id, at)
        // After a start all open rooms are read anyway.
        if (!isFirst) deps.look(id)
      }
      for (const id of seen.keys()) {
        if (seen.size <= REMEMBERED) break
        seen.delete(id)
      }
    },

    isDeaf: () => deaf,
  }
}
