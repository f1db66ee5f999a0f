/**
 * A room that Webex says it does not know: somebody put our account out of it, it went to another geography and has another
 * id there (https://developer.webex.com/docs/api/v1/webhooks, `migrated`), or it is gone.
 */
import { z } from 'zod'
import type { PartialRoom, RoomRef } from '../ports.ts'
import { type Accounts, unless } from './accounts.ts'
import type { WebexClient } from './client.ts'
import type { Hooks } from './hooks.ts'
import { Made, orEmpty } from './shapes.ts'

const Room = z.object({ id: z.string().min(1), title: orEmpty, creatorId: orEmpty })

export function createRegain(options: {
  integration: WebexClient
  bot: WebexClient | null
  accounts: () => Promise<Accounts>
  hooks: Hooks
}) {
  const { integration, bot, accounts, hooks } = options

  const isIn = async (client: WebexClient, roomId: string): Promise<boolean> =>
    (await client.call('GET', `/rooms/${encodeURIComponent(roomId)}`, Made).catch(unless(403, 404))) !==
    undefined

  /** @returns whether our account is in the room again */
  async function letInByBot(roomId: string, who: Accounts): Promise<boolean> {
    if (!bot || !who.bot || !(await isIn(bot, roomId))) return false
    const body = { roomId, personId: who.integration.id }
    await bot.call('POST', '/memberships', Made, { body }).catch(unless(403, 404, 409))
    return isIn(integration, roomId)
  }

  /** The room of ours with this reference that moved last. Its title is for staff to change, but not who made it. */
  async function lookFor(ref: string, who: Accounts): Promise<string | undefined> {
    for await (const page of integration.pages('/rooms', Room, { sortBy: 'lastactivity', max: '100' })) {
      const found = page.find(
        ({ title, creatorId }) => title.endsWith(` · ${ref}`) && creatorId === who.integration.id,
      )
      if (found) return found.id
    }
    return undefined
  }

  /**
   * Returns the very room when it is there after all; else as it is to be kept from now on, without a webhook where its id
   * is another; null when there is none.
   *
   * @throws DeliveryError
   */
  return async function regain(room: RoomRef): Promise<RoomRef | null> {
    if (await isIn(integration, room.id)) return room
    const who = await accounts()
    if (await letInByBot(room.id, who)) return { ...room }
    const id = await lookFor(room.details.ref, who)
    if (id === undefined) return null
    const { hookId, ...rest } = room.details
    // It listens to an id that says nothing any more.
    if (hookId !== undefined) await hooks.remove(hookId)
    const details: PartialRoom = { ...rest, ref: room.details.ref, roomId: id }
    return { id, details }
  }
}
