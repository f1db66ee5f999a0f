/** Webex as a desk: every chat is one group room, made and read by the integration account. */
import type { Clock, Desk, RoomRef } from '../ports.ts'
import { createAccounts } from './accounts.ts'
import type { WebexClient } from './client.ts'
import { parts } from './format.ts'
import { createHooks } from './hooks.ts'
import { createPeople } from './people.ts'
import { createPosting } from './posting.ts'
import { createReader } from './read.ts'
import { receive } from './receive.ts'
import { createRegain } from './regain.ts'
import { createRooms } from './rooms.ts'

export interface WebexDeskOptions {
  /** The integration account: a person, so that it can read whole rooms. */
  readonly integration: WebexClient
  /** The bot account, when there is one. In group rooms it may post, but not read. */
  readonly bot: WebexClient | null
  /** Where Webex reaches us; null when it cannot, then rooms are read by the clock instead. */
  readonly hookUrl: string | null
  readonly hookSecret: string
  readonly clock: Clock
}

export interface WebexDesk extends Desk {
  /**
   * For a room that was said to be gone for good: the room as it is to be kept from now on, when our account could be let in
   * again or it stands under another id; null when it is gone. `tend` it, and read it. @throws DeliveryError
   */
  regain(room: RoomRef): Promise<RoomRef | null>
}

export function createWebexDesk(options: WebexDeskOptions): WebexDesk {
  const { integration, bot, hookUrl, hookSecret, clock } = options
  const accounts = createAccounts(integration, bot)
  const people = createPeople({ integration, accounts, clock })
  const posting = createPosting({ integration, bot, accounts })
  const reader = createReader({ integration, accounts })
  const hooks = createHooks({ integration, hookUrl, hookSecret })
  const rooms = createRooms({ integration, accounts, people, hooks, post: posting.send, clock })
  /** Nobody's before they were verified. */
  let ours: ReadonlySet<string> = new Set()

  return {
    name: 'webex',
    async verify() {
      const who = await accounts()
      ours = who.ids
      return [...who.integration.emails, ...(who.bot?.emails ?? [])]
    },
    openRoom: rooms.openRoom,
    discardRoom: rooms.discardRoom,
    closeRoom: rooms.closeRoom,
    parts,
    post: posting.post,
    find: posting.find,
    read: reader.read,
    gone: reader.gone,
    removePost: posting.removePost,
    moved: rooms.moved,
    tend: hooks.tend,
    regain: createRegain({ integration, bot, accounts, hooks }),
    addPeople: people.addPeople,
    removePeople: people.removePeople,
    presence: people.presence,
    receive: (request) => receive(request, hookSecret, ours),
  }
}
