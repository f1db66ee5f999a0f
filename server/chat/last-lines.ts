/** What was said last in a chat, for a room that does not hold it. */
import { singleLine } from '../core/text.ts'
import type { Deps } from './deps.ts'
import type { StoredChat } from './stored-chat.ts'

const LINES = 20
const EVENTS = 200
const WHO = { visitor: 'Visitor', agent: 'Staff', bot: 'Bot', system: 'Told the visitor' } as const

/** Oldest first, each on one line. */
export async function lastLines({ store }: Deps, chat: StoredChat): Promise<string[]> {
  const events = await store.events.list(store.db, chat.id, Math.max(0, chat.lastSeq - EVENTS), EVENTS)
  const messages = events.flatMap((event) => (event.type === 'message' ? [event.message] : []))
  return messages.slice(-LINES).map(({ from, text }) => `${WHO[from]}: ${singleLine(text, 500)}`)
}
