import type { Membership, Message, Person, Room } from './data.ts'
import { membershipJson, messageHint, roomJson } from './shapes.ts'

/** What happened, as webhooks tell it. */
export interface WorldEvent {
  readonly resource: 'rooms' | 'memberships' | 'messages'
  readonly event: 'created' | 'updated' | 'deleted' | 'migrated'
  readonly actorId: string
  /** Ids of the people whose webhooks may hear of it. */
  readonly audience: ReadonlySet<string>
  /** What filters compare; a list fits when it contains the value. */
  readonly facts: Readonly<Record<string, string | readonly string[]>>
  readonly data: object
}

/** Bots are told only of group messages that mention them. */
export function hears(who: Person, room: Room, message: Message): boolean {
  return who.type !== 'bot' || room.type === 'direct' || message.content.mentionedPeople.includes(who.id)
}

/** Puts what happened into words, for everybody who may know of it. */
export function createTeller(options: {
  orgId: string
  person: (id: string) => Person
  peopleIn: (roomId: string) => readonly Person[]
  emit: (event: WorldEvent) => void
}) {
  const { orgId, person, peopleIn, emit } = options
  const idsIn = (roomId: string) => peopleIn(roomId).map((member) => member.id)

  function tellMessage(event: WorldEvent['event'], actor: Person, room: Room, message: Message): void {
    const author = person(message.personId)
    emit({
      resource: 'messages',
      event,
      actorId: actor.id,
      audience: new Set(
        peopleIn(room.id).flatMap((member) => (hears(member, room, message) ? [member.id] : [])),
      ),
      facts: {
        roomId: room.id,
        roomType: room.type,
        personId: author.id,
        personEmail: author.email,
        mentionedPeople: message.content.mentionedPeople,
        hasFiles: String(message.files.length > 0),
        hasAttachments: String(message.attachments.length > 0),
      },
      data: messageHint(message, author, room),
    })
  }

  function tellMembership(
    event: WorldEvent['event'],
    actor: Person,
    room: Room,
    membership: Membership,
  ): void {
    const member = person(membership.personId)
    // Documented: memberships/deleted fires for group rooms only.
    if (event === 'deleted' && room.type === 'direct') return
    emit({
      resource: 'memberships',
      event,
      actorId: actor.id,
      audience: new Set([...idsIn(room.id), member.id]),
      facts: {
        roomId: room.id,
        personId: member.id,
        personEmail: member.email,
        isModerator: String(membership.isModerator),
      },
      data: membershipJson(membership, member, room, orgId),
    })
  }

  function tellRoom(event: WorldEvent['event'], actor: Person, room: Room): void {
    emit({
      resource: 'rooms',
      event,
      actorId: actor.id,
      audience: new Set(idsIn(room.id)),
      facts: { type: room.type, isLocked: String(room.isLocked) },
      data: roomJson(room, orgId),
    })
  }

  return { tellMessage, tellMembership, tellRoom }
}
