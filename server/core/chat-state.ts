/**
 * The life of a chat as one pure function: `transition(chat, input)` says what the chat becomes, which events are appended
 * to its log, and what must be done about it (tasks, which become outbox rows in the same transaction).
 *
 *     opening -> bot -> waiting -> live -> closed      (without a bot: opening -> waiting)
 *                 ^_______________|  staff hand back; a staff line to the visitor makes it live from anywhere
 */
import { type BotInput, botBegins, botInput, keepOpen, lineToBot } from './bot-talk.ts'
import { type Chat, draft, minute, type Transition } from './chat.ts'
import { type Order, obey } from './console.ts'
import { Problem } from './errors.ts'
import type { CloseReason } from './events.ts'
import type { Rules } from './rules.ts'
import type { Topic } from './settings.ts'

export { type Chat, messageId, type Task, type Transition } from './chat.ts'

export type ChatInput =
  | BotInput
  /** The room stands. `nobody`: none of its people can be reached now. */
  | {
      readonly type: 'opened'
      readonly text?: string | undefined
      readonly bot?: boolean
      readonly nobody?: boolean
      /** Given to one of its people from the start. */
      readonly owner?: string | null
    }
  /** A start that did not work out; leaves nothing to be seen. */
  | { readonly type: 'open_failed' }
  | { readonly type: 'visitor_line'; readonly text: string; readonly clientId?: string | undefined }
  /** A line of staff that is for the visitor (see `audienceOf`), or files beside one that is not. */
  | {
      readonly type: 'staff_line'
      readonly text: string
      readonly files: number
      readonly by: string
      readonly id: string
    }
  /** A line the visitor has read was changed, or taken back: deleted, or made internal. */
  | { readonly type: 'staff_edit'; readonly seq: number; readonly text: string }
  | { readonly type: 'staff_delete'; readonly seq: number }
  /** A line that stays inside; `why` where staff might not expect it. */
  | { readonly type: 'whisper'; readonly id: string; readonly why?: string | undefined }
  | ({ readonly type: 'order' } & Order)
  /** The visitor's line of that `seq` stands in the room, or never will. */
  | { readonly type: 'delivered' | 'undeliverable'; readonly seq: number }
  | {
      readonly type: 'transferred'
      readonly topic: string
      readonly people: readonly string[]
      readonly by: string
    }
  | { readonly type: 'away' | 'here' }
  /** The visitor has been away long enough for the room to hear of it. */
  | { readonly type: 'tell_away' }
  /** The visitor waits for staff: they are called again, then the visitor is told. */
  | { readonly type: 'remind'; readonly who: 'staff' | 'visitor'; readonly people: readonly string[] }
  | { readonly type: 'idle_warning'; readonly closesAt: number }
  | { readonly type: 'close'; readonly reason: CloseReason }

/** Staff read these in the room. */
export const CLOSING_NOTICES: Readonly<Record<CloseReason, string>> = {
  visitor_ended: 'The visitor ended the chat. This chat is closed.',
  visitor_left: 'The visitor has left. This chat is closed.',
  visitor_idle: 'The visitor was inactive. This chat is closed.',
  agent_closed: 'Staff ended the chat. This chat is closed.',
  logout: 'The visitor logged out. This chat is closed.',
  failed: 'This chat had to be closed because of a fault. The visitor was told.',
}

/** While the desk is away a chat may wait with this many lines; then the visitor is asked to wait, too. */
const MOST_UNDELIVERED = 100

const FILE_NOTICE = 'The file was not passed on: the visitor cannot receive files yet.'

/** @param at epoch ms. @throws Problem `chat_closed` for a visitor's line into a closed chat, `overloaded` when too many wait. */
export function transition(chat: Chat, input: ChatInput, at: number, rules: Rules): Transition {
  const d = draft(chat, at)
  const closed = chat.state === 'closed'

  const visitorLine = (text: string, clientId?: string) => {
    const seq = d.message('visitor', { text, clientId })
    d.task({ type: 'line', seq, text })
    d.set({ undelivered: d.chat.undelivered + 1 })
    keepOpen(d, seq, text)
    const { state, bot, unansweredSince } = d.chat
    if (state === 'bot' && bot) lineToBot(d, bot, rules, seq, text)
    else if (unansweredSince === null) d.set({ unansweredSince: at, reminded: 'nobody' })
  }
  const back = () => {
    if (chat.away === 'told') d.task({ type: 'notice', text: `The visitor is back (${minute(at)}).` })
    d.set({ away: 'no', awaySince: null })
  }
  const close = (reason: CloseReason) => {
    d.set({ closeReason: reason, closedAt: at })
    d.state('closed', reason)
    d.task({ type: 'notice', text: CLOSING_NOTICES[reason] })
    d.task({ type: 'close_room' })
  }

  switch (input.type) {
    case 'opened':
      if (chat.state !== 'opening') break
      d.set({ idleSince: at, owner: input.owner ?? null })
      d.state(input.bot ? 'bot' : 'waiting')
      if (input.bot) botBegins(d)
      else if (input.nobody) d.message('system', { text: rules.words('nobodyThere') })
      if (input.text !== undefined) visitorLine(input.text)
      break

    case 'open_failed':
      if (chat.state !== 'opening') break
      d.set({ state: 'closed', closeReason: 'failed', closedAt: at })
      d.task({ type: 'discard_room' })
      break

    case 'visitor_line':
      if (closed) throw new Problem('chat_closed', 'This chat is closed. Start a new one to go on.')
      if (chat.undelivered >= MOST_UNDELIVERED) {
        const detail = 'What you wrote before is still on its way. Please wait a moment.'
        throw new Problem('overloaded', detail, { retryAfter: 30 })
      }
      back()
      visitorLine(input.text, input.clientId)
      break

    case 'staff_line': {
      if (closed || chat.state === 'opening') break
      const locked = refusal(chat, input.by, rules.topics)
      if (locked !== null) d.task({ type: 'notice', text: locked, replyTo: input.id })
      else if (input.text.trim() !== '') {
        if (chat.state !== 'live') d.state('live')
        d.set({ unansweredSince: null, reminded: 'nobody' })
        d.setBot({ open: [] })
        d.message('agent', { text: input.text })
      }
      if (input.files > 0 && locked === null)
        d.task({ type: 'notice', text: `${FILE_NOTICE} (${minute(at)})` })
      break
    }

    case 'staff_edit':
      if (!closed) d.edited(input.seq, input.text)
      break

    case 'staff_delete':
      if (!closed) d.deleted(input.seq)
      break

    case 'whisper':
      if (closed || input.why === undefined) break
      d.task({ type: 'notice', text: input.why, replyTo: input.id })
      break

    case 'order':
      if (!closed && chat.state !== 'opening') obey(d, input, rules, close)
      break

    case 'transferred':
      if (closed || chat.topic === input.topic) break
      d.set({ topic: input.topic, owner: null, unansweredSince: at, reminded: 'nobody' })
      if (chat.state !== 'waiting') d.state('waiting')
      d.message('system', { text: rules.words('transferred', { topic: rules.title(input.topic) }) })
      d.task({
        type: 'notice',
        text: `${input.by} gave this chat to ${rules.staffTitle(input.topic)} (${d.chat.lastSeq}, ${minute(at)}). Everything so far stands above. ${rules.advice(input.topic)}`,
        mention: input.people,
      })
      break

    case 'delivered':
    case 'undeliverable':
      d.set({ undelivered: Math.max(0, chat.undelivered - 1) })
      d.receipt(input.type === 'delivered' ? 'message.delivered' : 'message.failed', input.seq)
      if (input.type === 'undeliverable' && !closed)
        d.task({
          type: 'notice',
          text: `What the visitor wrote as ${input.seq} could not be posted here. They were told.`,
        })
      break

    case 'away':
      if (!closed && chat.away === 'no') d.set({ away: 'gone', awaySince: at })
      break

    case 'here':
      if (closed) break
      back()
      d.set({ idleSince: at, idleWarned: false })
      break

    case 'tell_away':
      if (closed || chat.away !== 'gone') break
      d.set({ away: 'told' })
      d.task({ type: 'notice', text: `The visitor left the page (${minute(at)}).` })
      break

    case 'remind':
      if (closed || chat.unansweredSince === null || chat.reminded === input.who) break
      d.set({ reminded: input.who })
      if (input.who === 'visitor') d.message('system', { text: rules.words('stillWaiting') })
      else
        d.task({
          type: 'notice',
          text: `The visitor has been waiting since ${minute(chat.unansweredSince)}.`,
          mention: input.people,
        })
      break

    case 'idle_warning':
      if (!closed && !chat.idleWarned) d.idleWarning(input.closesAt)
      break

    case 'close':
      if (!closed) close(input.reason)
      break

    default:
      botInput(d, input, rules)
  }
  return d.done()
}

/** In a personal room that somebody took, only they speak to the visitor. Null: go on. */
export function refusal(
  chat: Pick<Chat, 'topic' | 'owner'>,
  by: string,
  topics: readonly Topic[],
): string | null {
  const personal = topics.find(({ id }) => id === chat.topic)?.room === 'personal'
  if (!personal || chat.owner === null || chat.owner === by) return null
  return `Not sent to the visitor: ${chat.owner} owns this chat. /take makes it yours.`
}
