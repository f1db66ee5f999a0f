import type { Membership, Person, Room } from '../data.ts'
import type { Handler } from '../http.ts'
import { Refused } from '../http.ts'
import { membershipJson } from '../shapes.ts'
import { isEmail } from '../text.ts'
import type { World } from '../world.ts'
import type { RestCall } from './call.ts'
import { optionalBoolean, optionalString, page, requiredString } from './call.ts'

/** https://developer.webex.com/docs/api/v1/memberships */
export function membershipRoutes(world: World): Record<string, Handler<RestCall>> {
  function shape(membership: Membership): object {
    const room = world.rooms.get(membership.roomId)
    if (!room) throw new Refused(404, 'The requested resource could not be found.')
    return membershipJson(membership, world.person(membership.personId), room, world.orgId)
  }

  /** The person that a body names by `personId` or `personEmail`; an address nobody has becomes a person. */
  function named(body: RestCall['body']): Person {
    const id = optionalString(body, 'personId')
    const email = optionalString(body, 'personEmail')
    if ((id === undefined) === (email === undefined)) {
      throw new Refused(400, 'Either personId or personEmail is required.')
    }
    if (id !== undefined) return world.person(id)
    if (email === undefined || !isEmail(email))
      throw new Refused(400, 'personEmail is not an e-mail address.')
    return world.personOf(email)
  }

  function membershipFor(caller: Person, id: string): { membership: Membership; room: Room } {
    const membership = world.membershipById.get(id)
    if (!membership) throw new Refused(404, 'The requested resource could not be found.')
    return { membership, room: world.roomFor(caller, membership.roomId) }
  }

  return {
    'POST /memberships': ({ person, body }) => {
      const room = world.roomFor(person, requiredString(body, 'roomId'))
      const isModerator = optionalBoolean(body, 'isModerator') ?? false
      return { status: 200, body: shape(world.addMember(person, room, named(body), isModerator)) }
    },

    'GET /memberships': (call) => {
      const { person, query } = call
      const roomId = query.get('roomId')
      const personId = query.get('personId')
      const personEmail = query.get('personEmail')?.toLowerCase()
      if (roomId === null && (personId !== null || personEmail !== undefined)) {
        throw new Refused(400, 'A filter by person needs a roomId.')
      }
      const all =
        roomId === null
          ? [...world.membershipById.values()].filter((membership) => membership.personId === person.id)
          : [...world.membersIn(world.roomFor(person, roomId).id).values()]
      const chosen = all.filter(
        (membership) =>
          (personId === null || membership.personId === personId) &&
          (personEmail === undefined || world.person(membership.personId).email === personEmail),
      )
      return page(call, chosen, { fallback: 100, limit: 1000 }, shape)
    },

    'GET /memberships/:id': ({ person }, { id = '' }) => ({
      status: 200,
      body: shape(membershipFor(person, id).membership),
    }),

    'PUT /memberships/:id': ({ person, body }, { id = '' }) => {
      const { membership, room } = membershipFor(person, id)
      const isModerator = optionalBoolean(body, 'isModerator')
      const isRoomHidden = optionalBoolean(body, 'isRoomHidden')
      if (isModerator === undefined && isRoomHidden === undefined) {
        throw new Refused(400, 'isModerator or isRoomHidden is required.')
      }
      if (
        isModerator !== undefined &&
        room.isLocked &&
        !world.membersIn(room.id).get(person.id)?.isModerator
      ) {
        throw new Refused(403, 'Only a moderator may name moderators.')
      }
      membership.isModerator = isModerator ?? membership.isModerator
      membership.isRoomHidden = isRoomHidden ?? membership.isRoomHidden
      world.changed()
      world.tellMembership('updated', person, room, membership)
      return { status: 200, body: shape(membership) }
    },

    'DELETE /memberships/:id': ({ person }, { id = '' }) => {
      const { membership, room } = membershipFor(person, id)
      world.removeMember(person, room, membership)
      return { status: 204 }
    },
  }
}
