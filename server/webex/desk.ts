/** Webex as a desk: every chat is one group room, made and read by the integration account. */
import { z } from 'zod'
import { DeliveryError } from '../core/errors.ts'
import type {
  ChatBrief,
  Clock,
  Cursor,
  Desk,
  PartialRoom,
  PostResult,
  RoomLine,
  RoomRef,
  StaffLine,
} from '../ports.ts'
import { unlessAborted, type WebexClient } from './client.ts'
import { isThatLine, openerPosts, parts, textOf } from './format.ts'
import { receive } from './receive.ts'

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

const Made = z.object({ id: z.string().min(1) })
const Nothing = z.unknown()
const Me = z.object({ id: z.string().min(1), emails: z.array(z.string()).default([]) })
/** Webex leaves out what it does not have; null says the same. */
const orEmpty = z
  .string()
  .nullish()
  .transform((text) => text ?? '')
const Room = z.object({ id: z.string().min(1), title: orEmpty })
const Hook = z.object({ id: z.string().min(1), filter: orEmpty })
const Message = z.object({
  id: z.string().min(1),
  personId: orEmpty,
  text: orEmpty,
  files: z
    .array(z.unknown())
    .nullish()
    .transform((files) => files ?? []),
  created: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
})
type Message = z.infer<typeof Message>

const PAGE = 50
const MAX_ROUNDS = 50
const MEMBERSHIPS_AT_ONCE = 5
/** What was asked for and never confirmed may still appear this long afterwards; looked for every minute. */
const LATE_MS = 300_000
const LOOK_AGAIN_S = 60

type Account = z.infer<typeof Me>

export function createWebexDesk(options: WebexDeskOptions): Desk {
  const { integration, bot, hookUrl, hookSecret, clock } = options
  let accounts: Promise<{ integration: Account; bot: Account | null }> | null = null

  /** Who we are; asked once, and again after a failure. */
  function whoWeAre() {
    accounts ??= Promise.all([
      integration.call('GET', '/people/me', Me),
      bot ? bot.call('GET', '/people/me', Me) : null,
    ]).then(
      ([ours, bots]) => ({ integration: ours, bot: bots }),
      (error: unknown) => {
        accounts = null
        throw error
      },
    )
    return accounts
  }

  const post = (roomId: string, line: RoomLine, signal?: AbortSignal) => {
    const client = line.kind === 'bot' && bot ? bot : integration
    return client.call('POST', '/messages', Made, {
      body: { roomId, text: textOf(line) },
      ...(signal && { signal }),
    })
  }

  /** 409: is in the room already, which is all we wanted. */
  const addMember = (
    roomId: string,
    who: { personEmail: string } | { personId: string },
    signal: AbortSignal,
  ) => integration.call('POST', '/memberships', Made, { body: { roomId, ...who }, signal }).catch(unless(409))

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

  async function findRoom(ref: string): Promise<string | undefined> {
    for await (const page of integration.pages('/rooms', Room, { sortBy: 'created', max: '100' })) {
      const found = page.find((room) => room.title.endsWith(` · ${ref}`))
      if (found) return found.id
      // Newest first: a room asked for seconds ago is on the first page or nowhere.
      if (page.length > 0) return undefined
    }
    return undefined
  }

  /** Returns how many there were. */
  async function removeHooks(roomId: string): Promise<number> {
    let removed = 0
    for await (const page of integration.pages('/webhooks', Hook, { max: '100' })) {
      for (const hook of page) {
        if (hook.filter !== `roomId=${roomId}`) continue
        await remove(`/webhooks/${encodeURIComponent(hook.id)}`)
        removed++
      }
    }
    return removed
  }

  /** Pages of a room. Where no next link is given, a full page is followed by asking for what is before its last message. */
  async function* newestFirst(roomId: string): AsyncGenerator<Message[]> {
    let before: { beforeMessage?: string } = {}
    for (let n = 0; n < MAX_ROUNDS; n++) {
      let last: Message[] = []
      for await (const page of integration.pages('/messages', Message, {
        roomId,
        max: String(PAGE),
        ...before,
      })) {
        yield page
        if (page.length > 0) last = page
      }
      const oldest = last.at(-1)
      if (!oldest || last.length < PAGE) return
      before = { beforeMessage: oldest.id }
    }
  }

  const remove = (path: string) => integration.call('DELETE', path, Nothing).catch(unless(404))

  return {
    name: 'webex',

    async verify() {
      const who = await whoWeAre()
      return [...who.integration.emails, ...(who.bot?.emails ?? [])]
    },

    async openRoom(chat, note, signal) {
      const who = await unlessAborted(whoWeAre(), signal)
      const roomId = await makeRoom(chat, note, signal)
      const members = [
        ...chat.people.map((personEmail) => ({ personEmail })),
        ...(chat.withBot && who.bot ? [{ personId: who.bot.id }] : []),
      ]
      for (let from = 0; from < members.length; from += MEMBERSHIPS_AT_ONCE) {
        const some = members.slice(from, from + MEMBERSHIPS_AT_ONCE)
        await allOf(some.map((member) => addMember(roomId, member, signal)))
      }
      let details: PartialRoom = { ref: chat.ref, roomId }
      if (hookUrl !== null) {
        await note({ ...details, hookAskedAt: String(clock.now()) })
        const hook = await integration
          .call('POST', '/webhooks', Made, {
            body: {
              name: `Frontroom ${chat.ref}`,
              targetUrl: hookUrl,
              resource: 'messages',
              event: 'all',
              filter: `roomId=${roomId}`,
              secret: hookSecret,
            },
            signal,
          })
          .catch(async (error: unknown) => {
            if (error instanceof DeliveryError && error.outcome.effect === 'no') await note(details)
            throw error
          })
        details = { ...details, hookId: hook.id }
        await note(details)
      }
      for (const text of openerPosts(chat.opener)) await post(roomId, { kind: 'notice', text }, signal)
      return { id: roomId, details }
    },

    async discardRoom(partial) {
      const { askedAt, hookId, hookAskedAt } = partial
      const roomId = partial.roomId ?? (askedAt === undefined ? undefined : await findRoom(partial.ref))
      let unconfirmed = roomId === undefined ? askedAt : undefined
      // The webhook first: Webex leaves it behind when its room goes.
      if (hookId !== undefined) {
        await remove(`/webhooks/${encodeURIComponent(hookId)}`)
      } else if (roomId !== undefined && hookAskedAt !== undefined) {
        const removed = await removeHooks(roomId)
        if (removed === 0) unconfirmed = hookAskedAt
      }
      if (roomId !== undefined) await remove(`/rooms/${encodeURIComponent(roomId)}`)
      if (unconfirmed === undefined || clock.now() - Number(unconfirmed) >= LATE_MS) return
      throw new DeliveryError('what was asked for is not there, but may still appear', {
        effect: 'no',
        retryAfter: LOOK_AGAIN_S,
      })
    },

    parts,

    async post(room, part): Promise<PostResult> {
      try {
        return { outcome: 'yes', id: (await post(room.id, part)).id }
      } catch (error) {
        return resultOf(error)
      }
    },

    async find(room, part): Promise<PostResult> {
      try {
        const who = await whoWeAre()
        const ours = part.kind === 'bot' && who.bot ? who.bot.id : who.integration.id
        for await (const page of integration.pages('/messages', Message, { roomId: room.id, max: '100' })) {
          const found = page.find((message) => message.personId === ours && isThatLine(message.text, part))
          if (found) return { outcome: 'yes', id: found.id }
          // What was posted a moment ago is among the newest hundred, or nowhere.
          if (page.length > 0) break
        }
        return { outcome: 'no', why: 'not in the room', permanent: false }
      } catch (error) {
        const result = resultOf(error)
        return result.outcome === 'no' && !result.permanent ? { ...result, outcome: 'unknown' } : result
      }
    },

    async read(room: RoomRef, since: Cursor): Promise<readonly StaffLine[]> {
      const who = await whoWeAre()
      const ours = new Set([who.integration.id, who.bot?.id])
      const sinceAt = since ? Date.parse(since.at) : Number.NEGATIVE_INFINITY
      const lines: StaffLine[] = []
      for await (const page of newestFirst(room.id)) {
        lines.push(...page.filter((message) => !ours.has(message.personId)).map(staffLine))
        if (page.some((message) => message.id === since?.id || Date.parse(message.created) < sinceAt)) break
      }
      // Newest first on the wire; equal instants keep that order, so reverse before the stable sort.
      return lines.reverse().sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    },

    async closeRoom(room) {
      const { hookId } = room.details
      if (hookId !== undefined) await remove(`/webhooks/${encodeURIComponent(hookId)}`)
    },

    receive: (request) => receive(request, hookSecret),
  }
}

const staffLine = (message: Message): StaffLine => ({
  id: message.id,
  at: message.created,
  text: message.text,
  files: message.files.length,
})

function resultOf(error: unknown): PostResult {
  if (!(error instanceof DeliveryError)) throw error
  const { effect, permanent = false, retryAfter } = error.outcome
  const waits = retryAfter !== undefined && { retryAfter }
  if (effect === 'unknown') return { outcome: 'unknown', why: error.message, ...waits }
  return { outcome: 'no', why: error.message, permanent, ...waits }
}

const unless =
  (status: number) =>
  (error: unknown): undefined => {
    if (error instanceof DeliveryError && error.outcome.status === status) return undefined
    throw error
  }

/** Waits for all before it fails: nothing may happen in the room after we have begun to take it down. */
async function allOf(promises: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises))
    if (result.status === 'rejected') throw result.reason
}
