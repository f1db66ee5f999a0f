/** What a visitor does with a chat that stands. Everybody else's chat, and a start that is not through, is `not_found`. */
import { Problem } from '../core/errors.ts'
import type { ChatEvent, ChatState } from '../core/events.ts'
import type { StoredChat } from '../store/chat-row.ts'
import type { Deps } from './deps.ts'
import { announce, EITHER, handle, wakeLanes } from './handle.ts'
import type { Undo } from './limits.ts'
import type { KnownChat } from './watch.ts'

/** Events one answer carries at most; a client far behind asks again with the cursor it got. */
export const EVENTS_PER_ANSWER = 500

const notFound = () => new Problem('not_found', 'There is no such chat in this session.')

/** The session's own chat, whose room stands. Whoever asks for it is alive. @throws Problem `not_found` */
export async function ownChat(deps: Deps, sessionId: string, chatId: string): Promise<StoredChat> {
  const { store, watch } = deps
  const chat = await store.chats.find(store.db, chatId)
  if (chat?.sessionId !== sessionId || chat.startedAt === null) throw notFound()
  announce(deps, chat)
  watch.beat(chatId)
  return chat
}

/** The same from memory: what an idle poll lives on. */
async function ownKnown(deps: Deps, sessionId: string, chatId: string): Promise<KnownChat> {
  const known = deps.watch.chat(chatId)
  if (!known) return ownChat(deps, sessionId, chatId)
  if (known.sessionId !== sessionId) throw notFound()
  deps.watch.beat(chatId)
  return known
}

export interface EventPage {
  readonly events: readonly ChatEvent[]
  readonly cursor: number
  readonly state: ChatState
}

/**
 * Events after `after`; when there are none, held up to `waitMs` until there are. The visitor counts as alive meanwhile.
 * @param ip the visitor's own address. @throws Problem `rate_limited` when too many polls from there are held already
 */
export async function readEvents(
  deps: Deps,
  sessionId: string,
  chatId: string,
  after: number,
  waitMs: number,
  ip: string,
  signal: AbortSignal,
): Promise<EventPage> {
  const { store, watch, limits, load } = deps
  let known = await ownKnown(deps, sessionId, chatId)
  // Our memory may be behind what another process wrote: ask before calling the visitor wrong.
  if (after > known.lastSeq) known = await ownChat(deps, sessionId, chatId)
  if (after > known.lastSeq) {
    const message = `The chat has only ${known.lastSeq} events.`
    throw new Problem('invalid', message, { errors: [{ path: 'after', message }] })
  }
  if (known.state !== 'closed') {
    const letGo = watch.hold(chatId)
    try {
      if (known.lastSeq === after && waitMs > 0) {
        load.admitPoll(watch.held())
        const answered = limits.holdPoll(ip, waitMs)
        await watch.wait(chatId, after, waitMs, signal).finally(answered)
      }
    } finally {
      letGo()
    }
    known = watch.chat(chatId) ?? known
  }
  const events =
    known.lastSeq > after && !signal.aborted
      ? await store.events.list(store.db, chatId, after, EVENTS_PER_ANSWER)
      : []
  return { events, cursor: events.at(-1)?.seq ?? after, state: known.state }
}

/**
 * Takes a visitor's line in. `clientId` is the client's own key: the same one again, at any time, is answered with the line
 * it already made. @throws Problem `chat_closed`, `rate_limited`, or `idempotency_mismatch` when the key comes back with
 * another text.
 */
export async function sendLine(
  deps: Deps,
  sessionId: string,
  chatId: string,
  line: Readonly<{ clientId: string; text: string }>,
): Promise<{ event: ChatEvent; isNew: boolean }> {
  const { store, limits, load } = deps
  const known = await ownKnown(deps, sessionId, chatId)
  if (known.state === 'opening') throw notFound()
  let notTaken: Undo | undefined
  try {
    notTaken = limits.message(sessionId)
    load.admitLine()
    const { events } = await handle(deps, chatId, [{ type: 'visitor_line', ...line }])
    const event = events.find((e) => e.type === 'message')
    if (!event) throw new Error('a visitor line made no event')
    return { event, isNew: true }
  } catch (error) {
    notTaken?.()
    const refused =
      error instanceof Problem && ['chat_closed', 'rate_limited', 'overloaded'].includes(error.code)
    if (!refused && !store.isDuplicate(error)) throw error
    const event = await store.events.findByClientId(store.db, chatId, line.clientId)
    if (!event) throw error
    if (event.type !== 'message' || event.message.text !== line.text) {
      throw new Problem(
        'idempotency_mismatch',
        'This clientId was used for another text. Give every line its own.',
      )
    }
    // It may have been taken a moment ago by a transaction whose COMMIT's reply was lost: nobody has heard of it yet.
    await ownChat(deps, sessionId, chatId)
    wakeLanes(deps, chatId, EITHER)
    return { event, isNew: false }
  }
}

export async function setPresence(
  deps: Deps,
  sessionId: string,
  chatId: string,
  here: boolean,
): Promise<void> {
  await ownKnown(deps, sessionId, chatId)
  await handle(deps, chatId, [{ type: here ? 'here' : 'away' }])
}

export async function endChat(deps: Deps, sessionId: string, chatId: string): Promise<StoredChat> {
  await ownKnown(deps, sessionId, chatId)
  const { chat } = await handle(deps, chatId, [{ type: 'close', reason: 'visitor_ended' }])
  return chat
}

/** Asks for a person. Where people have the chat already there is nothing to do but to look. */
export async function askForPerson(deps: Deps, sessionId: string, chatId: string): Promise<void> {
  const known = await ownKnown(deps, sessionId, chatId)
  if (known.state === 'closed')
    throw new Problem('chat_closed', 'This chat is closed. Start a new one to go on.')
  // What is known may be behind the row: the transition decides by its lock.
  if (known.state !== 'live') await handle(deps, chatId, [{ type: 'ask_person' }])
}
