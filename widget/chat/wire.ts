/** The visitor API's answers as far as the widget reads them; anything else in them is passed over. */

export type ChatState = 'opening' | 'bot' | 'waiting' | 'live' | 'closed'

/** Why it is closed. */
export interface Closure {
  /** Name of the holiday or special day. */
  readonly name?: string
  /** ISO instant. */
  readonly opensAt?: string
}

export interface Field {
  /** `name` and `email` are members of their own in the API; any other id goes in `fields`. */
  readonly id: string
  readonly type: string
  readonly required: boolean
  readonly label: string
  /** Of a consent: what is sent when its box is ticked. */
  readonly version?: string
  /** Of a select. */
  readonly options?: readonly { readonly value: string; readonly label: string }[]
}

export interface Topic {
  readonly id: string
  readonly title: string
  readonly open: boolean
  readonly opensAt?: string
  readonly form?: { readonly fields?: readonly Field[] }
}

export interface Config {
  readonly open: Closure & { readonly open: boolean }
  readonly topics: readonly Topic[]
  readonly texts?: Readonly<Record<string, unknown>>
  readonly lang?: string
}

export interface Message {
  readonly id: string
  readonly from: 'visitor' | 'bot' | 'agent' | 'system'
  readonly text: string
  readonly clientId?: string
  /** Answers that the visitor may pick from instead of writing. */
  readonly choices?: readonly string[]
}

export type ChatEvent = { readonly seq: number; readonly at: string } & (
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'message.delivered' | 'message.failed' | 'message.deleted'; readonly messageId: string }
  | { readonly type: 'message.edited'; readonly messageId: string; readonly text: string }
  | { readonly type: 'idle_warning'; readonly closesAt: string }
  | { readonly type: 'state'; readonly state: ChatState; readonly reason?: string }
)

export interface Chat {
  readonly id: string
  readonly state: ChatState
  readonly topic: string
}

export interface Events {
  readonly events: readonly ChatEvent[]
  readonly cursor: number
  readonly chat: { readonly state: ChatState }
}

/** Answer of `POST /chats`. */
export interface Started {
  readonly chat: Chat
  readonly token?: string
  readonly events: readonly ChatEvent[]
}

/** Body of `POST /chats`. */
export interface Start {
  readonly topic: string
  readonly lang: string
  readonly page: { readonly url: string; readonly title: string; readonly referrer: string }
  readonly name?: string
  readonly email?: string
  readonly fields?: Readonly<Record<string, string>>
}

/** RFC 9457. Anything may be missing: a proxy's answer is read as an empty one. */
export interface Problem extends Closure {
  readonly code?: string
  /** With `chat_open`: the chat that is under way. */
  readonly chatId?: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}
