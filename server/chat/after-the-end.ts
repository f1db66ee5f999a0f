/** Staff who write into a chat that is over are told so: nobody reads them any more. */
import type { Deps } from './deps.ts'
import { wakeLanes } from './handle.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

const OVER = 'This chat is closed: the visitor does not read this any more.'

/** @throws DeliveryError when the room cannot be read */
export async function tellItIsOver(deps: Deps, chat: StoredChat): Promise<void> {
  const { store, desk, clock } = deps
  const room = roomOf(chat)
  const { readId, readAt, closedAt } = chat
  if (!room || closedAt === null) return
  const cursor =
    readId !== null && readAt !== null ? { id: readId, at: new Date(readAt).toISOString() } : null
  const { lines } = await desk.read(room, cursor)
  const told = await store.tx(async (trx) => {
    const before = await store.chats.lock(trx, chat.id)
    if (before?.state !== 'closed') return false
    const known = await store.roomLines.known(
      trx,
      lines.map(({ id }) => id),
    )
    const fresh = lines.filter(({ id }) => !known.has(id))
    const newest = fresh.at(-1)
    if (!newest) return false
    await store.roomLines.add(
      trx,
      chat.id,
      fresh.map(({ id, at }) => ({ id, seq: null, at: Date.parse(at), editedAt: null })),
    )
    await store.chats.noteRead(trx, chat.id, { id: newest.id, at: Date.parse(newest.at) })
    await store.outbox.add(trx, chat.id, [{ type: 'notice', text: OVER, replyTo: newest.id }], clock.now())
    return true
  })
  if (told) wakeLanes(deps, chat.id, ['desk'])
}
