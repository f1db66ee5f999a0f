/** One chat as a server keeps it: numbered events, and those who wait for the next one. */
import { EventEmitter } from 'node:events'
import type { ChatEvent, ChatState, Message } from '../../../widget/chat/wire.ts'

export interface OneChat {
  readonly state: ChatState
  /** What stands in it, from the first line to the last: `agent: Hello`. */
  readonly lines: readonly string[]
  /** As `GET /chats/:id/events` answers. */
  since(after: number): object
  /** Whether there is nothing after `after`. */
  isQuiet(after: number): boolean
  /** A visitor's line; the same `clientId` is the same line, and gives the same event. */
  write(clientId: string | undefined, text: string): ChatEvent
  say(from: Message['from'], text: string, choices?: readonly string[]): void
  /** The id of the newest line that reads so. */
  idOf(text: string): string | undefined
  add(event: object): ChatEvent
  become(state: ChatState, reason?: string): void
  forget(): void
  /** `listener` is told of every event, and of what else may interest those who wait. */
  readonly news: EventEmitter
}

export function createOneChat(): OneChat {
  const events: ChatEvent[] = []
  const news = new EventEmitter().setMaxListeners(0)
  let state: ChatState = 'bot'

  function add(event: object): ChatEvent {
    const added = { seq: events.length + 1, at: new Date().toISOString(), ...event } as ChatEvent
    events.push(added)
    news.emit('event')
    return added
  }

  const messages = () => events.flatMap((event) => (event.type === 'message' ? [event.message] : []))

  return {
    get state() {
      return state
    },
    get lines() {
      return messages().map(({ from, text }) => `${from}: ${text}`)
    },
    since: (after) => ({
      events: events.slice(after),
      cursor: Math.max(after, events.length),
      chat: { state },
    }),
    isQuiet: (after) => after >= events.length,
    write(clientId, text) {
      const known = events.find(
        (event) => event.type === 'message' && clientId && event.message.clientId === clientId,
      )
      return (
        known ??
        add({ type: 'message', message: { id: `m${events.length}`, from: 'visitor', text, clientId } })
      )
    },
    say(from, text, choices) {
      add({ type: 'message', message: { id: `m${events.length}`, from, text, ...(choices && { choices }) } })
    },
    idOf: (text) => messages().findLast((message) => message.text === text)?.id,
    add,
    become(next, reason) {
      state = next
      add({ type: 'state', state: next, reason })
    },
    forget() {
      events.length = 0
      state = 'bot'
    },
    news,
  }
}
