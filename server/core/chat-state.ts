/**
 * The life of a chat as one pure function: `transition(chat, input)` says what the chat becomes, which events are appended
 * to its log, and what must be done about it (tasks, which become outbox rows in the same transaction).
 *
 *     opening -> waiting -> live -> closed          (a bot will stand between opening and waiting)
 */
import { Problem } from './errors.ts'
import type { ChatEvent, ChatState, CloseReason } from './events.ts'
import { isInternal } from './text.ts'

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
}

export type ChatInput =
  /** The room stands. */
  | { readonly type: 'opened'; readonly text?: string | undefined }
  /** A start that did not work out; leaves nothing to be seen. */
  | { readonly type: 'open_failed' }
  | { readonly type: 'visitor_line'; readonly text: string; readonly clientId?: string | undefined }
  | { readonly type: 'staff_line'; readonly text: string; readonly files: number }
  /** The visitor's line of that `seq` stands in the room, or never will. */
  | { readonly type: 'delivered' | 'undeliverable'; readonly seq: number }
  | { readonly type: 'away' | 'here' }
  /** The visitor has been away long enough for the room to hear of it. */
  | { readonly type: 'tell_away' }
  | { readonly type: 'idle_warning'; readonly closesAt: number }
  | { readonly type: 'close'; readonly reason: CloseReason }

export type Task =
  | { readonly type: 'line'; readonly seq: number; readonly text: string }
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'close_room' }
  | { readonly type: 'discard_room' }

export interface Transition {
  readonly chat: Chat
  readonly events: readonly ChatEvent[]
  readonly tasks: readonly Task[]
}

/** Staff read these in the room. */
export const CLOSING_NOTICES: Readonly<Record<CloseReason, string>> = {
  visitor_ended: 'The visitor ended the chat. This chat is closed.',
  visitor_left: 'The visitor has left. This chat is closed.',
  visitor_idle: 'The visitor was inactive. This chat is closed.',
  agent_closed: 'Staff ended the chat. This chat is closed.',
  logout: 'The visitor logged out. This chat is closed.',
  failed: 'This chat had to be closed because of a fault. The visitor was told.',
}

const FILE_NOTICE = 'The file was not passed on: the visitor cannot receive files yet.'

/** Notices are found again by their exact text, so two of a kind must differ: each names its minute. */
const minute = (at: number): string => `${new Date(at).toISOString().slice(11, 16)} UTC`

export const messageId = (chatId: string, seq: number): string => `${chatId}-${seq}`

/** Collects what one input leads to, numbering events from the chat's last one. */
function draft(chat: Chat, at: number) {
  const instant = new Date(at).toISOString()
  let next = chat
  const events: ChatEvent[] = []
  const tasks: Task[] = []
  const number = () => {
    next = { ...next, lastSeq: next.lastSeq + 1 }
    return { seq: next.lastSeq, at: instant }
  }
  const set = (change: Partial<Chat>) => {
    next = { ...next, ...change }
  }
  return {
    set,
    task: (task: Task) => void tasks.push(task),
    state(state: ChatState, reason?: CloseReason) {
      set({ state })
      events.push({ ...number(), type: 'state', state, ...(reason && { reason }) })
    },
    message(from: 'visitor' | 'agent', text: string, clientId?: string) {
      set({ idleSince: at, idleWarned: false })
      const stamp = number()
      const id = messageId(chat.id, stamp.seq)
      events.push({ ...stamp, type: 'message', message: { id, from, text, ...(clientId && { clientId }) } })
      return stamp.seq
    },
    receipt(type: 'message.delivered' | 'message.failed', seq: number) {
      events.push({ ...number(), type, messageId: messageId(chat.id, seq) })
    },
    idleWarning(closesAt: number) {
      set({ idleWarned: true })
      events.push({ ...number(), type: 'idle_warning', closesAt: new Date(closesAt).toISOString() })
    },
    done: (): Transition => ({ chat: next, events, tasks }),
  }
}

/** @param at epoch ms. @throws Problem `chat_closed` for a visitor's line into a closed chat. */
export function transition(chat: Chat, input: ChatInput, at: number): Transition {
  const d = draft(chat, at)
  const closed = chat.state === 'closed'

  const visitorLine = (text: string, clientId?: string) => {
    const seq = d.message('visitor', text, clientId)
    d.task({ type: 'line', seq, text })
  }
  const back = () => {
    if (chat.away === 'told') d.task({ type: 'notice', text: `The visitor is back (${minute(at)}).` })
    d.set({ away: 'no', awaySince: null })
  }

  switch (input.type) {
    case 'opened':
      if (chat.state !== 'opening') break
      d.set({ idleSince: at })
      d.state('waiting')
      if (input.text !== undefined) visitorLine(input.text)
      break

    case 'open_failed':
      if (chat.state !== 'opening') break
      d.set({ state: 'closed', closeReason: 'failed', closedAt: at })
      d.task({ type: 'discard_room' })
      break

    case 'visitor_line':
      if (closed) throw new Problem('chat_closed', 'This chat is closed. Start a new one to go on.')
      back()
      visitorLine(input.text, input.clientId)
      break

    case 'staff_line': {
      if (closed || chat.state === 'opening') break
      const internal = isInternal(input.text)
      if (!internal && input.text.trim() !== '') {
        if (chat.state !== 'live') d.state('live')
        d.message('agent', input.text)
      }
      if (input.files > 0 && !internal) d.task({ type: 'notice', text: `${FILE_NOTICE} (${minute(at)})` })
      break
    }

    case 'delivered':
      d.receipt('message.delivered', input.seq)
      break

    case 'undeliverable':
      d.receipt('message.failed', input.seq)
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

    case 'idle_warning':
      if (!closed && !chat.idleWarned) d.idleWarning(input.closesAt)
      break

    case 'close':
      if (closed) break
      d.set({ closeReason: input.reason, closedAt: at })
      d.state('closed', input.reason)
      d.task({ type: 'notice', text: CLOSING_NOTICES[input.reason] })
      d.task({ type: 'close_room' })
      break
  }
  return d.done()
}
