/** Staff to us: what people wrote into a room, whom it calls, and what it answers; and what stands of ours. */
import { z } from 'zod'
import { DeliveryError } from '../core/errors.ts'
import type { Cursor, Desk, OwnPost, RoomRef, RoomView, StaffLine } from '../ports.ts'
import type { Accounts } from './accounts.ts'
import { inBatches } from './batches.ts'
import type { WebexClient } from './client.ts'
import { isChatLine, markerIn, ownText } from './format.ts'
import { type Entry, newestFirst } from './history.ts'
import { callsOf } from './mentions.ts'
import { Made, type Message, orEmpty } from './shapes.ts'

const PAGE = 50
const MAX_PARENTS = 2000

/** Nothing was seen: the last instant there is. */
const NEVER = new Date(8.64e15).toISOString()

/** Read even where it is odd: a thread whose beginning is odd must not keep a whole room from being read. */
const Parent = z.object({ personId: orEmpty.catch(''), text: orEmpty.catch('') })
type Parent = z.infer<typeof Parent>

/** What a thread hangs on; null: somebody else's line. */
type Ours = NonNullable<StaffLine['thread']>['ours']

export function createReader(options: {
  integration: WebexClient
  accounts: () => Promise<Accounts>
}): Pick<Desk, 'read' | 'gone'> {
  const { integration, accounts } = options
  /** Beginnings of threads outside the pages that were read; the oldest go first. */
  const parents = new Map<string, Ours>()

  /**
   * A beginning that cannot be read (deleted, mostly) may have been a note: it counts as a notice, so that whatever is said
   * under it stays inside.
   */
  async function lookUp(id: string, who: Accounts): Promise<Ours> {
    const known = parents.get(id)
    if (known !== undefined) return known
    const ours = await integration.call('GET', `/messages/${encodeURIComponent(id)}`, Parent).then(
      (parent) => (parent.personId === '' ? 'notice' : whose(parent, who)),
      (error: unknown) => {
        if (error instanceof DeliveryError && error.outcome.permanent) return 'notice' as const
        throw error
      },
    )
    const oldest = parents.keys().next()
    if (parents.size >= MAX_PARENTS && !oldest.done) parents.delete(oldest.value)
    parents.set(id, ours)
    return ours
  }

  async function threadsOf(messages: readonly Message[], who: Accounts): Promise<ReadonlyMap<string, Ours>> {
    const found = new Map(messages.map((message) => [message.id, whose(message, who)]))
    const wanted = messages.filter((message) => isStaff(message, who)).map((message) => message.parentId)
    const missing = [...new Set(wanted)].filter((id) => id !== '' && !found.has(id))
    for (const [id, ours] of await inBatches(missing, async (id) => [id, await lookUp(id, who)] as const))
      found.set(id, ours)
    return found
  }

  /** Newest first on the wire. */
  async function pagesOf(room: RoomRef, since: Cursor): Promise<{ entries: Entry[]; isWhole: boolean }> {
    const sinceAt = since ? Date.parse(since.at) : Number.NEGATIVE_INFINITY
    const isKnown = (entry: Entry) =>
      entry !== null && (entry.id === since?.id || Date.parse(entry.created) < sinceAt)
    const entries: Entry[] = []
    const pages = newestFirst(integration, room.id, PAGE)
    for (;;) {
      const { value, done } = await pages.next()
      if (done) return { entries, isWhole: value }
      entries.push(...value)
      if (value.some(isKnown)) return { entries, isWhole: false }
    }
  }

  /** By itself each of them: a list that lags leaves out what is there. */
  async function gone(room: RoomRef, ids: readonly string[]): Promise<readonly string[]> {
    const looked = await inBatches(ids, async (id) => {
      const path = `/messages/${encodeURIComponent(id)}`
      return integration.call('GET', path, Made).then(
        () => [],
        (error: unknown) => {
          const { status, permanent } = error instanceof DeliveryError ? error.outcome : {}
          if (status === 404) return [id]
          // Refused for another reason, and for good: nobody knows, and it must not hold up the room.
          if (permanent) return []
          throw error
        },
      )
    })
    const missing = looked.flat()
    // A room that is gone, or that we were put out of, shows no message either; nobody took these back.
    if (missing.length > 0) await integration.call('GET', `/rooms/${encodeURIComponent(room.id)}`, Made)
    return missing
  }

  async function read(room: RoomRef, since: Cursor): Promise<RoomView> {
    const who = await accounts()
    const { entries, isWhole } = await pagesOf(room, since)
    const messages = oldestFirst(entries)
    const threads = await threadsOf(messages, who)
    return {
      lines: messages
        .filter((message) => isStaff(message, who))
        .map((message) => staffLine(message, who, threads.get(message.parentId) ?? null)),
      own: messages.filter((message) => !isStaff(message, who)).map(ownPost),
      from: fromOf(entries, isWhole),
    }
  }

  return { read, gone }
}

/** Equal instants keep the order they had on the wire. */
function oldestFirst(entries: readonly Entry[]): Message[] {
  const messages = entries.filter((entry) => entry !== null)
  return messages.reverse().sort((a, b) => Date.parse(a.created) - Date.parse(b.created))
}

/**
 * The instant after that of the oldest message which nothing unseen stands before: of that very instant there may be others
 * on the page that was not read.
 */
function fromOf(entries: readonly Entry[], isWhole: boolean): string | null {
  const odd = entries.indexOf(null)
  if (isWhole && odd === -1) return null
  const oldest = entries.slice(0, odd === -1 ? entries.length : odd).at(-1)
  return oldest ? new Date(Date.parse(oldest.created) + 1).toISOString() : NEVER
}

const isStaff = ({ personId }: Message, who: Accounts): boolean => !who.ids.has(personId)

function whose({ personId, text }: Parent, who: Accounts): Ours {
  if (!who.ids.has(personId)) return null
  return isChatLine(text) ? 'line' : 'notice'
}

function staffLine(message: Message, { bot }: Accounts, ours: Ours): StaffLine {
  const { id, parentId } = message
  return {
    id,
    at: message.created,
    text: message.text,
    files: message.files.length,
    by: message.personEmail.toLowerCase(),
    ...callsOf(message, bot),
    thread: parentId === '' ? null : { id: parentId, ours },
    updated: message.updated === '' ? null : message.updated,
  }
}

function ownPost(message: Message): OwnPost {
  const { id, created } = message
  return { id, at: created, marker: markerIn(message.text), text: ownText(message) }
}
