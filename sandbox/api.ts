import type http from 'node:http'
import { faultRoutes } from './api-faults.ts'
import type { Attached, Message, Person, Room } from './data.ts'
import { PRESENCES, type Presence, webexId } from './data.ts'
import type { createDelivery } from './delivery.ts'
import type { Faults } from './faults.ts'
import {
  createRouter,
  mediaType,
  type Params,
  parseBody,
  Refused,
  type Reply,
  readBody,
  send,
} from './http.ts'
import { optionalString } from './rest/call.ts'
import type { Logged } from './rest/index.ts'
import { contentOf } from './rest/messages.ts'
import type { createOAuth } from './rest/oauth.ts'
import { isEmail, typedLine } from './text.ts'
import type { World } from './world.ts'

export interface ApiCall {
  readonly body: Readonly<Record<string, unknown>>
  /** As parsed, before it was asked to be an object: fault rules may come as a list. */
  readonly json: unknown
  readonly query: URLSearchParams
}

const KEEP_ALIVE_MS = 15_000
const AWAY_MS = 7_200_000

/** The sandbox's own API: what the room view and tests do as people, and what they want to go wrong. */
export function createApi(options: {
  world: World
  delivery: ReturnType<typeof createDelivery>
  oauth: ReturnType<typeof createOAuth>
  faults: Faults
  requests: readonly Logged[]
}) {
  const { world, delivery } = options
  const streams = new Set<http.ServerResponse>()

  function kindOf(person: Person): 'integration' | 'bot' | 'person' {
    if (person.id === world.integrationId) return 'integration'
    return person.type === 'bot' ? 'bot' : 'person'
  }

  function personView(person: Person): object {
    const { email, displayName, status } = person
    return { email, displayName, kind: kindOf(person), status }
  }

  function roomOf(id: string | undefined): Room {
    const room = world.rooms.get(id ?? '')
    if (!room) throw new Refused(404, 'There is no such room.')
    return room
  }

  const hooksOf = (room: Room) =>
    [...world.webhooks.values()].filter((hook) => hook.filter?.split('&').includes(`roomId=${room.id}`))

  function roomView(room: Room): object {
    const { id, title, type, created, lastActivity } = room
    const members = world.peopleIn(id).map(personView)
    return { id, title, type, created, lastActivity, members, webhooks: hooksOf(room).length }
  }

  function hookView(hook: ReturnType<typeof hooksOf>[number]): object {
    const { secret, ownerId, disabledAt: _disabledAt, ...rest } = hook
    return {
      ...rest,
      owner: world.person(ownerId).email,
      hasSecret: secret !== undefined,
      failures: delivery.failuresOf(hook.id),
    }
  }

  function messageView(message: Message): object {
    const { id, parentId, created, updated, content, files, edits } = message
    const { text, html } = content
    const from = personView(world.person(message.personId))
    const names = files.map((file) => file.name)
    const mentions = [
      ...content.mentionedPeople.map((who) => world.person(who).email),
      ...content.mentionedGroups,
    ]
    return { id, parentId, from, text, html, mentions, files: names, created, updated, edits }
  }

  /** Whoever acts in a room must be in it. */
  function actor(room: Room, email: unknown): Person {
    if (typeof email !== 'string') throw new Refused(400, 'as must be the e-mail address of a member.')
    const person = world.byEmail.get(email.toLowerCase())
    if (!person || !world.membersIn(room.id).has(person.id)) {
      throw new Refused(404, `${email} is not in this room.`)
    }
    return person
  }

  function filesOf(value: unknown): Attached[] {
    if (value === undefined) return []
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 10) {
      throw new Refused(400, 'files must be a number from 0 to 10.')
    }
    return Array.from({ length: value }, (_, index) => ({
      id: webexId('CONTENT'),
      name: `file-${index + 1}.txt`,
    }))
  }

  /** What a person typed. A client sends formatted text as HTML beside the plain text, never as markdown. */
  function typed(body: ApiCall['body'], room: Room) {
    const members = world.peopleIn(room.id)
    const content = contentOf({ text: body.text, markdown: body.markdown }, members)
    if (!content) return null
    if (content.markdown === undefined) return typedLine(content.text ?? '', members)
    const { markdown: _markdown, ...rest } = content
    return rest
  }

  function messageOf(room: Room, id: string | undefined): Message {
    const message = world.messagesIn(room.id).find((each) => each.id === id)
    if (!message) throw new Refused(404, 'There is no such message in this room.')
    return message
  }

  function addressOf(value: unknown): string {
    if (typeof value !== 'string' || !isEmail(value)) throw new Refused(400, 'This is not an e-mail address.')
    return value
  }

  /** Nobody is inactive who was there a moment ago: two hours, unless something else is said. */
  function lastActivityOf(value: unknown, status: Presence): string {
    if (value === undefined)
      return new Date(world.now() - (status === 'inactive' ? AWAY_MS : 0)).toISOString()
    if (typeof value !== 'string' || Number.isNaN(Date.parse(value)))
      throw new Refused(400, 'lastActivity must be an instant.')
    return value
  }

  const ok = (body: object): Reply => ({ status: 200, body })

  const find = createRouter<ApiCall>({
    'GET /rooms': () =>
      ok({
        items: [...world.rooms.values()]
          .reverse()
          .sort((a, b) => (a.lastActivity > b.lastActivity ? -1 : a.lastActivity < b.lastActivity ? 1 : 0))
          .map(roomView),
      }),
    'GET /rooms/:id': (_call, { id }) => {
      const room = roomOf(id)
      const messages = world.messagesIn(room.id).map(messageView)
      return ok({ ...roomView(room), messages, webhooks: hooksOf(room).map(hookView) })
    },
    'POST /rooms/:id/messages': ({ body }, { id }) => {
      const room = roomOf(id)
      const who = actor(room, body.as)
      const files = filesOf(body.files)
      const content = typed(body, room)
      if (!content && files.length === 0) throw new Refused(400, 'text, markdown or files is required.')
      const message = world.post(who, room, {
        content: content ?? { mentionedPeople: [], mentionedGroups: [] },
        files,
        attachments: [],
        parentId: optionalString(body, 'parentId'),
      })
      return ok(messageView(message))
    },
    'PUT /rooms/:id/messages/:mid': ({ body }, { id, mid }) => {
      const room = roomOf(id)
      const who = actor(room, body.as)
      const content = typed(body, room)
      if (!content) throw new Refused(400, 'text or markdown is required.')
      const message = messageOf(room, mid)
      world.edit(who, room, message, content)
      return ok(messageView(message))
    },
    'DELETE /rooms/:id/messages/:mid': ({ body, query }, { id, mid }) => {
      const room = roomOf(id)
      world.remove(actor(room, body.as ?? query.get('as')), room, messageOf(room, mid))
      return { status: 204 }
    },
    /** `{ as, to, text }`: into the direct space of the two, which comes to be with it. */
    'POST /direct': ({ body }) => {
      const [who, other] = [addressOf(body.as), addressOf(body.to)].map(world.personOf)
      const content = typeof body.text === 'string' ? contentOf({ text: body.text }, []) : null
      if (!who || !other || !content) throw new Refused(400, 'text is required.')
      const room = world.directRoom(who, other)
      const message = world.post(who, room, { content, files: [], attachments: [] })
      return ok({ roomId: room.id, ...messageView(message) })
    },
    'POST /rooms/:id/members': ({ body }, { id }) => {
      const room = roomOf(id)
      const who = actor(room, body.as)
      world.addMember(who, room, world.personOf(addressOf(body.email)), false)
      return ok(roomView(room))
    },
    /** Without `as` the person leaves. */
    'DELETE /rooms/:id/members/:email': ({ body, query }, { id, email }) => {
      const room = roomOf(id)
      const member = actor(room, email)
      const membership = world.membersIn(room.id).get(member.id)
      const by = body.as ?? query.get('as') ?? email
      if (membership) world.removeMember(actor(room, by), room, membership)
      return { status: 204 }
    },
    'PUT /people/:email': ({ body }, { email }) => {
      const status = PRESENCES.find((presence): presence is Presence => presence === body.status)
      if (!status) throw new Refused(400, `status must be one of ${PRESENCES.join(', ')}.`)
      const person = world.personOf(addressOf(email))
      person.status = status
      person.lastActivity = lastActivityOf(body.lastActivity, status)
      world.changed()
      return ok(personView(person))
    },
    'GET /webhooks': () => ok({ items: [...world.webhooks.values()].map(hookView) }),
    'GET /requests': () => ok({ items: options.requests }),
    ...faultRoutes(options),
  })

  /**
   * A page of another origin can make a browser send a plain form here, but neither JSON nor a matching Origin, so nothing
   * is changed for it.
   */
  function assertOwnPage(req: http.IncomingMessage, raw: Buffer): void {
    const { origin, host } = req.headers
    if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)) {
      throw new Refused(403, 'Another origin may not change the sandbox.')
    }
    const bodiless = req.method === 'DELETE' && raw.length === 0
    if (!bodiless && mediaType(req) !== 'application/json') throw new Refused(415, 'Send application/json.')
  }

  function stream(req: http.IncomingMessage, res: http.ServerResponse): void {
    res.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    res.write('retry: 1000\n\n')
    const keepAlive = setInterval(() => res.write(':\n\n'), KEEP_ALIVE_MS)
    keepAlive.unref()
    streams.add(res)
    res.once('close', () => {
      clearInterval(keepAlive)
      streams.delete(res)
    })
    req.resume()
  }

  async function answer(req: http.IncomingMessage, url: URL, path: string): Promise<Reply> {
    const method = req.method ?? 'GET'
    try {
      const raw = await readBody(req)
      const reads = method === 'GET' || method === 'HEAD'
      if (!reads) assertOwnPage(req, raw)
      const { handler, params }: { handler: (call: ApiCall, params: Params) => Reply; params: Params } = find(
        method,
        path,
      )
      if (path === '/faults' && raw[0] === 0x5b) {
        return handler({ body: {}, json: listOf(raw), query: url.searchParams }, params)
      }
      const body = parseBody(req, raw)
      return handler({ body, json: body, query: url.searchParams }, params)
    } catch (error) {
      if (error instanceof Refused) return { status: error.status, body: { message: error.message } }
      throw error
    }
  }

  return {
    async handle(req: http.IncomingMessage, res: http.ServerResponse, url: URL, path: string): Promise<void> {
      if (path === '/events' && req.method === 'GET') stream(req, res)
      else send(res, await answer(req, url, path))
    },
    /** Tells the room views that something is new; they read it again. */
    tell(): void {
      for (const res of streams) res.write('data: changed\n\n')
    },
    close(): void {
      for (const res of streams) res.end()
    },
  }
}

function listOf(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'))
  } catch {
    throw new Refused(400, 'The request body is not valid JSON.')
  }
}
