/** Staff to visitor: a room that moved is read, and what is new in it goes into the chat. */
import type { Deps } from './deps.ts'
import { announce, decide } from './handle.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

/** Reads the room of a chat. Returns how many new lines were taken in. @throws DeliveryError when the room cannot be read. */
export async function takeIn(deps: Deps, chat: StoredChat): Promise<number> {
  const { store, desk, clock } = deps
  const room = roomOf(chat)
  if (!room || chat.state === 'closed') return 0
  const cursor =
    chat.readId !== null && chat.readAt !== null
      ? { id: chat.readId, at: new Date(chat.readAt).toISOString() }
      : null
  const lines = await desk.read(room, cursor)
  if (lines.every((line) => line.id === chat.readId)) return 0

  const taken = await store.tx(async (trx) => {
    const before = await store.chats.lock(trx, chat.id)
    if (!before || before.state === 'closed') return null
    const known = await store.roomLines.known(
      trx,
      lines.map((line) => line.id),
    )
    const fresh = lines.filter((line) => !known.has(line.id))
    const newest = fresh.at(-1)
    // All known: read before, or taken in by a transaction whose COMMIT's reply was lost. Waiters must hear of it still.
    if (!newest) return { chat: before, owing: true, lines: 0 }
    const inputs = fresh.map((line) => ({ type: 'staff_line', text: line.text, files: line.files }) as const)
    const decided = await decide(deps, trx, before, inputs, clock.now())
    const rows = fresh.map((line, index) => {
      const message = decided.perInput[index]?.find((event) => event.type === 'message')
      return { id: line.id, seq: message?.seq ?? null, at: Date.parse(line.at) }
    })
    await store.roomLines.add(trx, chat.id, rows)
    await store.chats.noteRead(trx, chat.id, { id: newest.id, at: Date.parse(newest.at) })
    return { ...decided, lines: fresh.length }
  })
  if (!taken) return 0
  announce(deps, taken.chat)
  if (taken.owing) void deps.wake(chat.id)
  return taken.lines
}
