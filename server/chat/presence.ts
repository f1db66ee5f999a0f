/** Who of a topic can be reached now. Supervisors read along; they count neither as reachable nor as owners. */
import { DeliveryError } from '../core/errors.ts'
import type { Topic } from '../core/settings.ts'
import type { Presence } from '../ports.ts'
import type { Deps } from './deps.ts'

/** Longer is not waited. */
const PRESENCE_MS = 4_000

/** A desk that does not say may well have somebody there. */
const isReachable = (presence: Presence): boolean => presence !== 'offline'

/** Null when the desk could not be asked. */
async function presenceOf(
  { desk, log }: Deps,
  topic: Topic,
  ms: number,
): Promise<ReadonlyMap<string, Presence> | null> {
  try {
    return await desk.presence(topic.participants, AbortSignal.timeout(ms))
  } catch (error) {
    const known = error instanceof DeliveryError
    log[known ? 'warn' : 'error']({ topic: topic.id, err: error }, 'who is reachable could not be found out')
    return null
  }
}

/** Null when nobody knows: what that means depends on what would be promised. */
export async function anybodyReachable(deps: Deps, topic: Topic, ms = PRESENCE_MS): Promise<boolean | null> {
  const presence = await presenceOf(deps, topic, ms)
  return presence && [...presence.values()].some(isReachable)
}

/** The one a chat is given to; null when nobody is there. */
export async function firstReachable(deps: Deps, topic: Topic, ms = PRESENCE_MS): Promise<string | null> {
  const presence = await presenceOf(deps, topic, ms)
  for (const wanted of ['online', 'busy', 'unknown'] as const) {
    const found = topic.participants.find((email) => presence?.get(email) === wanted)
    if (found !== undefined) return found
  }
  return null
}
