/**
 * Works off what a chat owes its bot, one thing at a time: turns, the look for staff, the handover. Whatever becomes of it goes
 * back through `handle`, in the transaction that ends the row; a chat that staff have taken owes its bot nothing any more.
 */
import type { Knex } from 'knex'
import type { BotTask } from '../core/bot-part.ts'
import type { BotReply } from '../core/bot-reply.ts'
import type { BotInput, Turn } from '../core/bot-talk.ts'
import { BotError, DeliveryError } from '../core/errors.ts'
import { backOff } from '../core/outbox.ts'
import type { OutboxRow } from '../store/outbox.ts'
import { type LaneState, TAKEN_MS } from './deliver.ts'
import type { Deps } from './deps.ts'
import { letStaffIn, lookForStaff } from './hand-over.ts'
import { handle } from './handle.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

/** Of the session, as the page set them. */
type Parameters = Readonly<Record<string, string>>

/** What waited this long may have been tried by another process: a turn takes no longer. */
const AGED_MS = 5_000

export async function workBotLane(deps: Deps, chatId: string): Promise<LaneState> {
  const { store, clock } = deps
  const first = store.outbox.head(store.db, chatId, 'bot', deps.me)
  // Never an older chat than its row. On the one connection of SQLite what is asked later is answered later, and at once all
  // of it goes ahead of what the desk's lane writes meanwhile.
  if (!store.exclusive) await first
  const [head, chat, session] = await Promise.all([
    first,
    store.chats.find(store.db, chatId),
    store.sessions.ofChat(store.db, chatId),
  ])
  if (!head || !chat) return 'empty'
  if (head.isTaken) return clock.now() + TAKEN_MS
  if (head.dueAt > clock.now()) return head.dueAt
  // Where nobody else can be at it, a turn is spared the write.
  const row = store.exclusive ? head : await store.outbox.claim(store.db, head, deps.me)
  if (!row) return clock.now() + TAKEN_MS
  const task = row.task as BotTask
  if (isOver(chat, task)) {
    await finish(deps, chat, row, [])
    return 'again'
  }
  try {
    await run(deps, chat, row, task, session?.parameters ?? {})
    return 'again'
  } catch (error) {
    // A bug, or the database: not again at once, and a bot is told that it may be a step ahead.
    const attempts = row.attempts + 1
    const dueAt = clock.now() + backOff(attempts, Math.random())
    await store.outbox
      .update(store.db, row, { attempts, dueAt, lastError: String(error) })
      .catch(() => undefined)
    throw error
  }
}

async function run(
  deps: Deps,
  chat: StoredChat,
  row: OutboxRow,
  task: BotTask,
  parameters: Parameters,
): Promise<void> {
  switch (task.type) {
    case 'bot_turn':
      return takeTurn(deps, chat, row, task, parameters)
    case 'look_for_staff':
      return finish(deps, chat, row, [await lookForStaff(deps, chat, task.epoch)])
    case 'hand_over': {
      const { inputs, also } = await letStaffIn(deps, chat, task.epoch)
      return finish(deps, chat, row, inputs, also)
    }
    case 'dismiss':
      return dismiss(deps, chat, row, task.people)
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

async function dismiss(
  deps: Deps,
  chat: StoredChat,
  row: OutboxRow,
  people: readonly string[],
): Promise<void> {
  const { store, desk, clock, log } = deps
  const room = roomOf(chat)
  try {
    if (room) await desk.removePeople(room, people)
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    const attempts = row.attempts + 1
    if (!error.outcome.permanent && attempts < DISMISS_TRIES) {
      const dueAt = clock.now() + Math.max(backOff(attempts, 0), (error.outcome.retryAfter ?? 0) * 1000)
      return store.outbox.update(store.db, row, {
        state: 'pending',
        attempts,
        dueAt,
        lastError: error.message,
      })
    }
    log.warn(
      { chat: chat.ref, why: error.message },
      'who came in by a failed handover could not be taken out again',
    )
  }
  await finish(deps, chat, row, [])
}

async function takeTurn(
  deps: Deps,
  chat: StoredChat,
  row: OutboxRow,
  task: Extract<BotTask, { type: 'bot_turn' }>,
  parameters: Parameters,
): Promise<void> {
  const { store, clock, log } = deps
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
    const reply = await callBot(deps, chat, row, task, parameters)
    await finish(deps, chat, row, [{ type: 'bot_reply', turn, reply }], record('reply', reply))
  } catch (error) {
    if (!(error instanceof BotError)) throw error
    log.warn({ chat: chat.ref, kind: error.kind, why: error.message }, 'the bot gave no reply')
    await finish(deps, chat, row, [{ type: 'bot_failed', turn }], record(error.kind, null))
  }
}

async function callBot(
  deps: Deps,
  chat: StoredChat,
  row: OutboxRow,
  task: Extract<BotTask, { type: 'bot_turn' }>,
  parameters: Parameters,
): Promise<BotReply> {
  const { clock, botCalls } = deps
  const bot = deps.bot()
  if (!bot) throw new BotError('unavailable', 'no bot is configured any more')
  // Somebody may have asked already, and died before the reply was stored: the bot may be a step ahead then. No intent is
  // committed for that, as for a post: to be told what it said last costs a bot nothing.
  const isOld = row.addedAt < deps.startedAt || clock.now() - row.addedAt > AGED_MS
  const mayBeAhead = isOld || row.attempts > 0
  const stage = chat.bot?.stage
  return botCalls.turn(bot, {
    sessionId: chat.id,
    input: task.event ? { kind: 'event', name: task.event } : { kind: 'text', text: task.text ?? '' },
    lang: chat.lang,
    state: chat.bot?.state ?? null,
    restore: mayBeAhead || (chat.bot?.failures ?? 0) > 0,
    variables: {
      ...withoutOurs(parameters),
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

/** Ends the row and tells the chat, in one transaction; harmless when that has happened already. */
async function finish(
  deps: Deps,
  chat: StoredChat,
  row: OutboxRow,
  inputs: readonly BotInput[] | ((before: StoredChat) => readonly BotInput[]),
  also?: (trx: Knex.Transaction) => Promise<void>,
): Promise<void> {
  const { store } = deps
  try {
    await handle(deps, chat.id, inputs, async (trx) => {
      await store.outbox.done(trx, row)
      await also?.(trx)
    })
  } catch (error) {
    if (!(error instanceof store.outbox.Fenced)) throw error
  }
}
