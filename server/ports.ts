/**
 * The seams. The middle owns these interfaces; adapters implement them and see nothing else of the product. What an
 * adapter must remember comes as a small injected port (`TokenStore`).
 */

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
  | { readonly kind: 'notice'; readonly text: string }

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
}

/** The newest line of a room we have stored, if any. */
export type Cursor = { readonly id: string; readonly at: string } | null

/** `rooms`: these moved, read them. A rejected call is answered 401. */
export type Received =
  | { readonly ok: true; readonly rooms: readonly string[] }
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
  /** Staff lines, oldest first: the newest page whole, and older ones until one holds the cursor or an older line. */
  read(room: RoomRef, since: Cursor): Promise<readonly StaffLine[]>
  /** Stops listening to the room; the room itself stays to be read. Harmless when repeated. */
  closeRoom(room: RoomRef): Promise<void>
  /** Verifies a webhook call. It is only ever a hint: the truth is read from the room. */
  receive(request: HookRequest): Received
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
