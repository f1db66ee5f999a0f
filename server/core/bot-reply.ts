/** What a bot answers a turn with, whoever made the bot. */

export interface BotMessage {
  readonly text: string
  /** Offered as buttons; one that is picked comes back as the visitor's text. */
  readonly choices?: readonly string[]
}

export interface BotReply {
  readonly messages: readonly BotMessage[]
  readonly intent: string | null
  /** 0 to 1. */
  readonly confidence: number | null
  /** The bot did not understand. */
  readonly isFallback: boolean
  /** The bot waits for an answer that its dialogue needs. */
  readonly asking: boolean
  /** The bot has nothing more to say in this chat. */
  readonly end: boolean
  /** The bot hands the chat over; `false`: it says that it does not. Null: it says nothing of it. */
  readonly handoff: BotHandoff | false | null
  /** Named answers of a dialogue, in its order. */
  readonly parameters: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, unknown>> | null
}

export interface BotHandoff {
  /** Chooses the topic by its `skills`. */
  readonly skill?: string | undefined
  readonly webstore?: string | undefined
  readonly channel?: string | undefined
}
