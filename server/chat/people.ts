/** Colleagues whom staff want in a room: a lane of their own, so that no line waits for somebody to be let in. */
import type { PeopleTask } from '../core/chat.ts'
import type { ChatInput } from '../core/chat-state.ts'
import { DeliveryError } from '../core/errors.ts'
import { backOff } from '../core/outbox.ts'
import { peopleOf, type Topic } from '../core/settings.ts'
import type { RoomRef } from '../ports.ts'
import type { Deps } from './deps.ts'
import { type Hand, keeping, type LaneState, putBack, takeUp } from './hand.ts'
import { finish as end } from './handle.ts'
import { rulesFor } from './rules.ts'
import { roomOf } from './stored-chat.ts'

/** Then staff are told that it does not work, and can ask again. */
const TRIES = 5

export async function workPeopleLane(deps: Deps, chatId: string, given?: Hand): Promise<LaneState> {
  const hand = await takeUp(deps, chatId, 'people', given)
  if (typeof hand !== 'object') return hand
  const { chat } = hand
  const room = roomOf(chat)
  if (!room) return 'empty'
  const task = hand.row.task as PeopleTask
  // Nobody is let into a room that is over.
  if (chat.state === 'closed') return finish(deps, hand, {})
  try {
    const done = await keeping(deps, hand, () =>
      task.type === 'invite' ? invite(deps, room, task) : transfer(deps, room, task),
    )
    return await finish(deps, hand, done)
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    return notNow(deps, hand, task, error)
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

async function notNow(deps: Deps, hand: Hand, task: PeopleTask, error: DeliveryError): Promise<LaneState> {
  const { clock, log } = deps
  const { chat, row } = hand
  const attempts = row.attempts + 1
  const { permanent = false, retryAfter = 0 } = error.outcome
  if (!permanent && attempts < TRIES) {
    const dueAt = clock.now() + Math.max(backOff(attempts, Math.random()), retryAfter * 1000)
    await putBack(deps, hand, { state: 'pending', attempts, dueAt, lastError: error.message })
    return dueAt
  }
  log.warn({ chat: chat.ref, task: task.type, why: error.message }, 'people could not be let in')
  const who = task.type === 'invite' ? task.email : rulesFor(deps, chat.lang).staffTitle(task.topic)
  const why = permanent ? 'Webex knows nobody of that address, or lets nobody in' : 'Webex does not answer'
  const text = `Not done: ${who} could not be let in (${why}).`
  return finish(deps, hand, { answer: { text, replyTo: task.replyTo } })
}

function finish(deps: Deps, hand: Hand, { inputs = [], people = [], answer }: Done): Promise<LaneState> {
  return end(deps, hand, inputs, {
    also: async (trx) => {
      if (people.length > 0) await deps.store.chats.addPeople(trx, hand.chat.id, people)
    },
    owed: answer ? [{ type: 'notice', ...answer }] : [],
  })
}
