/** Reading rooms by the clock: whose turn it is, and what a room that was read has to say. */
import { tellItIsOver } from './chat/after-the-end.ts'
import type { Deps } from './chat/deps.ts'
import { takeInOrRegain } from './chat/take-in.ts'

export interface RoomRounds {
  /** Takes in what is new in a room. @throws DeliveryError when the room cannot be read. */
  read(roomId: string): Promise<void>
  /** The next rooms of the round, at most `limit`. */
  due(limit: number): Promise<readonly string[]>
  /** Since when this process goes the rounds (epoch ms): another went them before. */
  begun(at: number): void
}

/** Rooms of all open chats are read this long at first; then those in which staff wrote this recently. */
const FIRST_ROUNDS_MS = 180_000
const TALKING_MS = 600_000

/** @param hooks whether Webex calls us when a room has moved */
export function createRoomRounds(deps: Deps, hooks: boolean): RoomRounds {
  const { store, clock } = deps
  let round = ''
  let since = deps.startedAt

  return {
    async read(roomId) {
      const chat = await store.chats.findByRoom(store.db, roomId)
      if (chat?.state === 'closed') await tellItIsOver(deps, chat)
      else if (chat) await takeInOrRegain(deps, chat)
    },
    async due(limit) {
      const now = clock.now()
      // All of them when we begin to, as nobody told us what was written before; later those that are talking.
      const justBegun = now - since < FIRST_ROUNDS_MS
      const next = await store.chats.nextRooms(
        store.db,
        round,
        limit,
        hooks && !justBegun ? now - TALKING_MS : 0,
      )
      round = next.at(-1) ?? ''
      return next
    },
    begun(at) {
      since = at
    },
  }
}
