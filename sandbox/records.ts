import type { Membership, Message, Room, Snapshot, Token, Webhook } from './data.ts'

export type Records = ReturnType<typeof createRecords>

/** What a snapshot holds, indexed the way the world asks for it. No rules: these are in `createWorld`. */
export function createRecords(start: Snapshot) {
  const { version, orgId, appId, integrationId, botId, accounts } = start
  const people = new Map(start.people.map((person) => [person.id, person]))
  const byEmail = new Map(start.people.map((person) => [person.email, person]))
  const rooms = new Map(start.rooms.map((room) => [room.id, room]))
  const membershipById = new Map<string, Membership>()
  const messageById = new Map<string, Message>()
  /** Per room: memberships by person, in the order of joining, and messages, oldest first. */
  const membersOf = new Map<string, Map<string, Membership>>()
  const messagesOf = new Map<string, Message[]>()
  const webhooks = new Map<string, Webhook>(start.webhooks.map((webhook) => [webhook.id, webhook]))
  const tokens = new Map<string, Token>(start.tokens.map((token) => [token.token, token]))
  const refreshTokens = new Map(start.refreshTokens.map((token) => [token.token, token]))
  for (const room of start.rooms) {
    membersOf.set(room.id, new Map())
    messagesOf.set(room.id, [])
  }
  for (const membership of start.memberships) {
    if (!people.has(membership.personId)) continue
    membersOf.get(membership.roomId)?.set(membership.personId, membership)
    membershipById.set(membership.id, membership)
  }
  for (const message of start.messages) {
    if (!people.has(message.personId)) continue
    messagesOf.get(message.roomId)?.push(message)
    messageById.set(message.id, message)
  }

  const membersIn = (roomId: string) => membersOf.get(roomId) ?? new Map<string, Membership>()
  const messagesIn = (roomId: string) => messagesOf.get(roomId) ?? []

  return {
    orgId,
    appId,
    integrationId,
    botId,
    accounts,
    people,
    byEmail,
    rooms,
    membershipById,
    messageById,
    membersOf,
    messagesOf,
    webhooks,
    tokens,
    refreshTokens,
    membersIn,
    messagesIn,
    /** A room with everything in it; its webhooks stay, as they do in Webex. */
    eraseRoom(roomId: string): void {
      for (const membership of membersIn(roomId).values()) membershipById.delete(membership.id)
      for (const message of messagesIn(roomId)) messageById.delete(message.id)
      membersOf.delete(roomId)
      messagesOf.delete(roomId)
      rooms.delete(roomId)
    },
    /** The room gets another id, with everything in it; its webhooks go on listening to the old one. */
    moveRoom(roomId: string, newId: string): Room | undefined {
      const room = rooms.get(roomId)
      if (!room) return undefined
      const moved = { ...room, id: newId }
      const members = [...membersIn(roomId).values()].map((each) => ({ ...each, roomId: newId }))
      const messages = messagesIn(roomId).map((each) => ({ ...each, roomId: newId }))
      for (const each of members) membershipById.set(each.id, each)
      for (const each of messages) messageById.set(each.id, each)
      rooms.delete(roomId)
      membersOf.delete(roomId)
      messagesOf.delete(roomId)
      rooms.set(newId, moved)
      membersOf.set(newId, new Map(members.map((each) => [each.personId, each])))
      messagesOf.set(newId, messages)
      return moved
    },
    snapshot: (): Snapshot => ({
      version,
      orgId,
      appId,
      integrationId,
      botId,
      accounts,
      people: [...people.values()],
      rooms: [...rooms.values()],
      memberships: [...membershipById.values()],
      messages: [...messagesOf.values()].flat(),
      webhooks: [...webhooks.values()],
      tokens: [...tokens.values()],
      refreshTokens: [...refreshTokens.values()],
    }),
  }
}
