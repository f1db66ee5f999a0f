/** What the settings say, as far as a chat's transitions depend on it, in the language of its visitor. */
import type { Topic } from './settings.ts'
import type { Words } from './words.ts'

export interface Rules {
  readonly topics: readonly Topic[]
  /** All that was written, when it asks for a person. */
  readonly phrases: readonly string[]
  /** Replies in a row that the bot did not understand, before a person takes over. */
  readonly fallbacks: number
  readonly words: Words
  /** In the visitor's language; the id of a topic that is no longer in the settings. */
  title(topicId: string): string
  /** In the language of the staff. */
  staffTitle(topicId: string): string
  /** Titles of the topics a visitor may choose from now, in their language. */
  offered(): readonly { readonly id: string; readonly title: string }[]
  /** What of staff's words goes to the visitors of a topic. */
  advice(topicId: string): string
  /** Whether a topic is open, in words for staff. */
  hours(topicId: string): string
  /** A bot is there for chats of this topic. */
  hasBot(topicId: string): boolean
}
