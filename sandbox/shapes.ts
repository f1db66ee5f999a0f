import type { Membership, Message, Person, Room, Webhook } from './data.ts'

/** JSON as Webex sends it. Absent fields are left out, as there: a file-only message has no `text`. */

export function personJson(person: Person, orgId: string, withStatus: boolean): object {
  const [firstName = person.displayName, ...rest] = person.displayName.split(' ')
  return {
    id: person.id,
    emails: [person.email],
    phoneNumbers: [],
    displayName: person.displayName,
    nickName: firstName,
    firstName,
    lastName: rest.join(' '),
    orgId,
    created: person.created,
    lastModified: person.created,
    ...(withStatus ? { lastActivity: person.lastActivity ?? person.created, status: person.status } : {}),
    type: person.type,
  }
}

export function roomJson(room: Room, orgId: string): object {
  return {
    id: room.id,
    title: room.title,
    type: room.type,
    isLocked: room.isLocked,
    lastActivity: room.lastActivity,
    creatorId: room.creatorId,
    created: room.created,
    ownerId: orgId,
    isPublic: room.isPublic,
    isReadOnly: false,
    isAnnouncementOnly: room.isAnnouncementOnly,
    ...(room.description === undefined ? {} : { description: room.description }),
  }
}

export function membershipJson(membership: Membership, person: Person, room: Room, orgId: string): object {
  return {
    id: membership.id,
    roomId: membership.roomId,
    personId: membership.personId,
    personEmail: person.email,
    personDisplayName: person.displayName,
    personOrgId: orgId,
    isModerator: membership.isModerator,
    isMonitor: membership.isModerator,
    isRoomHidden: membership.isRoomHidden,
    roomType: room.type,
    created: membership.created,
  }
}

/** `base`: the absolute REST base the caller used; file addresses are built on it. */
export function messageJson(message: Message, person: Person, room: Room, base: string): object {
  const { content } = message
  return {
    id: message.id,
    ...(message.parentId === undefined ? {} : { parentId: message.parentId }),
    roomId: message.roomId,
    roomType: room.type,
    ...(content.text === undefined ? {} : { text: content.text }),
    ...(content.markdown === undefined ? {} : { markdown: content.markdown }),
    ...(content.html === undefined ? {} : { html: content.html }),
    ...(message.files.length === 0
      ? {}
      : { files: message.files.map((file) => `${base}/contents/${file.id}`) }),
    personId: message.personId,
    personEmail: person.email,
    ...(content.mentionedPeople.length === 0 ? {} : { mentionedPeople: content.mentionedPeople }),
    ...(content.mentionedGroups.length === 0 ? {} : { mentionedGroups: content.mentionedGroups }),
    ...(message.attachments.length === 0 ? {} : { attachments: message.attachments }),
    created: message.created,
    ...(message.updated === undefined ? {} : { updated: message.updated }),
  }
}

/** The part of a message that webhooks carry: never its text. */
export function messageHint(message: Message, person: Person, room: Room): object {
  const { mentionedPeople } = message.content
  return {
    id: message.id,
    roomId: message.roomId,
    roomType: room.type,
    personId: message.personId,
    personEmail: person.email,
    ...(mentionedPeople.length === 0 ? {} : { mentionedPeople }),
    created: message.created,
    ...(message.updated === undefined ? {} : { updated: message.updated }),
  }
}

export function webhookJson(webhook: Webhook, orgId: string, appId: string): object {
  return {
    id: webhook.id,
    name: webhook.name,
    targetUrl: webhook.targetUrl,
    resource: webhook.resource,
    event: webhook.event,
    ...(webhook.filter === undefined ? {} : { filter: webhook.filter }),
    ...(webhook.secret === undefined ? {} : { secret: webhook.secret }),
    orgId,
    createdBy: webhook.ownerId,
    appId,
    ownedBy: 'creator',
    status: webhook.status,
    created: webhook.created,
  }
}
