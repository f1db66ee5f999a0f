import type { Person } from '../data.ts'
import type { Handler } from '../http.ts'
import { Refused } from '../http.ts'
import { personJson } from '../shapes.ts'
import type { World } from '../world.ts'
import type { RestCall } from './call.ts'
import { page } from './call.ts'

const MAX_IDS = 85

/** https://developer.webex.com/docs/api/v1/people — the part that reads; nobody is made here. */
export function peopleRoutes(world: World): Record<string, Handler<RestCall>> {
  const one = (person: Person, withStatus = true) => personJson(person, world.orgId, withStatus)

  function found(query: URLSearchParams): Person[] {
    const ids = query.get('id')
    const email = query.get('email')
    const name = query.get('displayName')
    if (ids !== null) {
      const list = ids.split(',').filter((id) => id !== '')
      if (list.length > MAX_IDS) throw new Refused(400, `At most ${MAX_IDS} ids at a time.`)
      return list.flatMap((id) => world.people.get(id) ?? [])
    }
    if (email !== null) {
      const person = world.byEmail.get(email.toLowerCase())
      return person ? [person] : []
    }
    if (name) {
      const beginning = name.toLowerCase()
      return [...world.people.values()].filter((person) =>
        person.displayName.toLowerCase().startsWith(beginning),
      )
    }
    throw new Refused(400, 'Email, displayName, or id list must be specified.')
  }

  return {
    'GET /people': (call) => {
      // Documented: who is asked for by id comes without a presence.
      const withStatus = call.query.get('excludeStatus') !== 'true' && call.query.get('id') === null
      return page(call, found(call.query), { fallback: 100, limit: 1000 }, (person) =>
        one(person, withStatus),
      )
    },
    'GET /people/me': (call) => ({ status: 200, body: one(call.person) }),
    'GET /people/:id': (_call, { id = '' }) => ({ status: 200, body: one(world.person(id)) }),
  }
}
