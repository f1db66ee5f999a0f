/** The visitor API: knows HTTP, checks shapes, and knocks at the use cases. */
import Router from '@koa/router'
import type { Context } from 'koa'
import { configView } from '../chat/config-view.ts'
import * as conversation from '../chat/conversation.ts'
import type { Deps } from '../chat/deps.ts'
import { authenticate, createSession, endSession, updateSession } from '../chat/sessions.ts'
import type { Started, StartWish, Visitor } from '../chat/start.ts'
import type { StoredChat } from '../chat/stored-chat.ts'
import { Problem } from '../core/errors.ts'
import { readJson } from './body.ts'
import { isKnown } from './etag.ts'
import { type Operation, operations } from './operations.ts'
import { checked } from './problem.ts'

export interface VisitorApi {
  readonly deps: Deps
  readonly start: (sessionId: string | null, wish: StartWish, visitor: Visitor) => Promise<Started>
  /** The visitor's own address. */
  readonly addressOf: (ctx: Context) => string
}

interface Asked<Body, Query> {
  readonly ctx: Context
  readonly body: Body
  readonly query: Query
  /** Of the token; null only where a token is optional. */
  readonly sessionId: string | null
  readonly id: string
}
interface Answer {
  readonly status: number
  readonly body?: unknown
}

const BEARER = /^Bearer +([A-Za-z0-9_-]{20,200})$/i

export function visitorRoutes(api: VisitorApi): Router {
  const { deps, start } = api
  const router = new Router({ prefix: '/api/v1' })

  async function sessionOf(ctx: Context, need: Operation['token']): Promise<string | null> {
    const header = ctx.get('authorization')
    if (need === 'none' || (need === 'optional' && header === '')) return null
    const token = BEARER.exec(header)?.[1]
    if (token === undefined)
      throw new Problem('unauthorized', "Send the session's token: Authorization: Bearer <token>")
    return authenticate(deps, token)
  }

  function serve<Body, Query>(
    operation: Operation<Body, Query>,
    act: (asked: Asked<Body, Query>) => Promise<Answer>,
  ): void {
    router[operation.method](operation.path, async (ctx) => {
      ctx.set('Cache-Control', 'no-store')
      const sessionId = await sessionOf(ctx, operation.token)
      const query = operation.query ? checked(operation.query, single(ctx)) : undefined
      const body = operation.body ? checked(operation.body, await bodyOf(ctx)) : undefined
      const id = typeof ctx.params.id === 'string' ? ctx.params.id : ''
      const answer = await act({ ctx, body: body as Body, query: query as Query, sessionId, id })
      ctx.status = answer.status
      if (answer.body === undefined) return
      // Koa's own serialiser would announce no charset for a string it did not make.
      ctx.type = 'application/json; charset=utf-8'
      ctx.body = JSON.stringify(answer.body)
    })
  }

  /** For operations that need a token: the router has made sure of it. */
  const withSession =
    <Body, Query>(act: (sessionId: string, asked: Asked<Body, Query>) => Promise<Answer>) =>
    (asked: Asked<Body, Query>): Promise<Answer> => {
      if (asked.sessionId === null) throw new Problem('unauthorized', 'A token is needed.')
      return act(asked.sessionId, asked)
    }

  serve(operations.config, async ({ ctx, query }) => {
    const body = configView(deps.settings(), deps.languages.widget, query.lang || 'en', deps.clock.now())
    ctx.set('Cache-Control', 'no-cache')
    return isKnown(ctx, JSON.stringify(body)) ? { status: 304 } : { status: 200, body }
  })

  serve(operations.createSession, async ({ body }) => {
    const { session, token } = await createSession(deps, body)
    return { status: 201, body: { session: { id: session.id }, token } }
  })

  serve(
    operations.updateSession,
    withSession(async (sessionId, { body }) => {
      const { id, parameters } = await updateSession(deps, sessionId, body.parameters)
      return { status: 200, body: { session: { id, parameters } } }
    }),
  )

  serve(
    operations.endSession,
    withSession(async (sessionId) => {
      await endSession(deps, sessionId)
      return { status: 204 }
    }),
  )

  serve(operations.startChat, async ({ ctx, body, sessionId }) => {
    const { name = null, email = null, fields = {}, ...wish } = body
    const visitor = { ip: api.addressOf(ctx), userAgent: ctx.get('user-agent').slice(0, 1000) }
    const { chat, events, cursor, isNew, token } = await start(
      sessionId,
      { ...wish, name, email, fields },
      visitor,
    )
    const answer = { chat: chatView(chat), ...(token !== undefined && { token }), events, cursor }
    return { status: isNew ? 201 : 200, body: answer }
  })

  serve(
    operations.getChat,
    withSession(async (sessionId, { id }) => {
      return { status: 200, body: { chat: chatView(await conversation.ownChat(deps, sessionId, id)) } }
    }),
  )

  serve(
    operations.readEvents,
    withSession(async (sessionId, { ctx, query, id }) => {
      const gone = new AbortController()
      ctx.res.once('close', () => gone.abort())
      const page = await conversation.readEvents(
        deps,
        sessionId,
        id,
        query.after,
        query.wait * 1000,
        api.addressOf(ctx),
        gone.signal,
      )
      return { status: 200, body: { events: page.events, cursor: page.cursor, chat: { state: page.state } } }
    }),
  )

  serve(
    operations.sendMessage,
    withSession(async (sessionId, { body, id }) => {
      const { event, isNew } = await conversation.sendLine(deps, sessionId, id, body)
      return { status: isNew ? 201 : 200, body: { event } }
    }),
  )

  serve(
    operations.setPresence,
    withSession(async (sessionId, { body, id }) => {
      await conversation.setPresence(deps, sessionId, id, body.state === 'here')
      return { status: 204 }
    }),
  )

  serve(
    operations.askForPerson,
    withSession(async (sessionId, { id }) => {
      await conversation.askForPerson(deps, sessionId, id)
      return { status: 202, body: {} }
    }),
  )

  serve(
    operations.closeChat,
    withSession(async (sessionId, { id }) => {
      return { status: 200, body: { chat: chatView(await conversation.endChat(deps, sessionId, id)) } }
    }),
  )

  return router
}

/** Where every field is optional, no body at all says the same as an empty object. */
async function bodyOf(ctx: Context): Promise<unknown> {
  const body = await readJson(ctx)
  return body === undefined ? {} : body
}

/** Query parameters, each once. @throws Problem `invalid` for one that comes twice: which is meant nobody can say. */
function single(ctx: Context): Record<string, string> {
  const entries = Object.entries(ctx.query)
  const doubled = entries.filter(([, value]) => typeof value !== 'string').map(([path]) => path)
  if (doubled.length > 0) {
    const errors = doubled.map((path) => ({ path, message: 'Is given more than once.' }))
    throw new Problem('invalid', 'The query is not valid; see errors.', { errors })
  }
  return Object.fromEntries(entries) as Record<string, string>
}

const iso = (at: number) => new Date(at).toISOString()

function chatView(chat: StoredChat) {
  return {
    id: chat.id,
    state: chat.state,
    topic: chat.topic,
    startedAt: iso(chat.startedAt ?? chat.createdAt),
    ...(chat.closedAt !== null && { closedAt: iso(chat.closedAt) }),
    ...(chat.closeReason !== null && { closeReason: chat.closeReason }),
  }
}
