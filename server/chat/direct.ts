/**
 * Supervisors in a direct space with our bot account: what they say is kept first, then carried out and answered until that
 * worked. Carrying out twice is harmless; an answer that got lost on the way may come twice.
 */
import { DIRECT_HELP, listOf, parseDirect } from '../core/direct.ts'
import { DeliveryError } from '../core/errors.ts'
import { backOff } from '../core/outbox.ts'
import { inLanguage } from '../core/settings.ts'
import type { DirectLine } from '../ports.ts'
import type { DirectRow } from '../store/direct-lines.ts'
import type { Deps } from './deps.ts'
import { roomOf } from './stored-chat.ts'

const MINUTE_MS = 60_000
const BATCH = 20
const LISTED = 51
const LEASE_MS = 15_000
/** Longer nobody waits for an answer. */
const ATTEMPTS = 8

export interface Direct {
  /** Keeps a line; it is answered soon. */
  hear(line: DirectLine): Promise<void>
  /** Answers what is due. */
  answerDue(): Promise<void>
}

/** @param post posts into a direct space. @throws DeliveryError */
export function createDirect(deps: Deps, post: (roomId: string, text: string) => Promise<void>): Direct {
  const { store, clock, log } = deps
  let running: Promise<void> = Promise.resolve()

  async function answer(row: DirectRow): Promise<void> {
    const attempts = row.attempts + 1
    try {
      await post(row.roomId, await answerTo(deps, row))
      await store.directLines.settle(store.db, row.id, { dueAt: null, attempts })
    } catch (error) {
      // Also of a bug: the line of one must not keep all others from being answered.
      log.warn({ attempts, err: error }, 'a line in a direct space could not be answered')
      const isFinal = error instanceof DeliveryError && error.outcome.permanent === true
      const over = isFinal || attempts >= ATTEMPTS
      const dueAt = over ? null : clock.now() + backOff(attempts, Math.random())
      await store.directLines.settle(store.db, row.id, { dueAt, attempts })
    }
  }

  // One round at a time: two would answer the same line twice.
  function answerDue(): Promise<void> {
    running = running
      .catch(() => undefined)
      .then(async () => {
        // One process at a time, too: else somebody is answered by each of them.
        if (!(await store.jobs.leaseFor(store.db, 'direct lines', deps.me, LEASE_MS))) return
        for (const row of await store.directLines.due(store.db, clock.now(), BATCH)) await answer(row)
      })
    return running
  }

  return {
    async hear(line) {
      if (!(await store.directLines.add(store.db, line, clock.now()))) return
      answerDue().catch((error: unknown) => log.error({ err: error }, 'a line in a direct space broke off'))
    },
    answerDue,
  }
}

/** Carries out what was said. Returns what is answered. @throws DeliveryError */
async function answerTo(deps: Deps, row: DirectRow): Promise<string> {
  const { store, clock } = deps
  const settings = deps.settings()
  if (!settings?.topics.some(({ supervisors }) => supervisors.includes(row.by)))
    return 'Only supervisors of a topic can do that here.'
  const command = parseDirect(row.text)
  if (command.name === 'help') return DIRECT_HELP
  if (command.name === 'join') return join(deps, row, command.ref)
  const now = clock.now()
  const minutes = (since: number) => Math.max(0, Math.round((now - since) / MINUTE_MS))
  const title = (id: string) =>
    inLanguage(settings.topics.find((topic) => topic.id === id)?.title ?? { en: id }, 'en')
  return listOf(
    (await store.chats.listOpen(store.db, LISTED)).map((chat) => ({
      ref: chat.ref,
      topic: title(chat.topic),
      state: chat.state,
      name: chat.name,
      minutes: minutes(chat.createdAt),
      waiting: chat.unansweredSince === null ? null : minutes(chat.unansweredSince),
    })),
  )
}

async function join(deps: Deps, row: DirectRow, ref: string): Promise<string> {
  const { store, desk, clock } = deps
  const chat = await store.chats.findByRef(store.db, ref)
  const room = chat && roomOf(chat)
  if (!room || chat.state === 'closed') return `No open chat is called ${ref}. "chats" lists them.`
  try {
    await desk.addPeople(room, [row.by])
  } catch (error) {
    if (error instanceof DeliveryError && error.outcome.permanent === true)
      return `${ref} could not be joined: its room takes nobody in any more.`
    throw error
  }
  await store.tx(async (trx) => {
    await store.chats.addPeople(trx, chat.id, [row.by])
    await store.audit.add(trx, [
      { chatId: chat.id, at: clock.now(), by: row.by, action: 'join', detail: ref, lineId: row.id },
    ])
  })
  return `You are in the room of ${ref}. What you write there goes to the visitor.`
}
