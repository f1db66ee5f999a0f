/**
 * Works off what a chat owes its bot, one thing at a time: turns, the look for staff, the handover. Whatever becomes of it goes
 * back through `handle`, in the transaction that ends the row; a chat that staff have taken owes its bot nothing any more.
 */
import type { Knex } from 'knex'
import type { BotTask } from '../core/bot-part.ts'
import type { BotReply } from '../core/bot-reply.ts'
import type { Turn } from '../core/bot-talk.ts'
import { BotError, DeliveryError } from '../core/errors.ts'
import { backOff } from '../core/outbox.ts'
import type { Deps } from './deps.ts'
import { type Hand, keeping, type LaneState, putBack, TAKEN_MS, takeUp } from './hand.ts'
import { letStaffIn, lookForStaff } from './hand-over.ts'
import { finish } from './handle.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

/** Of the session, as the page set them. */
type Parameters = Readonly<Record<string, string>>

/** What waited this long may have been tried by another process: a turn takes no longer. */
const AGED_MS = 5_000

export async function workBotLane(deps: Deps, chatId: string, given?: Hand): Promise<LaneState> {
  const { store, clock } = deps
  const hand = await takeUp(deps, chatId, 'bot', given)
  if (typeof hand !== 'object') return hand
  const task = hand.row.task as BotTask
  if (isOver(hand.chat, task)) return finish(deps, hand, [])
  try {
    return await keeping(deps, hand, () => run(deps, hand, task))
  } catch (error) {
    if (error instanceof store.outbox.Fenced) return clock.now() + TAKEN_MS
    // A bug, or the database: not again at once, and a bot is told that it may be a step ahead.
    const attempts = hand.row.attempts + 1
    const dueAt = clock.now() + backOff(attempts, Math.random())
    await putBack(deps, hand, { attempts, dueAt, lastError: String(error) }).catch(() => undefined)
    throw error
  }
}

async function run(deps: Deps, hand: Hand, task: BotTask): Promise<LaneState> {
  const { chat } = hand
  switch (task.type) {
    case 'bot_turn':
      return takeTurn(deps, hand, task)
    case 'look_for_staff':
      return finish(deps, hand, [await lookForStaff(deps, chat, task.epoch)])
    case 'hand_over': {
      const { inputs, also } = await letStaffIn(deps, chat, task.epoch)
      return finish(deps, hand, inputs, { also })
    }
    case 'dismiss':
      return dismiss(deps, hand, task.people)
  }
}

/** Staff have the chat, or what was owed belongs to a part of the talk that is over. */
function isOver({ state, bot }: StoredChat, task: BotTask): boolean {
  if (state !== 'bot' || !bot || task.epoch !== bot.epoch) return true
  if (task.type === 'look_for_staff') return bot.stage.name !== 'checking'
  if (task.type === 'hand_over') return bot.stage.name !== 'joining'
  if (task.type === 'dismiss') return false
  if (task.event === 'prechat') return bot.stage.name !== 'intake'
  return task.seq !== null && !bot.open.some(({ seq }) => seq === task.seq)
}

/** Then whoever came in stays: the next handover calls them anyway. */
const DISMISS_TRIES = 4

async function dismiss(deps: Deps, hand: Hand, people: readonly string[]): Promise<LaneState> {
  const { desk, clock, log } = deps
  const { chat } = hand
  const room = roomOf(chat)
  try {
    if (room) await desk.removePeople(room, people)
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    const attempts = hand.row.attempts + 1
    if (!error.outcome.permanent && attempts < DISMISS_TRIES) {
      const dueAt = clock.now() + Math.max(backOff(attempts, 0), (error.outcome.retryAfter ?? 0) * 1000)
      await putBack(deps, hand, { state: 'pending', attempts, dueAt, lastError: error.message })
      return dueAt
    }
    log.warn(
      { chat: chat.ref, why: error.message },
      'who came in by a failed handover could not be taken out again',
    )
  }
  return finish(deps, hand, [])
}

async function takeTurn(
  deps: Deps,
  hand: Hand,
  task: Extract<BotTask, { type: 'bot_turn' }>,
): Promise<LaneState> {
  const { store, clock, log } = deps
  const { chat } = hand
  const turn: Turn = { epoch: task.epoch, seq: task.seq, event: task.event }
  const began = performance.now()
  const at = clock.now()
  const record = (outcome: string, reply: BotReply | null) => async (trx: Knex.Transaction) =>
    store.botTurns.add(trx, {
      chatId: chat.id,
      seq: task.seq,
      event: task.event ?? null,
      at,
      ms: Math.round(performance.now() - began),
      outcome,
      intent: reply?.intent ?? null,
      confidence: reply?.confidence ?? null,
      fallback: reply?.isFallback ?? false,
    })
  try {
    const reply = await callBot(deps, hand, task)
    return await finish(deps, hand, [{ type: 'bot_reply', turn, reply }], { also: record('reply', reply) })
  } catch (error) {
    if (!(error instanceof BotError)) throw error
    log.warn({ chat: chat.ref, kind: error.kind, why: error.message }, 'the bot gave no reply')
    return finish(deps, hand, [{ type: 'bot_failed', turn }], { also: record(error.kind, null) })
  }
}

async function callBot(
  deps: Deps,
  { chat, row }: Hand,
  task: Extract<BotTask, { type: 'bot_turn' }>,
): Promise<BotReply> {
  const { store, clock, botCalls } = deps
  const bot = deps.bot()
  if (!bot) throw new BotError('unavailable', 'no bot is configured any more')
  // Somebody may have asked already, and died before the reply was stored: the bot may be a step ahead then. No intent is
  // committed for that, as for a post: to be told what it said last costs a bot nothing.
  const isOld = row.addedAt < deps.startedAt || clock.now() - row.addedAt > AGED_MS
  const mayBeAhead = isOld || row.attempts > 0
  const stage = chat.bot?.stage
  const session = await store.sessions.ofChat(store.db, chat.id)
  return botCalls.turn(bot, {
    sessionId: chat.id,
    input: task.event ? { kind: 'event', name: task.event } : { kind: 'text', text: task.text ?? '' },
    lang: chat.lang,
    state: chat.bot?.state ?? null,
    restore: mayBeAhead || (chat.bot?.failures ?? 0) > 0,
    variables: {
      ...withoutOurs(session?.parameters ?? {}),
      chat: chat.ref,
      topic: chat.topic,
      ...(chat.page.url !== undefined && { page: chat.page.url }),
      ...(chat.name !== null && { name: chat.name }),
      ...(stage?.name === 'intake' && { agentStatus: stage.reachable ? 'online' : 'offline' }),
    },
  })
}

/** A page cannot say for us whether somebody is there. */
const withoutOurs = ({ agentStatus: _, ...parameters }: Parameters) => parameters
