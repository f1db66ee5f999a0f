/** A visitor with nothing but fetch: whatever speaks HTTP can be one. */
import { randomUUID } from 'node:crypto'
import type { ChatEvent, ChatState, CloseReason } from '../../server/core/events.ts'

/** Everything an answer of the visitor API may carry, each member only where its operation has it. */
export interface Body {
  readonly session: { readonly id: string; readonly parameters: Readonly<Record<string, string>> }
  readonly token: string
  readonly chat: {
    readonly id: string
    readonly state: ChatState
    readonly topic: string
    readonly startedAt: string
    readonly closedAt?: string
    readonly closeReason?: CloseReason
  }
  readonly events: readonly ChatEvent[]
  readonly event: Extract<ChatEvent, { type: 'message' }>
  readonly cursor: number
  readonly code: string
  readonly detail: string
  readonly errors: readonly { readonly path: string; readonly message: string }[]
  readonly reason: string
  readonly opensAt: string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

export async function call(
  origin: string,
  method: string,
  path: string,
  options: {
    token?: string | undefined
    body?: unknown
    headers?: Record<string, string>
    signal?: AbortSignal
  } = {},
): Promise<Answer> {
  const { token, body, headers = {}, signal } = options
  const response = await fetch(`${origin}/api/v1${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? undefined : JSON.parse(text)) as Body,
  }
}

export interface Visitor {
  readonly token: string
  readonly chatId: string
  send(text: string, clientId?: string): Promise<Answer>
  /** Events after `after`, waiting for at most `wait` seconds. */
  events(after?: number, wait?: number): Promise<Answer>
  /** Polls until an event fits, then answers it. */
  until(fits: (event: ChatEvent) => boolean): Promise<ChatEvent>
  call(method: string, path: string, body?: unknown): Promise<Answer>
}

/** Makes a session and starts a chat. @throws when the start is refused */
export async function startChat(
  origin: string,
  wish: Record<string, unknown> = { topic: 'sales' },
): Promise<Visitor> {
  const session = await call(origin, 'POST', '/sessions', { body: {} })
  const started = await call(origin, 'POST', '/chats', { token: session.body.token, body: wish })
  if (started.status !== 201) throw new Error(`start: ${started.status} ${JSON.stringify(started.body)}`)
  return visitorOf(origin, session.body.token, started.body.chat.id)
}

export function visitorOf(origin: string, token: string, chatId: string): Visitor {
  const own = (method: string, path: string, body?: unknown) =>
    call(origin, method, `/chats/${chatId}${path}`, { token, ...(body !== undefined && { body }) })
  let cursor = 0
  const seen: ChatEvent[] = []
  return {
    token,
    chatId,
    call: own,
    send: (text, clientId = randomUUID()) => own('POST', '/messages', { clientId, text }),
    events: (after = 0, wait = 0) => own('GET', `/events?after=${after}&wait=${wait}`),
    async until(fits) {
      for (let polls = 0; polls < 20; polls++) {
        const found = seen.find(fits)
        if (found) return found
        const answer = await own('GET', `/events?after=${cursor}&wait=10`)
        if (answer.status !== 200) throw new Error(`poll: ${answer.status}`)
        seen.push(...answer.body.events)
        cursor = answer.body.cursor
        if (answer.body.chat.state === 'closed' && answer.body.events.length === 0) break
      }
      const found = seen.find(fits)
      if (found) return found
      throw new Error(`it never came; seen: ${JSON.stringify(seen)}`)
    },
  }
}

/** Texts of the messages from one side, in order. */
export const textsFrom = (from: string, events: readonly ChatEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === 'message' && event.message.from === from ? [event.message.text] : [],
  )
