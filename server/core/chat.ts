/** A chat as the rules see it, what can be owed for it, and the draft in which one input's consequences are collected. */

import type { BotErrand, BotPart, BotTask } from './bot-part.ts'
import type { ChatEvent, ChatState, CloseReason } from './events.ts'

export interface Chat {
  readonly id: string
  readonly state: ChatState
  readonly lastSeq: number
  readonly closeReason: CloseReason | null
  readonly closedAt: number | null
  /** `gone`: the page was left, the room does not know yet; `told`: the room was told. */
  readonly away: 'no' | 'gone' | 'told'
  readonly awaySince: number | null
  /** Epoch ms from which the visitor counts as idle: the latest line to or from them, or their sign that they are there. */
  readonly idleSince: number
  readonly idleWarned: boolean
  /** Whose chat it is now: the visitor's choice, until it is handed over or transferred. */
  readonly topic: string
  /** E-mail address of the member of staff who took it. */
  readonly owner: string | null
  /** Since when the visitor waits for staff; null while nobody is owed an answer. */
  readonly unansweredSince: number | null
  /** Who was told that the visitor waits. */
  readonly reminded: 'nobody' | 'staff' | 'visitor'
  /** The visitor's lines that do not stand in the room yet. */
  readonly undelivered: number
  /** The bot's side of the chat; null when no bot serves it. */
  readonly bot: BotPart | null
}

/** Owed to the desk. `people` are e-mail addresses, `replyTo` a line of the room by the desk's id. */
export type DeskTask =
  | { readonly type: 'line'; readonly seq: number; readonly text: string; readonly from?: 'bot' }
  | {
      readonly type: 'notice'
      readonly text: string
      readonly replyTo?: string
      readonly mention?: readonly string[]
    }
  | { readonly type: 'close_room' }
  | { readonly type: 'discard_room' }

/** Colleagues whom staff want in the room. */
export type PeopleTask =
  | { readonly type: 'invite'; readonly email: string; readonly replyTo: string }
  | {
      readonly type: 'transfer'
      readonly topic: string
      readonly by: string
      readonly replyTo: string
    }

export type Task = DeskTask | BotTask | PeopleTask

/**
 * A lane is one chat × one destination: each keeps its order, and a stopped one stops no other. `people` is the desk too, but
 * no line waits for somebody to be let in.
 */
export type Lane = 'desk' | 'bot' | 'people'

const LANES: Readonly<Record<Task['type'], Lane>> = {
  line: 'desk',
  notice: 'desk',
  close_room: 'desk',
  discard_room: 'desk',
  bot_turn: 'bot',
  look_for_staff: 'bot',
  hand_over: 'bot',
  dismiss: 'bot',
  invite: 'people',
  transfer: 'people',
}

export const laneOf = (task: Task): Lane => LANES[task.type]

export interface Transition {
  readonly chat: Chat
  readonly events: readonly ChatEvent[]
  readonly tasks: readonly Task[]
}

export const messageId = (chatId: string, seq: number): string => `${chatId}-${seq}`

export interface Said {
  readonly text: string
  readonly clientId?: string | undefined
  readonly choices?: readonly string[] | undefined
}

export type Draft = ReturnType<typeof draft>

/** Collects what one input leads to, numbering events from the chat's last one. @param at epoch ms */
export function draft(before: Chat, at: number) {
  const instant = new Date(at).toISOString()
  let next = before
  const events: ChatEvent[] = []
  const tasks: Task[] = []
  const number = () => {
    next = { ...next, lastSeq: next.lastSeq + 1 }
    return { seq: next.lastSeq, at: instant }
  }
  const set = (change: Partial<Chat>) => {
    next = { ...next, ...change }
  }
  const message = (from: 'visitor' | 'bot' | 'agent' | 'system', { text, clientId, choices }: Said) => {
    // What we say of ourselves keeps nobody's clock running.
    if (from !== 'system') set({ idleSince: at, idleWarned: false })
    const stamp = number()
    events.push({
      ...stamp,
      type: 'message',
      message: {
        id: messageId(before.id, stamp.seq),
        from,
        text,
        ...(clientId !== undefined && { clientId }),
        ...(choices && choices.length > 0 && { choices }),
      },
    })
    return stamp.seq
  }
  const task = (one: Task) => void tasks.push(one)
  return {
    at,
    /** As it is now, with what was set so far. */
    get chat() {
      return next
    },
    set,
    /** Changes the bot's side; nothing when no bot serves the chat. */
    setBot(change: Partial<BotPart>) {
      if (next.bot) set({ bot: { ...next.bot, ...change } })
    },
    task,
    /** Owed to the bot; nothing when none serves the chat. */
    errand(one: BotErrand) {
      if (next.bot) task({ ...one, epoch: next.bot.epoch })
    },
    message,
    state(state: ChatState, reason?: CloseReason) {
      set({ state })
      events.push({ ...number(), type: 'state', state, ...(reason && { reason }) })
    },
    receipt(type: 'message.delivered' | 'message.failed', seq: number) {
      events.push({ ...number(), type, messageId: messageId(before.id, seq) })
    },
    edited(seq: number, text: string) {
      events.push({ ...number(), type: 'message.edited', messageId: messageId(before.id, seq), text })
    },
    deleted(seq: number) {
      events.push({ ...number(), type: 'message.deleted', messageId: messageId(before.id, seq) })
    },
    idleWarning(closesAt: number) {
      set({ idleWarned: true })
      events.push({ ...number(), type: 'idle_warning', closesAt: new Date(closesAt).toISOString() })
    },
    /** A line of the bot: to the visitor, and into the room. */
    botSays(said: Said) {
      const seq = message('bot', said)
      // Staff see what was offered, too.
      const offered = (said.choices ?? []).map((choice) => `[${choice}]`).join(' ')
      const text = offered === '' ? said.text : `${said.text}\n${offered}`
      task({ type: 'line', seq, text, from: 'bot' })
    },
    done: (): Transition => ({ chat: next, events, tasks }),
  }
}

/** Notices are found again by their exact text, so two of a kind must differ: each names its minute. */
export const minute = (at: number): string => `${new Date(at).toISOString().slice(11, 16)} UTC`
