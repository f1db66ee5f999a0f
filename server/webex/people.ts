/** Who is in a room, and who is there to answer. */
import { z } from 'zod'
import { DeliveryError } from '../core/errors.ts'
import type { Clock, Desk, Presence } from '../ports.ts'
import { type Accounts, unless } from './accounts.ts'
import { inBatches } from './batches.ts'
import type { WebexClient } from './client.ts'
import { Made, Nothing, orEmpty } from './shapes.ts'

const Membership = z.object({ id: z.string().min(1), personId: orEmpty, personEmail: orEmpty })
const Found = z.object({ items: z.array(z.unknown()) })
const Person = z.object({ emails: z.array(z.string()).default([]), status: orEmpty, lastActivity: orEmpty })
type Person = z.infer<typeof Person>

/** https://developer.webex.com/docs/api/v1/people/list-people, `status`; `inactive` is looked at more closely. */
const PRESENCES: Readonly<Record<string, Presence>> = {
  active: 'online',
  call: 'busy',
  meeting: 'busy',
  presenting: 'busy',
  DoNotDisturb: 'offline',
  OutOfOffice: 'offline',
  // Has never logged in.
  pending: 'offline',
}

/**
 * `inactive` says no more than that nothing was touched for ten minutes. Who was there within the hour is most likely near a
 * device that rings: we do not know. Who was not has gone home.
 */
const NEAR_MS = 3_600_000

export interface People extends Pick<Desk, 'addPeople' | 'removePeople' | 'presence'> {
  /** Returns whether they were not in. @throws DeliveryError */
  add(
    roomId: string,
    who: { personEmail: string } | { personId: string },
    signal?: AbortSignal,
  ): Promise<boolean>
}

export function createPeople(options: {
  integration: WebexClient
  accounts: () => Promise<Accounts>
  clock: Clock
}): People {
  const { integration, accounts, clock } = options

  const add: People['add'] = async (roomId, who, signal) => {
    const body = { roomId, ...who }
    // 409: is in the room already, which is all we wanted.
    const made = await integration
      .call('POST', '/memberships', Made, { body, ...(signal && { signal }) })
      .catch(unless(409))
    return made !== undefined
  }

  async function remove(roomId: string, email: string, ours: ReadonlySet<string>): Promise<void> {
    const query = { roomId, personEmail: email }
    const found = await integration.call('GET', '/memberships', Found, { query }).catch(unless(404))
    const memberships = readAll(Membership, found)
    for (const { id, personId, personEmail } of memberships) {
      // The only one found may be known by another of their addresses; of several, none that was not asked for.
      const asked = memberships.length === 1 || sameAddress(personEmail, email)
      if (!asked || ours.has(personId)) continue
      await integration.call('DELETE', `/memberships/${encodeURIComponent(id)}`, Nothing).catch(unless(404))
    }
  }

  async function presenceOf(email: string, signal: AbortSignal): Promise<Presence> {
    // By address, one by one: asked for by ids, Webex leaves the presence out.
    const found = await integration
      .call('GET', '/people', Found, { query: { email }, signal })
      // Not one of ours: an address of another organisation, or none at all.
      .catch(unless(400, 404))
    const people = readAll(Person, found)
    const named = people.find(({ emails }) => emails.some((each) => sameAddress(each, email)))
    const person = named ?? (people.length === 1 ? people[0] : undefined)
    return person ? presenceIn(person, clock.now()) : 'unknown'
  }

  return {
    add,

    async addPeople(room, emails, cameIn = () => undefined) {
      await inBatches(emails, async (personEmail) => {
        try {
          if (await add(room.id, { personEmail })) cameIn(personEmail)
        } catch (error) {
          if (error instanceof DeliveryError && error.outcome.effect === 'unknown') cameIn(personEmail)
          throw error
        }
      })
    },

    async removePeople(room, emails) {
      const { ids } = await accounts()
      await inBatches(emails, (email) => remove(room.id, email, ids))
    },

    async presence(emails, signal) {
      const found = await inBatches([...new Set(emails)], async (email) => {
        if (signal.aborted) throw new DeliveryError('GET /people: no answer in time', { effect: 'no' })
        return [email, await presenceOf(email, signal)] as const
      })
      return new Map(found)
    },
  }
}

/** @param now epoch ms */
function presenceIn({ status, lastActivity }: Person, now: number): Presence {
  if (status !== 'inactive')
    return Object.hasOwn(PRESENCES, status) ? (PRESENCES[status] ?? 'unknown') : 'unknown'
  return now - Date.parse(lastActivity) < NEAR_MS ? 'unknown' : 'offline'
}

/** Items that make no sense are left out, as in pages. */
function readAll<T>(item: z.ZodType<T>, found: z.infer<typeof Found> | undefined): T[] {
  return (found?.items ?? []).flatMap((each) => {
    const parsed = item.safeParse(each)
    return parsed.success ? [parsed.data] : []
  })
}

const sameAddress = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
