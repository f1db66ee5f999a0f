import type { Room } from '../data.ts'
import type { Handler } from '../http.ts'
import { Refused } from '../http.ts'
import { roomJson } from '../shapes.ts'
import type { World } from '../world.ts'
import type { RestCall } from './call.ts'
import { optionalBoolean, optionalString, page, requiredString } from './call.ts'

const ORDERS: Readonly<Record<string, (a: Room, b: Room) => number>> = {
  id: (a, b) => (a.id < b.id ? -1 : 1),
  created: (a, b) => (a.created > b.created ? -1 : a.created < b.created ? 1 : 0),
  lastactivity: (a, b) => (a.lastActivity > b.lastActivity ? -1 : a.lastActivity < b.lastActivity ? 1 : 0),
}

/** https://developer.webex.com/docs/api/v1/rooms */
export function roomRoutes(world: World): Record<string, Handler<RestCall>> {
  const shape = (room: Room) => roomJson(room, world.orgId)

  /** The room as a list that is behind knows it: perhaps not yet, perhaps without its latest messages. */
  function asOf(room: Room, upTo: number): Room[] {
    if (Date.parse(room.lastActivity) <= upTo) return [room]
    if (Date.parse(room.created) > upTo) return []
    const last = world.messagesIn(room.id).findLast((message) => Date.parse(message.created) <= upTo)
    return [{ ...room, lastActivity: last?.created ?? room.created }]
  }

  return {
    'POST /rooms': ({ person, body }) => {
      const title = requiredString(body, 'title')
      const description = optionalString(body, 'description')
      const isLocked = optionalBoolean(body, 'isLocked') ?? false
      const isPublic = optionalBoolean(body, 'isPublic') ?? false
      const isAnnouncementOnly = optionalBoolean(body, 'isAnnouncementOnly') ?? false
      if (isPublic && description === undefined) throw new Refused(400, 'A public room needs a description.')
      if (isAnnouncementOnly && !isLocked) {
        throw new Refused(400, 'Only a locked room can be announcement only.')
      }
      const fields = { title, description, isLocked, isPublic, isAnnouncementOnly }
      return { status: 200, body: shape(world.openRoom(person, 'group', fields, [])) }
    },

    'GET /rooms': (call) => {
      const type = call.query.get('type')
      if (type !== null && type !== 'group' && type !== 'direct') {
        throw new Refused(400, 'type must be direct or group.')
      }
      const order = ORDERS[call.query.get('sortBy') ?? 'id']
      if (!order) throw new Refused(400, 'sortBy must be id, lastactivity or created.')
      const rooms = [...world.rooms.values()]
        // Of two rooms made in the same millisecond the later one counts as newer.
        .reverse()
        .filter(
          (room) => world.membersIn(room.id).has(call.person.id) && (type === null || room.type === type),
        )
        .flatMap((room) => asOf(room, call.upTo))
        .sort(order)
      return page(call, rooms, { fallback: 100, limit: 1000 }, shape)
    },

    'GET /rooms/:id': ({ person }, { id = '' }) => ({ status: 200, body: shape(world.roomFor(person, id)) }),

    'PUT /rooms/:id': ({ person, body }, { id = '' }) => {
      const room = world.roomFor(person, id)
      if (room.type === 'direct') throw new Refused(400, 'A 1:1 room has no title of its own.')
      room.title = requiredString(body, 'title')
      room.description = optionalString(body, 'description') ?? room.description
      world.changed()
      world.tellRoom('updated', person, room)
      return { status: 200, body: shape(room) }
    },

    'DELETE /rooms/:id': ({ person }, { id = '' }) => {
      world.deleteRoom(person, world.roomFor(person, id))
      return { status: 204 }
    },
  }
}
