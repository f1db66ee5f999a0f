import type { Person, Webhook } from '../data.ts'
import { webexId } from '../data.ts'
import type { createDelivery } from '../delivery.ts'
import type { Handler } from '../http.ts'
import { Refused } from '../http.ts'
import { webhookJson } from '../shapes.ts'
import type { World } from '../world.ts'
import type { RestCall } from './call.ts'
import { optionalString, page, requiredString } from './call.ts'

/** Filters per resource, https://developer.webex.com/docs/webhooks */
const FILTERS: Readonly<Record<string, readonly string[]>> = {
  all: [],
  attachmentActions: ['roomId'],
  memberships: ['roomId', 'personId', 'personEmail', 'isModerator'],
  messages: [
    'roomId',
    'roomType',
    'personId',
    'personEmail',
    'mentionedPeople',
    'hasFiles',
    'hasAttachments',
  ],
  rooms: ['type', 'isLocked'],
}
const EVENTS = ['created', 'updated', 'deleted', 'migrated', 'all']
const MAX_PER_PERSON = 30_000

function targetOf(body: RestCall['body']): string {
  const target = requiredString(body, 'targetUrl')
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target))
    throw new Refused(400, 'targetUrl is not a URL.')
  return target
}

function filterOf(body: RestCall['body'], allowed: readonly string[]): string | undefined {
  const filter = optionalString(body, 'filter')
  if (filter === undefined) return undefined
  for (const [key, value] of new URLSearchParams(filter)) {
    if (!allowed.includes(key) || value === '')
      throw new Refused(400, `The filter "${key}" is not supported.`)
  }
  return filter
}

/** https://developer.webex.com/docs/api/v1/webhooks — everybody sees his own only. */
export function webhookRoutes(
  world: World,
  delivery: ReturnType<typeof createDelivery>,
): Record<string, Handler<RestCall>> {
  const shape = (webhook: Webhook) => webhookJson(webhook, world.orgId, world.appId)
  const ownedBy = (person: Person) =>
    [...world.webhooks.values()].filter((webhook) => webhook.ownerId === person.id)

  function own(person: Person, id: string): Webhook {
    const webhook = world.webhooks.get(id)
    if (webhook?.ownerId !== person.id) throw new Refused(404, 'The requested resource could not be found.')
    return webhook
  }

  return {
    'POST /webhooks': ({ person, body }) => {
      const name = requiredString(body, 'name')
      const targetUrl = targetOf(body)
      const resource = requiredString(body, 'resource')
      const event = requiredString(body, 'event')
      const allowed = Object.hasOwn(FILTERS, resource) ? FILTERS[resource] : undefined
      if (!allowed) throw new Refused(400, `The resource "${resource}" is not supported.`)
      if (!EVENTS.includes(event)) throw new Refused(400, `The event "${event}" is not supported.`)
      const filter = filterOf(body, allowed)
      const secret = optionalString(body, 'secret')
      if (ownedBy(person).length >= MAX_PER_PERSON) throw new Refused(400, 'There are too many webhooks.')
      const webhook: Webhook = {
        id: webexId('WEBHOOK'),
        ownerId: person.id,
        name,
        targetUrl,
        resource,
        event,
        filter,
        secret,
        status: 'active',
        created: world.instant(),
      }
      world.webhooks.set(webhook.id, webhook)
      world.changed()
      return { status: 200, body: shape(webhook) }
    },

    'GET /webhooks': (call) => page(call, ownedBy(call.person), { fallback: 100, limit: 100 }, shape),

    'GET /webhooks/:id': ({ person }, { id = '' }) => ({ status: 200, body: shape(own(person, id)) }),

    'PUT /webhooks/:id': ({ person, body }, { id = '' }) => {
      const webhook = own(person, id)
      const name = requiredString(body, 'name')
      const targetUrl = targetOf(body)
      const secret = optionalString(body, 'secret')
      const status = optionalString(body, 'status')
      if (status !== undefined && status !== 'active')
        throw new Refused(400, 'status can only be set to active.')
      webhook.name = name
      webhook.targetUrl = targetUrl
      webhook.secret = secret ?? webhook.secret
      if (status === 'active' && webhook.status === 'inactive') {
        webhook.status = 'active'
        delivery.reactivated(webhook)
      }
      world.changed()
      return { status: 200, body: shape(webhook) }
    },

    'DELETE /webhooks/:id': ({ person }, { id = '' }) => {
      own(person, id)
      world.webhooks.delete(id)
      delivery.forget(id)
      world.changed()
      return { status: 204 }
    },
  }
}
