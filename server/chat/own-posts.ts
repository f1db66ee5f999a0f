/**
 * Our own posts in a room. Webex has no idempotency keys, so an attempt that seemed lost may take effect after it was made
 * again: then the same line stands twice, and the copy nobody knows of is taken out. Nothing else ever is.
 */
import { createHash } from 'node:crypto'
import type { OwnPost, RoomLine } from '../ports.ts'
import type { Deps } from './deps.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

const noticeKey = (text: string) => `notice ${createHash('sha256').update(text).digest('hex').slice(0, 40)}`

/** What tells a post from all others of its chat: its marker, or, of a notice, its text. */
export const markerOf = (part: RoomLine): string =>
  part.kind === 'notice' ? noticeKey(part.text) : part.marker

const keyOf = ({ marker, text }: OwnPost): string => marker ?? noticeKey(text)

/** Returns how many copies were taken out. @throws DeliveryError */
export async function removeCopies(deps: Deps, chat: StoredChat, own: readonly OwnPost[]): Promise<number> {
  const { store, desk, log } = deps
  const room = roomOf(chat)
  if (!room || own.length === 0) return 0
  // First: when nothing is on its way, whatever stands rightly is known a moment later.
  if (await store.outbox.isUnderWay(store.db, chat.id)) return 0
  const standing = await store.posts.standing(store.db, chat.id, [...new Set(own.map(keyOf))])
  const copies = own.filter((post) => standing.get(keyOf(post))?.has(post.id) === false)
  for (const { id } of copies) await desk.removePost(room, id)
  if (copies.length > 0)
    log.warn({ chat: chat.ref, copies: copies.length }, 'copies of our own posts were taken out')
  return copies.length
}
