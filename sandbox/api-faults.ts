import type { ApiCall } from './api.ts'
import type { createDelivery } from './delivery.ts'
import type { Faults } from './faults.ts'
import type { Handler } from './http.ts'
import { Refused } from './http.ts'
import type { createOAuth } from './rest/oauth.ts'
import type { World } from './world.ts'

/** What tests and the room view want to go wrong: rules for calls to come, and mishaps that happen at once. */
export function faultRoutes(options: {
  world: World
  delivery: ReturnType<typeof createDelivery>
  oauth: ReturnType<typeof createOAuth>
  faults: Faults
}): Record<string, Handler<ApiCall>> {
  const { world, delivery, oauth, faults } = options

  return {
    'GET /faults': () => ({ status: 200, body: { items: faults.list() } }),
    'POST /faults': ({ json }) => {
      faults.add(json)
      return { status: 200, body: { items: faults.list() } }
    },
    'DELETE /faults': () => {
      faults.clear()
      return { status: 204 }
    },
    /** As after too many failures; only its owner can switch it on again. */
    'POST /webhooks/:id/deactivate': (_call, { id = '' }) => {
      const webhook = world.webhooks.get(id)
      if (!webhook) throw new Refused(404, 'There is no such webhook.')
      delivery.switchOff(webhook)
      return { status: 204 }
    },
    /** As if one of its people had deleted it. */
    'DELETE /rooms/:id': (_call, { id = '' }) => {
      if (!world.rooms.has(id)) throw new Refused(404, 'There is no such room.')
      world.erase(id)
      return { status: 204 }
    },
    'POST /tokens/expire': () => ({ status: 200, body: { expired: oauth.expireTokens() } }),
    /** `{ seconds }`: how long access tokens issued from now on are good for. */
    'POST /tokens/lifetime': ({ body }) => {
      const seconds = body.seconds
      if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1 || seconds > 1e8) {
        throw new Refused(400, 'seconds must be a positive whole number.')
      }
      oauth.setLifetime(seconds)
      return { status: 200, body: { seconds } }
    },
  }
}
