import type { Content, Membership, Message, Person, Room, Snapshot } from './data.ts'
import { webexId } from './data.ts'
import type { WorldEvent } from './events.ts'
import { createTeller, hears } from './events.ts'
import { Refused } from './http.ts'
import { createRecords } from './records.ts'
import { displayNameOf } from './text.ts'

const MAX_EDITS = 10
const MAX_MESSAGES_PER_ROOM = 5000
const GONE = 'The requested resource could not be found.'

export type World = ReturnType<typeof createWorld>

/**
 * Who is in which room and what was said there, and what Webex allows whom. Every operation happens at once and whole, so a
 * call either took effect or was refused. Refusals are thrown as `Refused`.
 */
export function createWorld(options: {
  snapshot: Snapshot
  maxRooms: number
  now: () => number
  /** After every change that must survive a restart. */
  changed: () => void
  emit: (event: WorldEvent) => void
}) {
  const { maxRooms, changed } = options
  const records = createRecords(options.snapshot)
  const { people, byEmail, rooms, membershipById, messageById, membersOf, messagesOf, webhooks } = records
  const { membersIn, messagesIn } = records

  const instant = () => new Date(options.now()).toISOString()

  function person(id: string): Person {
    const found = people.get(id)
    if (!found) throw new Refused(404, GONE)
    return found
  }

  /** Anybody whose address is used exists from then on. */
  function personOf(email: string): Person {
    const key = email.toLowerCase()
    const known = byEmail.get(key)
    if (known) return known
    const made: Person = {
      id: webexId('PEOPLE'),
      email: key,
      displayName: displayNameOf(key),
      type: key.endsWith('@webex.bot') ? 'bot' : 'person',
      created: instant(),
      status: 'active',
    }
    people.set(made.id, made)
    byEmail.set(key, made)
    changed()
    return made
  }

  const peopleIn = (roomId: string) => [...membersIn(roomId).keys()].map(person)

  const { tellMessage, tellMembership, tellRoom } = createTeller({
    orgId: records.orgId,
    person,
    peopleIn,
    emit: options.emit,
  })

  /** A room that the person is in; everybody else gets 404, as if it did not exist. */
  function roomFor(who: Person, roomId: string): Room {
    const room = rooms.get(roomId)
    if (!room || !membersIn(roomId).has(who.id)) throw new Refused(404, GONE)
    return room
  }

  function sees(who: Person, room: Room, message: Message): boolean {
    return membersIn(room.id).has(who.id) && (message.personId === who.id || hears(who, room, message))
  }

  function messageFor(who: Person, messageId: string): { message: Message; room: Room } {
    const message = messageById.get(messageId)
    const room = message && rooms.get(message.roomId)
    if (!message || !room || !sees(who, room, message)) throw new Refused(404, GONE)
    return { message, room }
  }

  /** Nobody is asked and nobody is told: there is no event for a deleted room. */
  function erase(roomId: string): void {
    records.eraseRoom(roomId)
    changed()
  }

  /** Webhooks of a room that nobody deleted would pile up for ever, so those go with it here, unlike at a deletion. */
  function makeSpace(): void {
    while (rooms.size >= maxRooms) {
      let oldest: Room | undefined
      for (const room of rooms.values()) if (!oldest || room.lastActivity < oldest.lastActivity) oldest = room
      if (!oldest) return
      for (const webhook of webhooks.values()) {
        if (webhook.filter?.split('&').includes(`roomId=${oldest.id}`)) webhooks.delete(webhook.id)
      }
      erase(oldest.id)
    }
  }

  function join(room: Room, member: Person, isModerator: boolean): Membership {
    const membership: Membership = {
      id: webexId('MEMBERSHIP'),
      roomId: room.id,
      personId: member.id,
      created: instant(),
      isModerator,
      isRoomHidden: false,
    }
    membersIn(room.id).set(member.id, membership)
    membershipById.set(membership.id, membership)
    return membership
  }

  type NewRoom = Pick<Room, 'title' | 'isLocked' | 'isPublic' | 'isAnnouncementOnly' | 'description'>

  function openRoom(actor: Person, type: Room['type'], fields: NewRoom, others: readonly Person[]): Room {
    makeSpace()
    const created = instant()
    const room: Room = {
      id: webexId('ROOM'),
      type,
      creatorId: actor.id,
      created,
      lastActivity: created,
      ...fields,
    }
    rooms.set(room.id, room)
    membersOf.set(room.id, new Map())
    messagesOf.set(room.id, [])
    // Only a locked room has moderators; its creator is the first.
    const memberships = [actor, ...others].map((member) =>
      join(room, member, member === actor && room.isLocked),
    )
    changed()
    tellRoom('created', actor, room)
    for (const membership of memberships) tellMembership('created', actor, room, membership)
    return room
  }

  /** In a locked room only moderators may change who is in it. */
  function mayManage(actor: Person, room: Room): boolean {
    return !room.isLocked || membersIn(room.id).get(actor.id)?.isModerator === true
  }

  function addMember(actor: Person, room: Room, member: Person, isModerator: boolean): Membership {
    if (room.type === 'direct') throw new Refused(400, 'A 1:1 room cannot take another person.')
    if (!mayManage(actor, room)) throw new Refused(403, 'Only a moderator may add people to this room.')
    if (membersIn(room.id).has(member.id)) throw new Refused(409, 'User is already a participant')
    const membership = join(room, member, isModerator && room.isLocked)
    changed()
    tellMembership('created', actor, room, membership)
    return membership
  }

  function removeMember(actor: Person, room: Room, membership: Membership): void {
    if (room.type === 'direct') throw new Refused(403, 'Nobody can be removed from a 1:1 room.')
    if (membership.personId !== actor.id && !mayManage(actor, room)) {
      throw new Refused(403, 'Only a moderator may remove people from this room.')
    }
    membersIn(room.id).delete(membership.personId)
    membershipById.delete(membership.id)
    changed()
    tellMembership('deleted', actor, room, membership)
    if (membersIn(room.id).size === 0) erase(room.id)
  }

  function post(
    actor: Person,
    room: Room,
    message: Pick<Message, 'content' | 'files' | 'attachments' | 'parentId'>,
  ): Message {
    if (message.parentId !== undefined) {
      const parent = messageById.get(message.parentId)
      if (parent?.roomId !== room.id) throw new Refused(400, 'parentId is not a message of this room.')
      if (parent.parentId !== undefined) throw new Refused(400, 'A reply cannot be replied to.')
    }
    if (room.isAnnouncementOnly && !mayManage(actor, room)) {
      throw new Refused(403, 'Only a moderator may write in this room.')
    }
    const made: Message = {
      ...message,
      id: webexId('MESSAGE'),
      roomId: room.id,
      personId: actor.id,
      created: instant(),
      edits: 0,
    }
    const list = messagesIn(room.id)
    list.push(made)
    messageById.set(made.id, made)
    if (list.length > MAX_MESSAGES_PER_ROOM) {
      for (const dropped of list.splice(0, list.length - MAX_MESSAGES_PER_ROOM))
        messageById.delete(dropped.id)
    }
    room.lastActivity = made.created
    changed()
    tellMessage('created', actor, room, made)
    return made
  }

  function edit(actor: Person, room: Room, message: Message, content: Content): void {
    if (message.personId !== actor.id) throw new Refused(403, 'Only the author may edit a message.')
    if (message.files.length > 0 || message.attachments.length > 0) {
      throw new Refused(400, 'A message with files or cards cannot be edited.')
    }
    if (message.edits >= MAX_EDITS) throw new Refused(400, `A message can be edited ${MAX_EDITS} times.`)
    message.content = content
    message.updated = instant()
    message.edits += 1
    changed()
    tellMessage('updated', actor, room, message)
  }

  function remove(actor: Person, room: Room, message: Message): void {
    const moderator = membersIn(room.id).get(actor.id)?.isModerator === true
    if (message.personId !== actor.id && !moderator) {
      throw new Refused(403, 'Only the author or a moderator may delete a message.')
    }
    drop(actor, room, message)
  }

  function drop(actor: Person, room: Room, message: Message): void {
    const list = messagesIn(room.id)
    list.splice(list.indexOf(message), 1)
    messageById.delete(message.id)
    changed()
    tellMessage('deleted', actor, room, message)
  }

  return {
    orgId: records.orgId,
    appId: records.appId,
    integrationId: records.integrationId,
    botId: records.botId,
    accounts: records.accounts,
    people,
    byEmail,
    rooms,
    membershipById,
    webhooks,
    tokens: records.tokens,
    refreshTokens: records.refreshTokens,
    instant,
    now: options.now,
    changed,
    person,
    personOf,
    membersIn,
    messagesIn,
    peopleIn,
    roomFor,
    messageFor,
    sees,
    openRoom,
    addMember,
    removeMember,
    post,
    edit,
    remove,
    tellRoom,
    tellMembership,
    erase,
    /** What an organisation's retention does: nobody in the room is asked. */
    expire(messageId: string): void {
      const message = messageById.get(messageId)
      const room = message && rooms.get(message.roomId)
      if (!message || !room) throw new Refused(404, GONE)
      drop(person(message.personId), room, message)
    },
    /** To another geography: all of it stays but its id. Returns the room as it is from then on. */
    migrate(roomId: string): Room {
      const room = records.moveRoom(roomId, webexId('ROOM'))
      if (!room) throw new Refused(404, GONE)
      changed()
      tellRoom('migrated', person(room.creatorId), room)
      return room
    },
    /** A non-moderator of a locked room only leaves it; everybody else deletes it for all, without a further event. */
    deleteRoom(actor: Person, room: Room): void {
      const own = membersIn(room.id).get(actor.id)
      if (own && !mayManage(actor, room)) removeMember(actor, room, own)
      else erase(room.id)
    },
    /** The 1:1 room of two people, made at the first message between them. */
    directRoom(actor: Person, other: Person): Room {
      if (actor.id === other.id) throw new Refused(400, 'Nobody can write to himself.')
      for (const room of rooms.values()) {
        if (room.type === 'direct' && membersIn(room.id).has(actor.id) && membersIn(room.id).has(other.id)) {
          return room
        }
      }
      const fields = { title: other.displayName, isLocked: false, isPublic: false, isAnnouncementOnly: false }
      return openRoom(actor, 'direct', fields, [other])
    },
    snapshot: records.snapshot,
  }
}
