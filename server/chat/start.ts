/**
 * Starting a chat: all or nothing. The row comes first (`opening`), the desk builds the room and every effect is noted; when
 * anything fails, what was made is taken down again, by us or by whoever finds the row after us, and nothing is left.
 */

import { isMobile, maskAddress } from '../core/address.ts'
import type { ChatInput } from '../core/chat-state.ts'
import { DeliveryError, Problem } from '../core/errors.ts'
import type { ChatEvent, Page } from '../core/events.ts'
import { agreedTo } from '../core/form.ts'
import type { Settings, Topic } from '../core/settings.ts'
import type { PartialRoom, RoomRef } from '../ports.ts'
import type { ChatFacts, StoredChat } from '../store/chat-row.ts'
import type { Session } from '../store/sessions.ts'
import { admit, refuseOurselves, topicOf } from './admission.ts'
import { briefOf, peopleAtStart } from './brief.ts'
import { EVENTS_PER_ANSWER } from './conversation.ts'
import type { Deps } from './deps.ts'
import { decide, deciding, EITHER, handle } from './handle.ts'
import { leaveToOpen } from './limits.ts'
import { anybodyReachable, firstReachable } from './presence.ts'
import { newId, newRef } from './secrets.ts'
import { createSession } from './sessions.ts'

export interface StartWish {
  readonly topic: string
  readonly lang?: string | undefined
  readonly name: string | null
  readonly email: string | null
  readonly fields: Readonly<Record<string, string>>
  readonly page?: Page | undefined
  readonly message?: string | undefined
}

/** What the connection tells of the visitor. */
export interface Visitor {
  readonly ip: string
  readonly userAgent: string
}

export interface Started {
  readonly chat: StoredChat
  readonly events: readonly ChatEvent[]
  readonly cursor: number
  /** False when a start joined a chat that was there already. */
  readonly isNew: boolean
  /** Of the session made for this start. */
  readonly token?: string
}

/** The visitor is answered within 20 s: geography has 2 of them, the room 13 to stand, its removal what is left. */
const OPENING_MS = 13_000
const DISCARDING_MS = 4_000
/** A start says that it is alive every 2 s; one that has not for 6 s is dead, and anybody may take it down. */
const ALIVE_EVERY_MS = 2_000
const ABANDONED_MS = 6_000
const JOIN_POLL_MS = 250
/** A start does not wait longer than this to learn who is at the desk. */
const LOOKING_MS = 2_000

export interface Starts {
  /** @throws Problem `unknown_topic`, `closed_hours`, `form_incomplete`, `invalid`, `chat_open`, `desk_unavailable` */
  start(sessionId: string | null, wish: StartWish, visitor: Visitor): Promise<Started>
  /** Resolves when no start of this process is under way any more. */
  settled(): Promise<void>
}

export function createStart(deps: Deps): Starts {
  const { store, desk, geo, clock, log } = deps
  /** A topic may want a bot where none is configured: then it goes straight to staff. */
  const withBot = (topic: Topic) => topic.bot && deps.bot() !== null
  /** Starts under way in this process, by chat. */
  const underWay = new Map<string, Promise<StoredChat>>()

  /** @throws Problem `unknown_topic`, `closed_hours`, `form_incomplete`, `invalid`, `chat_open`, `rate_limited`, `desk_unavailable` */
  return { start, settled: async () => void (await Promise.allSettled(underWay.values())) }

  async function start(sessionId: string | null, wish: StartWish, visitor: Visitor): Promise<Started> {
    const running = sessionId === null ? null : await store.chats.findOpenOfSession(store.db, sessionId)
    // Also when its topic is no longer in the settings: a chat that runs goes on.
    if (running && isOn(running, wish.topic)) return join(running, wish.topic)
    const { settings, topic } = topicOf(deps.settings(), wish.topic)
    if (running) return join(running, topic.id)
    if (deps.stopping()) {
      throw new Problem('overloaded', 'The service is restarting. Please try again.', { retryAfter: 3 })
    }
    deps.load.admitLine()
    refuseOurselves(deps, topic)
    const form = topic.form ?? settings.form
    admit(settings, topic, form, wish, clock.now())

    const leave = leaveToOpen(deps.limits, visitor.ip)
    const notOpened = (error: unknown): never => {
      leave.giveBack()
      throw error
    }
    // Before there is a session, so that a refusal leaves none; and without one there is no chat to join.
    if (sessionId === null) leave.take()
    const place = await geo.locate(visitor.ip)
    const made =
      sessionId === null
        ? await createSession(deps, { lang: wish.lang, page: wish.page }).catch(notOpened)
        : null
    // Outside of the transaction: when it runs again after a lost COMMIT, it must know its own row.
    const [id, ref] = [newId(), newRef()]
    const plan = store.tx(async (trx) => {
      const session = await store.sessions.lock(trx, sessionId ?? made?.session.id ?? '')
      if (!session) throw new Problem('unauthorized', 'The session has ended. Make a new one.')
      const open = await store.chats.findOpenOfSession(trx, session.id)
      if (open && open.id !== id) return { open }
      // Under the session's lock: the second of two starts at once joins the first, and is not counted.
      leave.take()
      const facts: ChatFacts = {
        id,
        ref,
        sessionId: session.id,
        topic: topic.id,
        firstTopic: topic.id,
        channel: 'web',
        lang: wish.lang ?? session.lang,
        name: wish.name,
        email: wish.email,
        fields: wish.fields,
        page: wish.page ?? session.page,
        ip: maskAddress(visitor.ip, settings.privacy.ip),
        userAgent: visitor.userAgent,
        mobile: isMobile(visitor.userAgent),
        place,
        consent: agreedTo(form, wish, wish.lang ?? session.lang),
        createdAt: clock.now(),
        people: peopleAtStart(settings, topic, withBot(topic)),
      }
      if (!open) await store.chats.create(trx, facts, clock.now() + ABANDONED_MS)
      return { facts, session }
    })
    const planned = await plan.catch(notOpened)
    if (!planned.facts) return join(planned.open, topic.id)

    const opening = open(planned.facts, planned.session, settings, topic, wish.message)
    underWay.set(id, opening)
    try {
      const chat = await opening
      return { ...(await answer(chat)), isNew: true, ...(made && { token: made.token }) }
    } catch (error) {
      // Nobody was given this session's token, so nobody can use it.
      if (made) await store.tx((trx) => store.sessions.end(trx, made.session.id, clock.now()))
      throw error
    } finally {
      underWay.delete(id)
    }
  }

  async function open(
    facts: ChatFacts,
    session: Session,
    settings: Settings,
    topic: Topic,
    message: string | undefined,
  ): Promise<StoredChat> {
    /** What stands, also when the row that says so is gone. */
    let standing: PartialRoom = { ref: facts.ref }
    const takenForDead = new AbortController()
    const die = () => {
      takenForDead.abort()
      return new DeliveryError('the start was taken for dead', { effect: 'no', retryAfter: 1 })
    }
    const note = async (partial: PartialRoom) => {
      standing = partial
      if (!(await store.chats.noteRoom(store.db, facts.id, partial))) throw die()
    }
    const tooLate = new AbortController()
    // A timer of our own: `AbortSignal.timeout` joined with `any` can be collected before it fires.
    const patience = setTimeout(() => tooLate.abort(), OPENING_MS)
    const alive = setInterval(() => {
      // When this fails the start is taken for dead, and finds that out with its next note.
      store.chats.keepOpening(store.db, facts.id, clock.now() + ABANDONED_MS).catch(() => undefined)
    }, ALIVE_EVERY_MS)
    try {
      const signal = AbortSignal.any([tooLate.signal, takenForDead.signal])
      const bot = withBot(topic)
      // Looked up while the room is being built; a bot says it when it hands over.
      const reachable = bot ? true : anybodyReachable(deps, topic, LOOKING_MS)
      const owner = bot || topic.assign !== 'available' ? null : firstReachable(deps, topic, LOOKING_MS)
      const room = await desk.openRoom(briefOf(facts, session, settings, topic, bot), note, signal)
      standing = room.details
      const opened = await stands(facts.id, session.id, room, {
        type: 'opened',
        text: message,
        bot,
        nobody: (await reachable) === false,
        owner: await owner,
      })
      if (!opened) throw die()
      deps.watch.beat(facts.id)
      // Staff may have written while the room was being built; their hint came before anybody knew it.
      deps.look(room.id)
      log.info({ chat: facts.ref, topic: topic.id }, 'chat started')
      return opened.chat
    } catch (error) {
      // The row tells the next process what stands, or that the chat does: better than guessing without a database.
      if (store.isUnavailable(error)) throw error
      log.warn({ chat: facts.ref, err: error }, 'the room could not be opened; taking down what stands of it')
      await giveUp(facts.id, standing, takenForDead.signal.aborted)
      const retryAfter = (error instanceof DeliveryError ? error.outcome.retryAfter : undefined) ?? 5
      const detail = 'Nobody can be reached right now. Please try again in a moment.'
      throw new Problem('desk_unavailable', detail, { retryAfter })
    } finally {
      clearTimeout(patience)
      clearInterval(alive)
    }
  }

  /** The room stands: the chat begins. Null when somebody took the start for dead; the room must go then. */
  function stands(chatId: string, sessionId: string, room: RoomRef, input: ChatInput) {
    return deciding(deps, chatId, async (trx) => {
      const present = await store.sessions.lock(trx, sessionId)
      const before = await store.chats.lock(trx, chatId)
      if (before?.roomId === room.id) return { chat: before, owing: EITHER }
      if (before?.state !== 'opening') return null
      const at = clock.now()
      await store.chats.roomStands(trx, chatId, room, at)
      const begun = { ...before, startedAt: at, roomId: room.id, room: room.details }
      const inputs = [input]
      // The visitor logged out while the room was being built.
      if (!present) inputs.push({ type: 'close', reason: 'logout' })
      return decide(deps, trx, begun, inputs, at)
    })
  }

  /** Takes down what stands: the task is committed first, so that it outlives us; then it gets a moment to be done. */
  async function giveUp(chatId: string, standing: PartialRoom, takenForDead: boolean): Promise<void> {
    const patience = new Promise<void>((resolve) => setTimeout(resolve, DISCARDING_MS).unref())
    const takeDown = async () => {
      if (!takenForDead) {
        await handle(deps, chatId, [{ type: 'open_failed' }])
        return deps.wake(chatId, 'desk')
      }
      // Whoever took us for dead removes what they knew of; what we made since then only we know.
      await desk.discardRoom(standing)
    }
    const done = takeDown().catch((error: unknown) => {
      log.error({ err: error }, 'what stands of a failed start could not be taken down now')
    })
    await Promise.race([done, patience])
  }

  async function join(running: StoredChat, topicId: string): Promise<Started> {
    if (!isOn(running, topicId)) {
      throw new Problem('chat_open', 'A chat on another topic is open. End it before you start a new one.', {
        extra: { chatId: running.id },
      })
    }
    const chat = running.state === 'opening' ? await standing(running.id) : running
    return { ...(await answer(chat)), isNew: false }
  }

  /** Waits for a start that is under way, here or in another process. */
  async function standing(chatId: string): Promise<StoredChat> {
    const ours = underWay.get(chatId)
    if (ours) return ours
    const until = clock.now() + OPENING_MS
    while (clock.now() < until) {
      const chat = await store.chats.find(store.db, chatId)
      if (!chat || (chat.state === 'closed' && chat.startedAt === null)) break
      if (chat.state !== 'opening') return chat
      await new Promise((resolve) => setTimeout(resolve, JOIN_POLL_MS))
    }
    throw new Problem('desk_unavailable', 'The chat could not be started. Please try again.', {
      retryAfter: 5,
    })
  }

  async function answer(chat: StoredChat) {
    const events = await store.events.list(store.db, chat.id, 0, EVENTS_PER_ANSWER)
    return { chat, events, cursor: events.at(-1)?.seq ?? 0 }
  }
}

/** Staff may have moved it meanwhile: the visitor's own choice still names it. */
const isOn = ({ topic, firstTopic }: StoredChat, wanted: string) => topic === wanted || firstTopic === wanted

/** Starts whose process died: by any process, at its start and by the sweep. `all` where no other process can be alive. */
export async function compensateDeadStarts(deps: Deps, all: boolean): Promise<number> {
  const { store, clock, log } = deps
  const before = all ? Number.MAX_SAFE_INTEGER : clock.now()
  const dead = await store.chats.listAbandonedStarts(store.db, before)
  for (const chatId of dead) await handle(deps, chatId, [{ type: 'open_failed' }])
  if (dead.length > 0) log.warn({ starts: dead.length }, 'starts cut off by a crash are being taken down')
  return dead.length
}
