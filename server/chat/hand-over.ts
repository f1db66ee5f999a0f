/** From the bot to people: who is there, and letting them in. */
import type { Knex } from 'knex'
import type { BotInput } from '../core/bot-talk.ts'
import { minute } from '../core/chat.ts'
import { DeliveryError } from '../core/errors.ts'
import { digestOf, routeOf } from '../core/handover.ts'
import { peopleOf, type Topic } from '../core/settings.ts'
import type { Deps } from './deps.ts'
import { openState } from './hours.ts'
import { anybodyReachable, firstReachable } from './presence.ts'
import { rulesFor } from './rules.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

/** Where the handover leads as things stand; undefined when there are no topics any more. */
function targetOf(deps: Deps, chat: StoredChat): Topic | undefined {
  const settings = deps.settings()
  const stage = chat.bot?.stage
  if (!settings || !stage || !('wish' in stage)) return undefined
  return routeOf(settings, stage.wish, { topic: chat.topic, pageUrl: chat.page.url })
}

/** Outside its hours nobody of a topic counts as reachable, nor when the desk cannot be asked: that is no promise. */
export async function lookForStaff(deps: Deps, chat: StoredChat, epoch: number): Promise<BotInput> {
  const settings = deps.settings()
  const topic = targetOf(deps, chat)
  const isOpen = settings && topic && openState(settings, topic, deps.clock.now()).open
  return {
    type: 'staff_found',
    epoch,
    reachable: isOpen === true && (await anybodyReachable(deps, topic)) === true,
  }
}

export interface LetIn {
  readonly inputs: readonly BotInput[] | ((before: StoredChat) => readonly BotInput[])
  readonly also?: (trx: Knex.Transaction) => Promise<void>
}

/**
 * All or nothing: first the people, then, with what this returns, the chat in one transaction. When they cannot be let in
 * the bot goes on, and those who came in all the same are taken out again.
 */
export async function letStaffIn(deps: Deps, chat: StoredChat, epoch: number): Promise<LetIn> {
  const { store, desk, log } = deps
  const topic = targetOf(deps, chat)
  const room = roomOf(chat)
  if (!topic || !room) return { inputs: [{ type: 'handover_failed', epoch, dismiss: [] }] }
  const people = peopleOf(topic)
  const cameIn: string[] = []
  try {
    // All of them: whom we once let in may have left since.
    await desk.addPeople(room, people, (email) => cameIn.push(email))
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    log.warn({ chat: chat.ref, why: error.message }, 'a handover did not work out; the bot goes on')
    return { inputs: [{ type: 'handover_failed', epoch, dismiss: cameIn }] }
  }
  const owner = topic.assign === 'available' ? await firstReachable(deps, topic) : null
  return {
    inputs: (before) => handedOver(deps, before, topic, owner, epoch),
    also: (trx) => store.chats.addPeople(trx, chat.id, people),
  }
}

function handedOver(
  deps: Deps,
  { bot, page, ref, lang }: StoredChat,
  topic: Topic,
  owner: string | null,
  epoch: number,
): readonly BotInput[] {
  if (bot?.stage.name !== 'joining') return []
  const { wish, answers, parameters, reachable } = bot.stage
  const rules = rulesFor(deps, lang)
  const digest = digestOf({
    wish,
    ref,
    topic: rules.staffTitle(topic.id),
    advice: rules.advice(topic.id),
    pageUrl: page.url,
    answers,
    parameters: { ...bot.facts, ...parameters },
    bot,
    reachable,
    at: minute(deps.clock.now()),
  })
  return [{ type: 'handed_over', epoch, topic: topic.id, people: topic.participants, owner, digest }]
}
