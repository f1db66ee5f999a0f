/** Us to staff: one post, the search for one that nobody knows of whether it stands, and its removal. */
import { z } from 'zod'
import { DeliveryError } from '../core/errors.ts'
import type { Desk, PostResult, RoomLine } from '../ports.ts'
import { type Accounts, unless } from './accounts.ts'
import type { WebexClient } from './client.ts'
import { bodyOf, isThatLine, markerIn } from './format.ts'
import { type Entry, newestFirst } from './history.ts'
import { Made, Message, Nothing, orEmpty } from './shapes.ts'

const PAGE = 100
/** Beyond two thousand lines since, one that is in doubt is rather posted again: a copy is taken out, a lost line is lost. */
const MAX_PAGES = 20

const Author = z.object({ personId: orEmpty })

type Notice = Extract<RoomLine, { kind: 'notice' }>
type ChatLine = Exclude<RoomLine, Notice>

export interface Posting extends Pick<Desk, 'find' | 'removePost'> {
  /** Returns the id of the message. @throws DeliveryError */
  send(roomId: string, line: RoomLine, signal?: AbortSignal): Promise<string>
  post: Desk['post']
}

export function createPosting(options: {
  integration: WebexClient
  bot: WebexClient | null
  accounts: () => Promise<Accounts>
}): Posting {
  const { integration, bot, accounts } = options

  /** Who writes the bot's lines. Not to know that yet is no doubt about the line: nothing was sent. */
  async function botOrUs(): Promise<WebexClient> {
    if (!bot) return integration
    try {
      return (await accounts()).bot ? bot : integration
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      throw new DeliveryError(error.message, { ...error.outcome, effect: 'no', permanent: false })
    }
  }

  async function attempt(roomId: string, line: RoomLine, signal?: AbortSignal): Promise<string> {
    const client = line.kind === 'bot' ? await botOrUs() : integration
    const body = { roomId, ...bodyOf(line) }
    return (await client.call('POST', '/messages', Made, { body, ...(signal && { signal }) })).id
  }

  /** The line that is answered; null when it cannot be had. */
  const look = (id: string): Promise<Message | null> =>
    integration.call('GET', `/messages/${encodeURIComponent(id)}`, Message).catch(() => null)

  /**
   * A notice without what Webex may have refused it for: a thread whose beginning is gone or is an answer itself (threads
   * are one level deep), somebody called who is no member any more. To be said at all counts more than where.
   */
  async function* plainer(line: RoomLine): AsyncGenerator<RoomLine> {
    if (line.kind !== 'notice') return
    const { replyTo, mention, ...plain } = line
    if (replyTo !== undefined) {
      const beginning = (await look(replyTo))?.parentId ?? ''
      if (beginning !== '') yield { ...line, replyTo: beginning }
      yield { ...plain, mention }
    }
    if (mention !== undefined && mention.length > 0) yield plain
  }

  async function send(roomId: string, line: RoomLine, signal?: AbortSignal): Promise<string> {
    try {
      return await attempt(roomId, line, signal)
    } catch (error) {
      let refused = error
      if (!isRefusal(refused)) throw refused
      for await (const other of plainer(line)) {
        try {
          return await attempt(roomId, other, signal)
        } catch (again) {
          refused = again
          if (!isRefusal(refused)) throw refused
        }
      }
      throw refused
    }
  }

  /** Of a page, newest first: the notice of ours that is this one. */
  async function pick(page: readonly Message[], part: Notice, ours: string): Promise<Message | undefined> {
    const alike = (message: Message) => message.personId === ours && isThatLine(message, part)
    const { replyTo = '' } = part
    const asked = page.findIndex((message) => message.id === replyTo)
    // What is older than the line it answers reads the same by chance.
    const found = page.slice(0, asked === -1 ? page.length : asked).filter(alike)
    const inThread = (parentId: string) => found.find((message) => message.parentId === parentId)
    const answer = inThread(replyTo)
    if (answer || replyTo === '' || found.length === 0) return answer
    // As `plainer` may have posted it.
    const answered = page[asked] ?? (await look(replyTo))
    if (!answered) return inThread('')
    return answered.parentId === '' ? undefined : inThread(answered.parentId)
  }

  /** What was posted a moment ago is among the newest hundred, or nowhere. */
  async function findNotice(roomId: string, part: Notice, ours: string): Promise<Message | undefined> {
    for await (const page of newestFirst(integration, roomId, PAGE)) {
      const found = await pick(readable(page), part, ours)
      if (found || page.length > 0) return found
    }
    return undefined
  }

  /**
   * However much was said since: as far back as a line of ours that was posted before it. Of several copies the oldest, which
   * stands where it belongs; the others are what is taken out of the room.
   */
  async function findLine(roomId: string, part: ChatLine, who: Accounts): Promise<Message | undefined> {
    const ours = part.kind === 'bot' && who.bot ? who.bot.id : who.integration.id
    const isBefore = ({ personId, text }: Message) =>
      who.ids.has(personId) && numberOf(markerIn(text)) < numberOf(part.marker)
    let found: Message | undefined
    let pages = 0
    for await (const page of newestFirst(integration, roomId, PAGE)) {
      const messages = readable(page)
      found = messages.findLast((message) => message.personId === ours && isThatLine(message, part)) ?? found
      if (messages.some(isBefore) || ++pages >= MAX_PAGES) break
    }
    return found
  }

  /** @returns whether that account may, or the post is gone */
  const removedBy = (client: WebexClient, id: string): Promise<boolean> =>
    client.call('DELETE', `/messages/${encodeURIComponent(id)}`, Nothing).then(
      () => true,
      (error: unknown) => {
        if (error instanceof DeliveryError && error.outcome.status === 403) return false
        unless(404)(error)
        return true
      },
    )

  return {
    send,

    async removePost(_room, id) {
      const who = await accounts()
      const path = `/messages/${encodeURIComponent(id)}`
      // The integration sees all of the room, also what only the bot may take out.
      const post = await integration.call('GET', path, Author).catch(unless(404))
      if (!post) return
      if (!who.ids.has(post.personId))
        throw new DeliveryError('a post that is not ours', { effect: 'no', permanent: true })
      const isBots = bot !== null && post.personId === who.bot?.id
      const [first, second] = isBots ? [bot, integration] : [integration, bot]
      if (await removedBy(first, id)) return
      if (second && (await removedBy(second, id))) return
      throw new DeliveryError('DELETE /messages: 403', { effect: 'no', status: 403, permanent: true })
    },

    async post(room, part) {
      try {
        return { outcome: 'yes', id: await send(room.id, part) }
      } catch (error) {
        return resultOf(error)
      }
    },

    async find(room, part) {
      try {
        const who = await accounts()
        const found =
          part.kind === 'notice'
            ? await findNotice(room.id, part, who.integration.id)
            : await findLine(room.id, part, who)
        if (found) return { outcome: 'yes', id: found.id }
        return { outcome: 'no', why: 'not in the room', permanent: false }
      } catch (error) {
        const result = resultOf(error)
        return result.outcome === 'no' && !result.permanent ? { ...result, outcome: 'unknown' } : result
      }
    },
  }
}

const readable = (page: readonly Entry[]): Message[] => page.filter((entry) => entry !== null)

/** `12` of `12`, `12b` and `12–15`; what is no line of the chat comes before none. */
const numberOf = (marker: string | null): number =>
  marker === null ? Number.POSITIVE_INFINITY : Number.parseInt(marker, 10)

/** Surely without effect, and because of what was asked for. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof DeliveryError)) return false
  const { effect, status } = error.outcome
  return effect === 'no' && (status === 400 || status === 404)
}

function resultOf(error: unknown): PostResult {
  if (!(error instanceof DeliveryError)) throw error
  const { effect, permanent = false, retryAfter } = error.outcome
  const waits = retryAfter !== undefined && { retryAfter }
  if (effect === 'unknown') return { outcome: 'unknown', why: error.message, ...waits }
  return { outcome: 'no', why: error.message, permanent, ...waits }
}
