/** Rooms come and go: all of one or nothing, with a note after every effect to clean up by. */
import { z } from 'zod'
import { DeliveryError } from '../core/errors.ts'
import type { ChatBrief, Clock, Desk, PartialRoom, RoomLine } from '../ports.ts'
import { type Accounts, unless } from './accounts.ts'
import { inBatches } from './batches.ts'
import { unlessAborted, type WebexClient } from './client.ts'
import { openerPosts } from './format.ts'
import type { Hooks } from './hooks.ts'
import type { People } from './people.ts'
import { instant, Made, Nothing, orEmpty } from './shapes.ts'

/** https://developer.webex.com/docs/api/v1/rooms/list-rooms */
const Room = z.object({ id: z.string().min(1), title: orEmpty, created: instant })
const Moved = z.object({ id: z.string().min(1), lastActivity: instant })

/** What was asked for and never confirmed may still appear this long afterwards; looked for every minute. */
const LATE_MS = 300_000
const LOOK_AGAIN_S = 60
/** By so much our clock may be wrong. */
const SKEW_MS = 600_000

export function createRooms(options: {
  integration: WebexClient
  accounts: () => Promise<Accounts>
  people: People
  post: (roomId: string, line: RoomLine, signal: AbortSignal) => Promise<unknown>
  hooks: Hooks
  clock: Clock
}): Pick<Desk, 'openRoom' | 'discardRoom' | 'closeRoom' | 'moved'> {
  const { integration, accounts, people, post, hooks, clock } = options

  async function makeRoom(
    chat: ChatBrief,
    note: (partial: PartialRoom) => Promise<void>,
    signal: AbortSignal,
  ) {
    await note({ ref: chat.ref, askedAt: String(clock.now()) })
    try {
      const { id } = await integration.call('POST', '/rooms', Made, { body: { title: chat.title }, signal })
      await note({ ref: chat.ref, roomId: id })
      return id
    } catch (error) {
      if (error instanceof DeliveryError && error.outcome.effect === 'no') await note({ ref: chat.ref })
      throw error
    }
  }

  /**
   * Rooms with this reference, made since it was asked for: one that was asked for twice may stand twice.
   *
   * @param askedAt epoch ms
   */
  async function findRooms(ref: string, askedAt: number): Promise<string[]> {
    const found: string[] = []
    for await (const page of integration.pages('/rooms', Room, { sortBy: 'created', max: '100' })) {
      found.push(...page.filter((room) => room.title.endsWith(` · ${ref}`)).map(({ id }) => id))
      // Newest first.
      if (page.some((room) => Date.parse(room.created) < askedAt - SKEW_MS)) break
    }
    return found
  }

  const remove = (path: string) => integration.call('DELETE', path, Nothing).catch(unless(404))

  return {
    async openRoom(chat, note, signal) {
      const who = await unlessAborted(accounts(), signal)
      const roomId = await makeRoom(chat, note, signal)
      const members = [
        ...chat.people.map((personEmail) => ({ personEmail })),
        ...(chat.withBot && who.bot ? [{ personId: who.bot.id }] : []),
      ]
      await inBatches(members, (member) => people.add(roomId, member, signal))
      let details: PartialRoom = { ref: chat.ref, roomId }
      const { target } = hooks
      if (target !== null) {
        await note({ ...details, hookAskedAt: String(clock.now()) })
        const hookId = await hooks
          .make({ id: roomId, details }, target, signal)
          .catch(async (error: unknown) => {
            if (error instanceof DeliveryError && error.outcome.effect === 'no') await note(details)
            throw error
          })
        details = { ...details, hookId }
        await note(details)
      }
      for (const text of openerPosts(chat.opener)) await post(roomId, { kind: 'notice', text }, signal)
      return { id: roomId, details }
    },

    async discardRoom(partial) {
      const { ref, roomId, askedAt, hookId, hookAskedAt } = partial
      const found = roomId === undefined && askedAt !== undefined ? await findRooms(ref, Number(askedAt)) : []
      const standing = roomId === undefined ? found : [roomId]
      let unconfirmed = standing.length === 0 ? askedAt : undefined
      // The webhook first: Webex leaves it behind when its room goes.
      if (hookId !== undefined) {
        await hooks.remove(hookId)
      } else if (roomId !== undefined && hookAskedAt !== undefined) {
        const removed = await hooks.removeAll({ id: roomId, details: partial })
        if (removed === 0) unconfirmed = hookAskedAt
      }
      for (const id of standing) await remove(`/rooms/${encodeURIComponent(id)}`)
      if (unconfirmed === undefined || clock.now() - Number(unconfirmed) >= LATE_MS) return
      throw new DeliveryError('what was asked for is not there, but may still appear', {
        effect: 'no',
        retryAfter: LOOK_AGAIN_S,
      })
    },

    async closeRoom(room) {
      const { hookId } = room.details
      if (hookId !== undefined && (await hooks.remove(hookId))) return
      // It was lost, and what was made in its place perhaps never confirmed.
      if (hooks.target !== null) await hooks.removeAll(room)
    },

    async moved(since) {
      const found = new Map<string, number>()
      for await (const page of integration.pages('/rooms', Moved, { sortBy: 'lastactivity', max: '100' })) {
        const all = page.map(({ id, lastActivity }) => ({ id, at: Date.parse(lastActivity) }))
        // A room that moves while we page is on two pages.
        for (const { id, at } of all) if (at >= since) found.set(id, Math.max(at, found.get(id) ?? at))
        if (all.some(({ at }) => at < since)) break
      }
      return [...found].map(([id, at]) => ({ id, at }))
    },
  }
}
