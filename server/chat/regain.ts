/**
 * A room that the desk does not know any more: our account was put out of it, it has another id, or it is gone and the chat
 * needs another. The chat itself goes on in any case.
 */
import { DeliveryError } from '../core/errors.ts'
import type { PartialRoom, RoomRef } from '../ports.ts'
import { briefOf } from './brief.ts'
import type { Deps } from './deps.ts'
import { lastLines } from './last-lines.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

const OPENING_MS = 13_000

/** True when the chat has its room back, or another. @throws DeliveryError when nobody can say now */
export async function regainRoom(deps: Deps, chat: StoredChat): Promise<boolean> {
  const { store, desk, log, look } = deps
  const room = roomOf(chat)
  if (!room || chat.state === 'closed') return false
  const found = (await desk.regain(room)) ?? (await openAnother(deps, chat))
  // Nothing is the matter with it: then it was not the room that was refused.
  if (!found || found === room) return false
  if (found.id !== room.id) {
    await store.chats.moveRoom(store.db, chat.id, room.id, found)
    log.warn({ chat: chat.ref }, 'a chat goes on in another room')
    if (found.details.hookId === undefined)
      for (const { room: tended } of await desk.tend([found]))
        await store.chats.noteDetails(store.db, chat.id, tended)
  }
  look(found.id)
  return true
}

async function openAnother(deps: Deps, chat: StoredChat): Promise<RoomRef | null> {
  const { store, desk, log } = deps
  const settings = deps.settings()
  const topic = settings?.topics.find(({ id }) => id === chat.topic)
  const session = await store.sessions.ofChat(store.db, chat.id)
  if (!settings || !topic || !session) return null
  const brief = briefOf(chat, session, settings, topic, topic.bot && deps.bot() !== null)
  const opener = [
    ...brief.opener,
    'The room of this chat is gone; it goes on here.',
    ...(await lastLines(deps, chat)),
  ]
  let standing: PartialRoom = { ref: chat.ref }
  const tooLate = new AbortController()
  const timer = setTimeout(() => tooLate.abort(), OPENING_MS)
  try {
    const note = async (partial: PartialRoom) => {
      standing = partial
    }
    return await desk.openRoom({ ...brief, opener }, note, tooLate.signal)
  } catch (error) {
    log.warn(
      { chat: chat.ref, err: error },
      'another room could not be opened; taking down what stands of it',
    )
    await desk.discardRoom(standing).catch(() => undefined)
    if (error instanceof DeliveryError)
      throw new DeliveryError(error.message, { effect: 'no', retryAfter: error.outcome.retryAfter ?? 5 })
    throw error
  } finally {
    clearTimeout(timer)
  }
}
