/** What the visitor sees, as one value, and every step from one such value to the next. No DOM, no clock, no network. */
import type { Complaints } from './fields.ts'
import type { Unsent } from './outbox.ts'
import type { Chat, ChatEvent, ChatState, Closure, Config, Message } from './wire.ts'

/**
 * `form` shows topics and, once one is chosen, its fields. `error`: the configuration could not be had. A chat that is
 * resumed is `loading` until its history is there.
 */
export type Phase = 'loading' | 'form' | 'starting' | 'closed_hours' | 'chat' | 'ended' | 'error'

export type LineStatus = 'sending' | 'unsent' | 'sent' | 'delivered' | 'undelivered'

export interface Line {
  /** Stays the same from writing to delivery: the `clientId` if there is one, else the message's id. */
  readonly key: string
  readonly id?: string
  /** Infinity until the server has numbered it: what is not sent stands last. */
  readonly seq: number
  readonly from: Message['from']
  readonly text: string
  /** ISO instant. */
  readonly at: string
  readonly status: LineStatus
  readonly choices?: readonly string[]
  readonly edited?: boolean
  readonly deleted?: boolean
}

export interface State {
  readonly phase: Phase
  readonly open: boolean
  readonly config?: Config | undefined
  readonly topic?: string | undefined
  /** By path of the API: `name`, `email`, `fields.<id>`. */
  readonly errors: Complaints
  /** What went wrong, said to the visitor; empty when nothing did. */
  readonly notice: string
  /** Epoch milliseconds before which the server does not want to be asked again. */
  readonly retryAt: number
  readonly closed?: Closure
  readonly chatId?: string
  readonly chatState: ChatState
  readonly lines: readonly Line[]
  /** The highest `seq` applied. */
  readonly cursor: number
  /** The highest `seq` that was in view. */
  readonly seen: number
  /** What came after this `seq` was not seen when the visitor last looked. */
  readonly newAfter?: number | undefined
  /** The page is not looked at: another tab or window is. */
  readonly hidden: boolean
  readonly online: boolean
  /** ISO instant; an idle warning that was not answered. */
  readonly closesAt?: string | undefined
  /** It has been `loading` for so long that this is worth a word. */
  readonly isSlow?: boolean
  /** The visitor is asked whether to end the chat. */
  readonly asking?: boolean
  readonly reason?: string | undefined
}

export const initial: State = {
  phase: 'loading',
  open: false,
  errors: {},
  notice: '',
  retryAt: 0,
  chatState: 'opening',
  lines: [],
  cursor: 0,
  seen: 0,
  hidden: false,
  online: true,
}

export function isInView({ open, hidden }: State): boolean {
  return open && !hidden
}

/** Whether there is a panel to be seen. What comes at once needs no word before it, which would flicker. */
export function isShown({ open, phase, isSlow }: State): boolean {
  return open && (phase !== 'loading' || !!isSlow)
}

/** The visitor looks, or looks away: the panel is opened or closed, the page shown or hidden. */
export function looked(state: State, change: Partial<Pick<State, 'open' | 'hidden' | 'asking'>>): State {
  const next = { ...state, ...change }
  if (!isInView(next) || isInView(state)) return next
  return { ...next, newAfter: unread(state) ? state.seen : undefined, seen: next.cursor }
}

/** Everything from the beginning. */
export function loading({ open, hidden, config }: State): State {
  return { ...initial, open, hidden, config }
}

/** `wanted`: the topic to choose beforehand. */
export function configured(state: State, config: Config, wanted: string | undefined): State {
  const next = { ...state, config }
  if (state.chatId || state.phase === 'starting') return next
  const { topics, open } = config
  if (!open.open && !topics.some((topic) => topic.open)) return closed(next, open)
  const chosen = topics[1] ? topics.find(({ id }) => id === (state.topic ?? wanted)) : topics[0]
  return { ...next, phase: 'form', notice: '', topic: chosen?.open ? chosen.id : undefined }
}

export function starting(state: State): State {
  return { ...state, phase: 'starting', errors: {}, notice: '', retryAt: 0 }
}

/** The configuration, the start or the end did not work out. */
export function failed(state: State, notice: string, retryAt: number): State {
  const { phase } = state
  const next = phase === 'starting' ? 'form' : phase === 'loading' ? 'error' : phase
  return { ...state, phase: next, notice, retryAt }
}

export function closed(state: State, closure: Closure): State {
  return { ...state, phase: 'closed_hours', closed: closure }
}

export function started(state: State, chat: Chat, events: readonly ChatEvent[]): State {
  return heard({ ...state, chatId: chat.id, lines: [], cursor: 0 }, events, chat.state)
}

/** `seen`: up to which line an earlier page has shown it. */
export function resumed(state: State, chatId: string, seen: number): State {
  return { ...loading(state), chatId, seen }
}

/** Applies events that are new; a poll that was repeated brings old ones again. */
export function heard(state: State, events: readonly ChatEvent[], chatState: ChatState): State {
  if (!state.chatId || state.phase === 'ended') return state
  let next: State = { ...state, phase: 'chat' }
  for (const event of events) {
    if (event.seq > next.cursor) next = { ...withEvent(next, event), cursor: event.seq }
  }
  // What came while the page was loaded anew was not seen either.
  if (state.phase === 'loading') next = { ...next, newAfter: state.seen || undefined }
  next = { ...next, chatState, seen: isInView(next) ? next.cursor : next.seen }
  return chatState === 'closed' ? over(next, next.reason) : next
}

/** The visitor's line, shown before the server has it. Who answers has read. */
export function wrote(state: State, { clientId, text, at }: Unsent): State {
  const seq = Number.POSITIVE_INFINITY
  const line: Line = { key: clientId, seq, from: 'visitor', text, at, status: 'sending' }
  return withLine({ ...state, newAfter: undefined }, line)
}

/** The server has a line. The cursor stays: lines numbered before this one may not have come yet. */
export function sent(state: State, event: ChatEvent): State {
  return event.type === 'message' ? withMessage(state, event, event.message) : state
}

/** A line that the server has not yet answered for. */
export function marked(state: State, key: string, status: 'sending' | 'unsent'): State {
  return changed(state, (line) => line.key === key && !line.id, { status })
}

/** The chat has ended, whether an event says so or the server does not know it any more. */
export function over(state: State, reason: string | undefined): State {
  // There is no trying again.
  const next = changed(state, (line) => !line.id, { status: 'undelivered' })
  return { ...next, phase: 'ended', reason, online: true, asking: false, notice: '' }
}

/** How many lines from our side came while the panel was not in view; that the chat will be closed is one more. */
export function unread(state: State): number {
  const { lines, seen, closesAt } = state
  return isInView(state) ? 0 : lines.filter((line) => isNew(line, seen)).length + (closesAt ? 1 : 0)
}

/** A line from our side that came after `seq`. */
export function isNew({ from, seq, deleted }: Line, after = Number.POSITIVE_INFINITY): boolean {
  return /agent|bot/.test(from) && seq > after && !deleted
}

function withEvent(state: State, event: ChatEvent): State {
  const change = (patch: Partial<Line>) =>
    changed(state, ({ id }) => 'messageId' in event && id === event.messageId, patch)
  switch (event.type) {
    case 'message':
      // Whoever wrote it, the idle clock starts anew.
      return { ...withMessage(state, event, event.message), closesAt: undefined }
    case 'message.delivered':
      return change({ status: 'delivered' })
    case 'message.failed':
      return change({ status: 'undelivered' })
    case 'message.edited':
      return change({ text: event.text, edited: true })
    case 'message.deleted':
      return change({ text: '', deleted: true })
    case 'idle_warning':
      return { ...state, closesAt: event.closesAt }
    case 'state':
      return { ...state, reason: event.reason, notice: '' }
    default:
      return state
  }
}

function changed(state: State, which: (line: Line) => boolean, patch: Partial<Line>): State {
  return { ...state, lines: state.lines.map((line) => (which(line) ? { ...line, ...patch } : line)) }
}

/** Own lines come twice, as the answer to the sending and by the poll; the first of both counts. */
function withMessage(state: State, { seq, at }: ChatEvent, message: Message): State {
  if (state.lines.some(({ id }) => id === message.id)) return state
  return withLine(state, { ...message, key: message.clientId ?? message.id, seq, at, status: 'sent' })
}

/** Adds a line, or settles the one of the same key. (Infinity less Infinity is no number: such lines keep their order.) */
function withLine(state: State, line: Line): State {
  const lines = [...state.lines.filter(({ key }) => key !== line.key), line]
  return { ...state, lines: lines.sort((a, b) => a.seq - b.seq || 0) }
}
