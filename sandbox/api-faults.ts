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
    /** All at once, as after an outage of ours. */
    'POST /webhooks/deactivate': () => {
      const active = [...world.webhooks.values()].filter((webhook) => webhook.status === 'active')
      for (const webhook of active) delivery.switchOff(webhook)
      return { status: 200, body: { deactivated: active.length } }
    },
    /** As if another program of the same account had deleted it. */
    'DELETE /webhooks/:id': (_call, { id = '' }) => {
      if (!world.webhooks.delete(id)) throw new Refused(404, 'There is no such webhook.')
      delivery.forget(id)
      world.changed()
      return { status: 204 }
    },
    /** As retention does, whoever wrote it. */
    'DELETE /messages/:id': (_call, { id = '' }) => {
      world.expire(id)
      return { status: 204 }
    },
    /** To another geography: the room gets another id, which is answered; the old one is gone. */
    'POST /rooms/:id/migrate': (_call, { id = '' }) => ({
      status: 200,
      body: { id: world.migrate(id).id },
    }),
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
