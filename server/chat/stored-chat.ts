/** A chat as it is stored, for the floors that may not look into the store. */
import type { RoomRef } from '../ports.ts'
import type { StoredChat } from '../store/chat-row.ts'

export type { StoredChat }

/** The room of a chat; null until it stands. */
export function roomOf(chat: StoredChat): RoomRef | null {
  return chat.roomId !== null && chat.room !== null ? { id: chat.roomId, details: chat.room } : null
}
