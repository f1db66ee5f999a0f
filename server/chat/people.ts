/** Colleagues whom staff want in a room: a lane of their own, so that no line waits for somebody to be let in. */
import type { Knex } from 'knex'
import type { PeopleTask } from '../core/chat.ts'
import type { ChatInput } from '../core/chat-state.ts'
import { DeliveryError } from '../core/errors.ts'
import { backOff } from '../core/outbox.ts'
import { peopleOf, type Topic } from '../core/settings.ts'
import type { RoomRef } from '../ports.ts'
import type { OutboxRow } from '../store/outbox.ts'
import { type LaneState, TAKEN_MS } from './deliver.ts'
import type { Deps } from './deps.ts'
import { handle } from './handle.ts'
import { rulesFor } from './rules.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

/** Then staff are told that it does not work, and can ask again. */
const TRIES = 5

export async function workPeopleLane(deps: Deps, chatId: string): Promise<LaneState> {
  const { store, clock } = deps
  const head = await store.outbox.head(store.db, chatId, 'people', deps.me)
  if (!head) return 'empty'
  if (head.isTaken) return clock.now() + TAKEN_MS
  if (head.dueAt > clock.now()) return head.dueAt
  const row = await store.outbox.claim(store.db, head, deps.me)
  if (!row) return clock.now() + TAKEN_MS
  const chat = await store.chats.find(store.db, chatId)
  const room = chat && roomOf(chat)
  if (!room) return 'empty'
  const task = row.task as PeopleTask
  // Nobody is let into a room that is over.
  if (chat.state === 'closed') return finish(deps, chat, row, {})
  try {
    const done = task.type === 'invite' ? await invite(deps, room, task) : await transfer(deps, room, task)
    return await finish(deps, chat, row, done)
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    return notNow(deps, chat, row, task, error)
  }
}

/** What a task came to. */
interface Done {
  readonly inputs?: readonly ChatInput[]
  readonly people?: readonly string[]
  /** Said in the room. */
  readonly answer?: { readonly text: string; readonly replyTo: string }
}

async function invite(
  { desk, ours }: Deps,
  room: RoomRef,
  { email, replyTo }: Extract<PeopleTask, { type: 'invite' }>,
): Promise<Done> {
  if (ours().has(email)) return { answer: { text: 'That is our own account; it is here already.', replyTo } }
  await desk.addPeople(room, [email])
  return { people: [email], answer: { text: `${email} is in.`, replyTo } }
}

async function transfer(
  deps: Deps,
  room: RoomRef,
  task: Extract<PeopleTask, { type: 'transfer' }>,
): Promise<Done> {
  const topic = deps.settings()?.topics.find(({ id }) => id === task.topic)
  if (!topic) return { answer: { text: `There is no topic ${task.topic} any more.`, replyTo: task.replyTo } }
  const people = peopleOf(topic)
  await deps.desk.addPeople(room, people)
  return { people, inputs: [transferred(topic, task.by)] }
}

const transferred = ({ id, participants }: Topic, by: string): ChatInput => ({
  type: 'transferred',
  topic: id,
  people: participants,
  by,
})

async function notNow(
  deps: Deps,
  chat: StoredChat,
  row: OutboxRow,
  task: PeopleTask,
  error: DeliveryError,
): Promise<LaneState> {
  const { store, clock, log } = deps
  const attempts = row.attempts + 1
  const { permanent = false, retryAfter = 0 } = error.outcome
  if (!permanent && attempts < TRIES) {
    const dueAt = clock.now() + Math.max(backOff(attempts, Math.random()), retryAfter * 1000)
    await store.outbox.update(store.db, row, { state: 'pending', attempts, dueAt, lastError: error.message })
    return dueAt
  }
  log.warn({ chat: chat.ref, task: task.type, why: error.message }, 'people could not be let in')
  const who = task.type === 'invite' ? task.email : rulesFor(deps, chat.lang).staffTitle(task.topic)
  const why = permanent ? 'Webex knows nobody of that address, or lets nobody in' : 'Webex does not answer'
  const text = `Not done: ${who} could not be let in (${why}).`
  return finish(deps, chat, row, { answer: { text, replyTo: task.replyTo } })
}

async function finish(
  deps: Deps,
  chat: StoredChat,
  row: OutboxRow,
  { inputs = [], people = [], answer }: Done,
): Promise<LaneState> {
  const { store, clock, wake } = deps
  const also = async (trx: Knex.Transaction) => {
    await store.outbox.done(trx, row)
    if (people.length > 0) await store.chats.addPeople(trx, chat.id, people)
    if (answer) await store.outbox.add(trx, chat.id, [{ type: 'notice', ...answer }], clock.now())
  }
  try {
    await handle(deps, chat.id, inputs, also)
  } catch (error) {
    if (!(error instanceof store.outbox.Fenced)) throw error
  }
  if (answer) void wake(chat.id, 'desk')
  return 'again'
}
