/** The webhook of a room, which tells us that somebody wrote: made with it, kept alive, and gone when the chat is over. */
import { z } from 'zod'
import { DeliveryError } from '../core/errors.ts'
import type { Desk, PartialRoom, RoomRef, Tended } from '../ports.ts'
import { unless } from './accounts.ts'
import { inBatches } from './batches.ts'
import type { WebexClient } from './client.ts'
import { instant, Made, Nothing, orEmpty } from './shapes.ts'

/** https://developer.webex.com/docs/api/v1/webhooks */
const Hook = z.object({
  id: z.string().min(1),
  name: orEmpty,
  targetUrl: orEmpty,
  filter: orEmpty,
  secret: orEmpty,
  status: orEmpty,
  created: instant.nullish().transform((text) => text ?? ''),
})
type Hook = z.infer<typeof Hook>

export interface Hooks extends Pick<Desk, 'tend'> {
  /** Where Webex reaches us; null when it cannot. */
  readonly target: string | null
  /** Returns the webhook's id. @throws DeliveryError */
  make(room: RoomRef, target: string, signal: AbortSignal): Promise<string>
  /** @returns whether it was there */
  remove(id: string): Promise<boolean>
  /** Whatever listens to a room for us. @returns how many there were */
  removeAll(room: RoomRef): Promise<number>
}

export function createHooks(options: {
  integration: WebexClient
  /** Where Webex reaches us; null when it cannot. */
  hookUrl: string | null
  hookSecret: string
}): Hooks {
  const { integration, hookUrl, hookSecret } = options
  /** Webhooks that were told our address and secret. Webex may show them in another way; that is no reason to tell again. */
  const told = new Set<string>()

  async function create(room: RoomRef, targetUrl: string, signal?: AbortSignal): Promise<string> {
    const body = {
      name: nameOf(room),
      targetUrl,
      resource: 'messages',
      event: 'all',
      filter: filterOf(room),
      secret: hookSecret,
    }
    return (await integration.call('POST', '/webhooks', Made, { body, ...(signal && { signal }) })).id
  }

  const remove = async (id: string): Promise<boolean> =>
    !(await integration.call('DELETE', pathOf(id), Nothing).then(() => false, isGone))

  /** All webhooks of the account, by the room they listen to. */
  async function listed(): Promise<ReadonlyMap<string, readonly Hook[]>> {
    const byFilter = new Map<string, Hook[]>()
    for await (const page of integration.pages('/webhooks', Hook, { max: '100' }))
      for (const hook of page) byFilter.set(hook.filter, [...(byFilter.get(hook.filter) ?? []), hook])
    return byFilter
  }

  /** Ours of a room, the first made first, so that all processes agree on which one stays. */
  async function oursOf(room: RoomRef, all: ReadonlyMap<string, readonly Hook[]>): Promise<Hook[]> {
    const found = (all.get(filterOf(room)) ?? []).filter((hook) => isOurs(hook, room))
    const { hookId } = room.details
    if (hookId !== undefined && !found.some(({ id }) => id === hookId)) {
      // A list may be behind, or too long to be read to its end.
      const known = await integration.call('GET', pathOf(hookId), Hook).catch(unless(404))
      if (known && isOurs(known, room)) found.push(known)
    }
    return found.sort((a, b) => compare(a.created, b.created) || compare(a.id, b.id))
  }

  const isRight = ({ id, status, targetUrl, secret }: Hook, target: string): boolean =>
    status !== 'inactive' &&
    (told.has(id) || (sameUrl(targetUrl, target) && (secret === '' || secret === hookSecret)))

  /** @returns whether it is still there */
  async function wake({ id, name }: Hook, targetUrl: string): Promise<boolean> {
    // An address or a secret that changed goes with it; all else of a webhook is for ever.
    const body = { name, targetUrl, secret: hookSecret, status: 'active' }
    try {
      await integration.call('PUT', pathOf(id), Nothing, { body })
    } catch (error) {
      // Most likely it is awake: who asks the next time would not hear any more that it had slept.
      if (error instanceof DeliveryError && error.outcome.effect === 'unknown') return true
      return !isGone(error)
    }
    told.add(id)
    return true
  }

  async function tendOne(room: RoomRef, ours: readonly Hook[], target: string): Promise<Tended | null> {
    for (const [index, hook] of ours.entries()) {
      const right = isRight(hook, target)
      if (!right && !(await wake(hook, target))) continue
      // Two only tell everything twice: that can wait until the next time.
      for (const { id } of ours.slice(index + 1)) await remove(id).catch(() => false)
      if (right && hook.id === room.details.hookId) return null
      return { room: withHook(room, hook.id), was: hook.status === 'inactive' ? 'inactive' : 'missing' }
    }
    // What nobody knows of whether it was made is found in the list the next time.
    return { room: withHook(room, await create(room, target)), was: 'missing' }
  }

  return {
    target: hookUrl,
    make: create,
    remove,

    async removeAll(room) {
      const ours = ((await listed()).get(filterOf(room)) ?? []).filter((hook) => isOurs(hook, room))
      for (const { id } of ours) await remove(id)
      return ours.length
    },

    async tend(rooms) {
      if (hookUrl === null || rooms.length === 0) return []
      const all = await listed()
      const standing = new Set([...all.values()].flatMap((hooks) => hooks.map(({ id }) => id)))
      for (const id of told) if (!standing.has(id)) told.delete(id)
      const tended: Tended[] = []
      const failures: unknown[] = []
      let hadEnough = false
      await inBatches(rooms, async (room) => {
        if (hadEnough) return
        try {
          const done = await tendOne(room, await oursOf(room, all), hookUrl)
          if (done) tended.push(done)
        } catch (error) {
          failures.push(error)
          // What Webex refuses for one room says nothing about the next.
          hadEnough = !(error instanceof DeliveryError && error.outcome.permanent === true)
        }
      })
      // What was done is to be told; the rest is found again the next time.
      if (tended.length === 0 && failures.length > 0) throw failures[0]
      return tended
    },
  }
}

const pathOf = (id: string): string => `/webhooks/${encodeURIComponent(id)}`
const nameOf = ({ details }: RoomRef): string => `Frontroom ${details.ref}`
const filterOf = ({ id }: RoomRef): string => `roomId=${id}`
const isOurs = (hook: Hook, room: RoomRef): boolean =>
  hook.name === nameOf(room) && hook.filter === filterOf(room)

function withHook(room: RoomRef, hookId: string): RoomRef {
  const details: PartialRoom = { ...room.details, hookId }
  return { id: room.id, details }
}

/** For what is no failure: it was not there any more. */
function isGone(error: unknown): true {
  unless(404)(error)
  return true
}

const sameUrl = (a: string, b: string): boolean =>
  a === b || (URL.canParse(a) && URL.canParse(b) && new URL(a).href === new URL(b).href)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
