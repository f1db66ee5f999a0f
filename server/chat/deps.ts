/** What the use cases are given. Everything that has a clock, a network or a disk comes in from outside. */
import type { Lane } from '../core/chat.ts'
import type { Settings } from '../core/settings.ts'
import type { Languages } from '../core/words.ts'
import type { Bot, Clock, Desk, Geo } from '../ports.ts'
import type { Store } from '../store/index.ts'
import type { BotCalls } from './bot-calls.ts'
import type { Hand } from './hand.ts'
import type { Limits } from './limits.ts'
import type { Load } from './load.ts'
import type { UnderWay } from './under-way.ts'
import type { Watch } from './watch.ts'

/** The part of pino the product uses. Never a text, a token or a full address goes in. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Deps {
  readonly store: Store
  readonly desk: Desk
  readonly geo: Geo
  readonly clock: Clock
  readonly watch: Watch
  readonly underWay: UnderWay
  readonly limits: Limits
  readonly load: Load
  readonly log: Log
  /** The settings in force; null before the first import. */
  readonly settings: () => Settings | null
  readonly languages: Languages
  /** The bot in force; null: chats go straight to staff. */
  readonly bot: () => Bot | null
  readonly botCalls: BotCalls
  /** Staff closed or opened something: the settings in force are looked at again. */
  readonly hoursChanged: () => Promise<void>
  /** Tells the relay that something is owed on a lane, perhaps in hand already; resolves, never rejects, when it got as far as it can now. */
  readonly wake: (chatId: string, lane: Lane, hand?: Hand, after?: Promise<void>) => Promise<void>
  /** Asks for a room to be read soon. */
  readonly look: (roomId: string) => void
  /** E-mail addresses of our own accounts at the desk, once verified. */
  readonly ours: () => ReadonlySet<string>
  /** No new chats: the process is about to stop. */
  readonly stopping: () => boolean
  /** Names this process in leases. */
  readonly me: string
  /** Epoch ms of our own start: no clock of a visitor counts from before. */
  readonly startedAt: number
}
