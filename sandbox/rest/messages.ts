import type { Attached, Content, Message, Person, Room } from '../data.ts'
import { webexId } from '../data.ts'
import type { Handler } from '../http.ts'
import { Refused } from '../http.ts'
import { messageJson } from '../shapes.ts'
import { isEmail, renderMarkdown } from '../text.ts'
import type { World } from '../world.ts'
import type { RestCall } from './call.ts'
import { messagePage, optionalString, requiredString } from './call.ts'

const MAX_BYTES = 7439

const bad = (message: string) => new Refused(400, message)

/** Text, markdown or HTML of a body; null when it has none of them. Bytes of UTF-8 count, not characters. */
export function contentOf(body: RestCall['body'], members: readonly Person[]): Content | null {
  const [text, markdown, html] = ['text', 'markdown', 'html'].map((name) => {
    const value = optionalString(body, name)
    if (value !== undefined && Buffer.byteLength(value) > MAX_BYTES) {
      throw bad(`${name} is longer than ${MAX_BYTES} bytes.`)
    }
    return value
  })
  if (markdown !== undefined) {
    if (html !== undefined) throw bad('Send either markdown or html.')
    const rendered = renderMarkdown(markdown, members)
    return text === undefined ? rendered : { ...rendered, text }
  }
  if (text === undefined && html === undefined) return null
  return {
    text: text ?? html?.replace(/<[^>]*>/g, ''),
    ...(html === undefined ? {} : { html }),
    mentionedPeople: [],
    mentionedGroups: [],
  }
}

/** Webex fetches the file from its public address; the sandbox calls nobody and keeps its name only. */
function filesOf(value: unknown): Attached[] {
  if (value === undefined || value === null) return []
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list) || list.length !== 1) throw bad('files must hold exactly one address.')
  const address: unknown = list[0]
  if (typeof address !== 'string' || !/^https?:/.test(address) || !URL.canParse(address)) {
    throw bad('files must hold a public address.')
  }
  const name = new URL(address).pathname
    .split('/')
    .at(-1)
    ?.replace(/[^A-Za-z0-9._-]/g, '_')
  return [{ id: webexId('CONTENT'), name: name || 'file' }]
}

function attachmentsOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return []
  const card =
    Array.isArray(value) && value.length === 1 ? (value[0] as Record<string, unknown> | null) : null
  if (card?.contentType !== 'application/vnd.microsoft.card.adaptive' || typeof card.content !== 'object') {
    throw bad('attachments must hold exactly one adaptive card.')
  }
  return [card]
}

/** https://developer.webex.com/docs/api/v1/messages */
export function messageRoutes(world: World): Record<string, Handler<RestCall>> {
  function target(caller: Person, body: RestCall['body']): Room {
    const roomId = optionalString(body, 'roomId')
    const personId = optionalString(body, 'toPersonId')
    const email = optionalString(body, 'toPersonEmail')
    if ([roomId, personId, email].filter((value) => value !== undefined).length !== 1) {
      throw bad('Exactly one of roomId, toPersonId and toPersonEmail is required.')
    }
    if (roomId !== undefined) return world.roomFor(caller, roomId)
    if (email !== undefined && !isEmail(email)) throw bad('toPersonEmail is not an e-mail address.')
    const person = email === undefined ? world.person(personId ?? '') : world.personOf(email)
    return world.directRoom(caller, person)
  }

  const shape = (call: RestCall, room: Room) => (message: Message) =>
    messageJson(message, world.person(message.personId), room, call.base)

  /** Bots may list a group room only by what mentions them. */
  function chosen({ person, query, upTo }: RestCall, room: Room): Message[] {
    const mentioned = query.get('mentionedPeople')
    const who = mentioned === 'me' ? person.id : mentioned
    if (person.type === 'bot' && room.type === 'group' && who !== person.id) {
      throw new Refused(403, 'A bot must pass mentionedPeople=me in a group room.')
    }
    const parentId = query.get('parentId')
    const before = query.get('before')
    if (before !== null && Number.isNaN(Date.parse(before))) throw bad('before is not a date.')
    const beforeMessage = query.get('beforeMessage')
    let list = world.messagesIn(room.id)
    if (beforeMessage !== null) {
      const index = list.findIndex((message) => message.id === beforeMessage)
      if (index === -1) throw new Refused(404, 'The message in beforeMessage could not be found.')
      list = list.slice(0, index)
    }
    return list
      .filter(
        (message) =>
          (who === null || message.content.mentionedPeople.includes(who)) &&
          (parentId === null || message.parentId === parentId) &&
          Date.parse(message.created) <= upTo &&
          (before === null || Date.parse(message.created) < Date.parse(before)),
      )
      .reverse()
  }

  return {
    'POST /messages': (call) => {
      const { person, body } = call
      const files = filesOf(body.files)
      const attachments = attachmentsOf(body.attachments)
      const parentId = optionalString(body, 'parentId')
      // Looked at before the room: a refused message must not leave a new 1:1 room behind.
      if (!contentOf(body, []) && files.length === 0 && attachments.length === 0) {
        throw bad('A message needs text, markdown, html, files or attachments.')
      }
      const room = target(person, body)
      const content = contentOf(body, world.peopleIn(room.id)) ?? { mentionedPeople: [], mentionedGroups: [] }
      const message = world.post(person, room, { content, files, attachments, parentId })
      return { status: 200, body: shape(call, room)(message) }
    },

    'GET /messages': (call) => {
      const roomId = call.query.get('roomId')
      if (!roomId) throw bad('roomId is required.')
      const room = world.roomFor(call.person, roomId)
      return messagePage(call, chosen(call, room), shape(call, room))
    },

    'GET /messages/:id': (call, { id = '' }) => {
      const { message, room } = world.messageFor(call.person, id)
      return { status: 200, body: shape(call, room)(message) }
    },

    'PUT /messages/:id': (call, { id = '' }) => {
      const { message, room } = world.messageFor(call.person, id)
      if (requiredString(call.body, 'roomId') !== room.id) throw bad('roomId is not the room of the message.')
      const content = contentOf(call.body, world.peopleIn(room.id))
      if (!content) throw bad('text, markdown or html is required.')
      world.edit(call.person, room, message, content)
      return { status: 200, body: shape(call, room)(message) }
    },

    'DELETE /messages/:id': ({ person }, { id = '' }) => {
      const { message, room } = world.messageFor(person, id)
      world.remove(person, room, message)
      return { status: 204 }
    },

    'GET /contents/:id': ({ person }, { id = '' }) => {
      for (const room of world.rooms.values()) {
        for (const message of world.messagesIn(room.id)) {
          const file = message.files.find((each) => each.id === id)
          if (!file || !world.sees(person, room, message)) continue
          return {
            status: 200,
            body: `Sandbox file ${file.name}\n`,
            headers: {
              'content-type': 'text/plain',
              'content-disposition': `attachment; filename="${file.name}"`,
            },
          }
        }
      }
      throw new Refused(404, 'The requested resource could not be found.')
    },
  }
}
