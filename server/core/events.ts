/** A chat's log: events numbered 1, 2, 3 … without gaps, in commit order. The public shape of the visitor API. */

export type ChatState = 'opening' | 'bot' | 'waiting' | 'live' | 'closed'

export const CLOSE_REASONS = [
  'visitor_ended',
  'visitor_left',
  'visitor_idle',
  'agent_closed',
  'logout',
  'failed',
] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]

export interface Message {
  /** Ours, unique over all chats; says nothing about who wrote. */
  readonly id: string
  readonly from: 'visitor' | 'bot' | 'agent' | 'system'
  readonly text: string
  readonly clientId?: string
  /** Offered as buttons; one that is picked comes back as the visitor's own line. */
  readonly choices?: readonly string[]
}

export type ChatEvent = {
  readonly seq: number /** ISO instant, UTC, milliseconds. */
  readonly at: string
} & (
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'message.delivered' | 'message.failed'; readonly messageId: string }
  | { readonly type: 'message.edited'; readonly messageId: string; readonly text: string }
  | { readonly type: 'message.deleted'; readonly messageId: string }
  | { readonly type: 'idle_warning'; readonly closesAt: string }
  | { readonly type: 'state'; readonly state: ChatState; readonly reason?: CloseReason }
)

/** The page the visitor wrote from, as the page itself says. */
export interface Page {
  readonly url?: string | undefined
  readonly title?: string | undefined
  readonly referrer?: string | undefined
}
