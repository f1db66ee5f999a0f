/** Staff who write into a chat that is over are told so: nobody reads them any more. */
import type { Deps } from './deps.ts'
import { decide, deciding } from './handle.ts'
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
  await deciding(deps, chat.id, async (trx) => {
    const before = await store.chats.lock(trx, chat.id)
    if (before?.state !== 'closed') return null
    const known = await store.roomLines.known(
      trx,
      lines.map(({ id }) => id),
    )
    const fresh = lines.filter(({ id }) => !known.has(id))
    const newest = fresh.at(-1)
    if (!newest) return null
    await store.roomLines.add(
      trx,
      chat.id,
      fresh.map(({ id, at }) => ({ id, seq: null, at: Date.parse(at), editedAt: null })),
    )
    await store.chats.noteRead(trx, chat.id, { id: newest.id, at: Date.parse(newest.at) })
    const owed = [{ type: 'notice', text: OVER, replyTo: newest.id }] as const
    return decide(deps, trx, before, [], clock.now(), { owed })
  })
}
