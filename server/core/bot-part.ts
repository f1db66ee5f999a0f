/** What a chat keeps of its bot, and what can be owed to the bot. Plain data, stored with the chat. */

/** Why a person was wanted. */
export type HandoverReason = 'asked' | 'bot_said' | 'bot_ended' | 'fallbacks' | 'bot_failed'

/** Where a handover shall lead, as far as that is known. */
export interface Wish {
  readonly reason: HandoverReason
  readonly skill?: string | undefined
  /** Picked by the visitor. */
  readonly topic?: string | undefined
  readonly webstore?: string | undefined
  readonly channel?: string | undefined
}

export interface Answered {
  readonly question: string
  readonly answer: string
}

/**
 * Where the bot's side of the chat stands:
 *
 *     talking -> (choosing ->) checking -> intake -> joining -> the chat waits for staff
 *        ^______________________________________|  (whatever fails leads back; the bot goes on)
 */
export type Stage =
  | { readonly name: 'talking' }
  /** Topics were offered. */
  | { readonly name: 'choosing' }
  /** Who of the staff is reachable is being found out. */
  | { readonly name: 'checking'; readonly wish: Wish }
  /** The bot asks what staff will want to know. `asked`: its last question, null before the first. */
  | {
      readonly name: 'intake'
      readonly wish: Wish
      readonly reachable: boolean
      readonly asked: string | null
      readonly answers: readonly Answered[]
      readonly parameters: Readonly<Record<string, string>>
    }
  /** People are being let in. */
  | {
      readonly name: 'joining'
      readonly wish: Wish
      readonly reachable: boolean
      readonly answers: readonly Answered[]
      readonly parameters: Readonly<Record<string, string>>
    }

/** A line the bot has not answered. */
export interface OpenLine {
  readonly seq: number
  readonly text: string
  /** No turn of the bot is owed for it: it was written while somebody else had the chat, or between two steps. */
  readonly held: boolean
}

/** One turn as staff want to see it later. */
export interface Trace {
  readonly intent: string | null
  readonly confidence: number | null
  readonly fallback: boolean
}

export interface BotPart {
  /** The bot's own, as its last reply gave it. */
  readonly state: Readonly<Record<string, unknown>> | null
  readonly stage: Stage
  /** Grows each time the bot gets the chat back: what was owed to it before that is over. */
  readonly epoch: number
  /** In a row: not understood, and not answered at all. */
  readonly fallbacks: number
  readonly failures: number
  /** How often the chat was handed over: the guard against a loop of bot and staff. */
  readonly handovers: number
  /** The watermark: lines of the visitor that nobody has answered, the oldest first. */
  readonly open: readonly OpenLine[]
  /** Lines the bot did not understand or had no reply to: staff read them at the handover. */
  readonly missed: readonly string[]
  /** The last turns. */
  readonly trail: readonly Trace[]
  /** What the bot made out so far, by name. */
  readonly facts: Readonly<Record<string, string>>
  /** From the handover on: where the visitor came from, as the bot said. */
  readonly webstore: string | null
  readonly channel: string | null
}

export const freshBot: BotPart = {
  state: null,
  stage: { name: 'talking' },
  epoch: 0,
  fallbacks: 0,
  failures: 0,
  handovers: 0,
  open: [],
  missed: [],
  trail: [],
  facts: {},
  webstore: null,
  channel: null,
}

/** Owed to the bot's lane, one at a time. */
export type BotTask = { readonly epoch: number } & BotErrand

export type BotErrand =
  | {
      readonly type: 'bot_turn'
      /** The visitor's line; null for an event. */
      readonly seq: number | null
      readonly text?: string
      readonly event?: 'welcome' | 'prechat'
    }
  | { readonly type: 'look_for_staff' }
  | { readonly type: 'hand_over' }
  /** Takes people out again whom a handover that failed let in; before anything else is tried. */
  | { readonly type: 'dismiss'; readonly people: readonly string[] }

/** Kept of each: enough to be of use, bounded whatever happens. */
export const KEPT = { open: 10, missed: 5, trail: 8, answers: 20, facts: 30 } as const
