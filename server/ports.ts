/**
 * The seams. The middle owns these interfaces; adapters implement them and see nothing else of the product. What an
 * adapter must remember comes as a small injected port (`TokenStore`).
 */

import type { BotReply } from './core/bot-reply.ts'

export type { BotHandoff, BotMessage, BotReply } from './core/bot-reply.ts'

/** A webhook call, before anything was believed: signatures are over the raw bytes. */
export interface HookRequest {
  readonly method: string
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly rawBody: Buffer
}

/** What a desk needs to open the room of one chat. */
export interface ChatBrief {
  /** Chat reference, e.g. `C-7F3KQ2`; ends the title, so that a room whose creation was never confirmed is found again. */
  readonly ref: string
  /** `Sales · Anna · C-7F3KQ2` */
  readonly title: string
  /** E-mail addresses, without doubles. */
  readonly people: readonly string[]
  /** Lines of the first post. */
  readonly opener: readonly string[]
  readonly withBot: boolean
}

/** What stands of a room so far; plain data that only its desk understands. `ref` is always there. */
export type PartialRoom = Readonly<Record<string, string>> & { readonly ref: string }

/** A room that stands. `id` is what hints name; `details` are the desk's own (webhook id …). */
export interface RoomRef {
  readonly id: string
  readonly details: PartialRoom
}

/** One post into a room. */
export type RoomLine =
  | {
      readonly kind: 'visitor'
      readonly label: string
      /** `12`, or `12b` for the second part of a long line: the delivery marker. */
      readonly marker: string
      readonly text: string
    }
  | { readonly kind: 'bot'; readonly marker: string; readonly text: string }
  /** Found again by its exact text. */
  | {
      readonly kind: 'notice'
      readonly text: string
      /** A line of the room, by the desk's message id, that this one answers. */
      readonly replyTo?: string | undefined
      /** E-mail addresses of members who shall be called. */
      readonly mention?: readonly string[] | undefined
    }

/** A post either stands (`yes`, with the desk's message id), surely does not (`no`), or nobody knows yet. */
export type PostResult =
  | { readonly outcome: 'yes'; readonly id: string }
  | {
      readonly outcome: 'no'
      readonly why: string
      readonly permanent: boolean
      readonly retryAfter?: number
    }
  | { readonly outcome: 'unknown'; readonly why: string; readonly retryAfter?: number }

/** A line found in a room that neither we nor the bot wrote. */
export interface StaffLine {
  /** The desk's message id: the key that makes reading twice harmless. */
  readonly id: string
  /** ISO instant. */
  readonly at: string
  readonly text: string
  readonly files: number
  /** E-mail address of who wrote it, in lower case. */
  readonly by: string
  /** What was said to the bot, without its name; null when the bot was not addressed. */
  readonly toBot: string | null
  /** It calls somebody of the room by name other than the bot. */
  readonly toColleague: boolean
  /** The line it answers in a thread; `ours`: what we posted there, null when it is somebody else's. */
  readonly thread: { readonly id: string; readonly ours: 'line' | 'notice' | null } | null
  /** ISO instant of its last edit; null when it was never edited. */
  readonly updated: string | null
}

/** A post of our own accounts, as it stands in a room. */
export interface OwnPost {
  readonly id: string
  /** ISO instant. */
  readonly at: string
  /** `12`, or `12b`; null for a notice. */
  readonly marker: string | null
  /** The whole text, as it was posted: without the names of those a notice calls. */
  readonly text: string
}

/** What a room holds, from its newest line back to some instant. */
export interface RoomView {
  /** Oldest first. */
  readonly lines: readonly StaffLine[]
  /** Oldest first. */
  readonly own: readonly OwnPost[]
  /** ISO instant: whatever the room holds from then on is here; null: whatever it ever held. */
  readonly from: string | null
}

/** A room we did not hear of any more, until now. */
export interface Tended {
  /** As it is to be kept from now on. */
  readonly room: RoomRef
  readonly was: 'inactive' | 'missing'
}

/** `unknown`: the desk does not say. `busy`: in a call or a meeting. */
export type Presence = 'online' | 'busy' | 'offline' | 'unknown'

/** The newest line of a room we have stored, if any. */
export type Cursor = { readonly id: string; readonly at: string } | null

/** `rooms`: these moved, read them. A rejected call is answered 401. */
export type Received =
  | {
      readonly ok: true
      readonly rooms: readonly string[]
      /** It is only we who wrote there. */
      readonly echo?: true
    }
  | { readonly ok: false; readonly why: string }

/** Where staff answer. Failures are `DeliveryError`. */
export interface Desk {
  readonly name: string
  /** Proves that the accounts work; done once before `/readyz` says yes. Returns the accounts' e-mail addresses. */
  verify(): Promise<readonly string[]>
  /** All or an error: `note` is awaited after every effect, so that a dead process leaves a trace to clean up by. */
  openRoom(
    chat: ChatBrief,
    note: (partial: PartialRoom) => Promise<void>,
    signal: AbortSignal,
  ): Promise<RoomRef>
  /** Removes whatever of a room stands; harmless when repeated. */
  discardRoom(partial: PartialRoom): Promise<void>
  /** Cuts a line into posts the desk accepts, in order. */
  parts(line: RoomLine): readonly RoomLine[]
  post(room: RoomRef, part: RoomLine): Promise<PostResult>
  /**
   * Resolves an unknown: `yes` with the id when the part stands in the room, `no` when it was not seen (`permanent`: and the
   * room is gone), `unknown` when the room could not be looked at.
   */
  find(room: RoomRef, part: RoomLine): Promise<PostResult>
  /** The newest page whole, and older ones until one holds the cursor or an older line. @throws DeliveryError */
  read(room: RoomRef, since: Cursor): Promise<RoomView>
  /** Those of these lines that are surely deleted: a list that lags is no proof. @throws DeliveryError */
  gone(room: RoomRef, ids: readonly string[]): Promise<readonly string[]>
  /** Takes a post of ours out of a room; harmless when repeated. @throws DeliveryError */
  removePost(room: RoomRef, id: string): Promise<void>
  /** Rooms in which something happened at or after that instant (epoch ms), with when it last did. @throws DeliveryError */
  moved(since: number): Promise<readonly { readonly id: string; readonly at: number }[]>
  /** Makes sure that we are called when these rooms move; returns those for which something had to be done. @throws DeliveryError */
  tend(rooms: readonly RoomRef[]): Promise<readonly Tended[]>
  /**
   * Lets people in, by e-mail address; who is in already is no mistake. `cameIn` is told of everybody who was let in by this
   * call, or may have been: when it fails, `removePeople` takes just those out again. @throws DeliveryError
   */
  addPeople(room: RoomRef, emails: readonly string[], cameIn?: (email: string) => void): Promise<void>
  /** Takes people out of the room; harmless when repeated. @throws DeliveryError */
  removePeople(room: RoomRef, emails: readonly string[]): Promise<void>
  /** Every address asked for has an entry; one the desk does not know is `unknown`. @throws DeliveryError */
  presence(emails: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Presence>>
  /**
   * A room that is said to be gone for good. Returns the very object when it is there after all, and nothing had to be done;
   * else the room as it is to be kept from now on, which may have another id, and then no webhook; null when there is none
   * any more. @throws DeliveryError
   */
  regain(room: RoomRef): Promise<RoomRef | null>
  /** Stops listening to the room; the room itself stays to be read. Harmless when repeated. */
  closeRoom(room: RoomRef): Promise<void>
  /** Verifies a webhook call. It is only ever a hint: the truth is read from the room. */
  receive(request: HookRequest): Received
}

/** What a bot may keep between turns; plain JSON that only it understands. */
export type BotState = Readonly<Record<string, unknown>>

export type BotInput =
  | { readonly kind: 'text'; readonly text: string }
  /** `welcome` at the start of a chat; `prechat` before a person takes over. */
  | { readonly kind: 'event'; readonly name: string }

/** One turn of a chat. Turns of a chat come one at a time. */
export interface BotTurn {
  /** At most 36 characters, the same for all turns of a chat. */
  readonly sessionId: string
  readonly input: BotInput
  /** Language tag of the chat, e.g. `en` or `pt-BR`. */
  readonly lang: string
  /** As the last reply gave it; null at the first turn. */
  readonly state: BotState | null
  /** The bot may have forgotten the chat, or be half a turn ahead of it: `state` counts, not what it remembers. */
  readonly restore: boolean
  /** What a bot may know of the chat: `chat`, `topic`, `page`, session parameters, `agentStatus` … */
  readonly variables: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** Who takes the early turns. Failures are `BotError`. */
export interface Bot {
  readonly name: string
  turn(turn: BotTurn): Promise<BotReply>
  close(): Promise<void>
}

/** A command or a word said to our bot account in a direct space. */
export interface DirectLine {
  /** The desk's message id: the key that makes hearing twice harmless. */
  readonly id: string
  readonly roomId: string
  /** E-mail address of who wrote it, in lower case. */
  readonly by: string
  readonly text: string
}

/** The ears of the bot account: what is said to it in rooms and in direct spaces. */
export interface BotIdentity {
  /** Resolves when it hears; a failure is for the log, never for the start. */
  start(): Promise<void>
  /** Verifies a webhook call of the bot account and takes it in. */
  receive(request: HookRequest): Promise<Received>
  /** Answers in a direct space. @throws DeliveryError */
  answer(roomId: string, text: string): Promise<void>
  close(): Promise<void>
}

/** Tokens of one account as a desk keeps them between runs. Times are epoch milliseconds. */
export interface StoredTokens {
  readonly accessToken: string
  readonly refreshToken?: string | undefined
  readonly obtainedAt: number
  readonly expiresAt?: number | undefined
  /** Tells which environment value these tokens grew from; a new one there wins over what is stored. */
  readonly origin: string
}

export interface TokenStore {
  load(account: string): Promise<StoredTokens | null>
  save(account: string, tokens: StoredTokens): Promise<void>
  /** One process at a time does this for an account; the others wait for it, and then find its result stored. */
  alone<T>(account: string, work: () => Promise<T>): Promise<T>
}

/** Pauses a provider asked for, the same for all processes. A family is one account × one kind of endpoint. */
export interface Throttle {
  /** Epoch ms until which nothing of the family may be asked; 0: at once. From memory: asks nobody. */
  until(family: string): number
  pause(family: string, until: number): void
}

/** Where an address is. Fields are English names; each may be missing. */
export interface Place {
  readonly continent?: string | undefined
  readonly country?: string | undefined
  readonly region?: string | undefined
  readonly city?: string | undefined
}

export interface Geo {
  /** Best effort: null when unknown, late, or broken; never throws. */
  locate(ip: string): Promise<Place | null>
  close(): Promise<void>
}

export interface Clock {
  /** Epoch milliseconds. */
  now(): number
}
