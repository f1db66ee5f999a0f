/** Every operation of the visitor API: what the router checks by, and what /openapi.json says. */
import type { z } from 'zod'
import type { ProblemCode } from '../core/errors.ts'
import * as shapes from './shapes.ts'

export interface Operation<Body = unknown, Query = unknown> {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** Under /api/v1. */
  readonly path: string
  readonly summary: string
  /** The chapter of the description it stands in. */
  readonly tag: 'Before a chat' | 'Session' | 'Chat'
  /** `optional`: works without a token, but a wrong one is refused. */
  readonly token: 'none' | 'optional' | 'required'
  readonly body?: z.ZodType<Body>
  readonly query?: z.ZodType<Query>
  readonly answers: Readonly<Record<number, Readonly<{ says: string; shape?: z.ZodType }>>>
  readonly problems: readonly ProblemCode[]
}

const declare = <Body, Query>(operation: Operation<Body, Query>): Operation<Body, Query> => operation

const BODY_PROBLEMS = ['invalid', 'payload_too_large', 'unsupported_media_type', 'forbidden_origin'] as const
const CHAT_PROBLEMS = ['unauthorized', 'not_found'] as const

export const operations = {
  config: declare({
    method: 'get',
    path: '/config',
    summary: 'Everything a widget needs before a chat: open or closed, topics and their forms, texts.',
    tag: 'Before a chat',
    token: 'none',
    query: shapes.ConfigQuery,
    answers: {
      200: { says: 'With an ETag; send it back as If-None-Match.', shape: shapes.Config },
      304: { says: 'Nothing changed.' },
    },
    problems: ['invalid'],
  }),
  createSession: declare({
    method: 'post',
    path: '/sessions',
    summary: 'Makes a session. The token is shown here and never again.',
    tag: 'Session',
    token: 'none',
    body: shapes.NewSession,
    answers: { 201: { says: 'The session and its token.', shape: shapes.SessionAnswer } },
    problems: [...BODY_PROBLEMS],
  }),
  updateSession: declare({
    method: 'patch',
    path: '/session',
    summary: 'Merges parameters into the session; staff see them when a chat starts.',
    tag: 'Session',
    token: 'required',
    body: shapes.SessionPatch,
    answers: { 200: { says: 'The session.', shape: shapes.SessionPatched } },
    problems: ['unauthorized', ...BODY_PROBLEMS],
  }),
  endSession: declare({
    method: 'delete',
    path: '/session',
    summary: 'Ends the session; an open chat is closed (`logout`). The token opens nothing from then on.',
    tag: 'Session',
    token: 'required',
    answers: { 204: { says: 'Ended.' } },
    problems: ['unauthorized', 'forbidden_origin'],
  }),
  startChat: declare({
    method: 'post',
    path: '/chats',
    summary:
      'Starts a chat. Answered once the room stands, or with 503, within 20 s. A start beside another joins it. A wrong answer ' +
      'to the form is `invalid`, a missing one `form_incomplete`.',
    tag: 'Chat',
    token: 'optional',
    body: shapes.NewChat,
    answers: {
      200: { says: 'The session had this chat already.', shape: shapes.Started },
      201: { says: 'Started. `token` only when a session was made for it.', shape: shapes.Started },
    },
    problems: [
      'unauthorized',
      ...BODY_PROBLEMS,
      'unknown_topic',
      'closed_hours',
      'chat_open',
      'form_incomplete',
      'rate_limited',
      'desk_unavailable',
    ],
  }),
  getChat: declare({
    method: 'get',
    path: '/chats/:id',
    summary: 'The state of a chat.',
    tag: 'Chat',
    token: 'required',
    answers: { 200: { says: 'The chat.', shape: shapes.ChatAnswer } },
    problems: [...CHAT_PROBLEMS],
  }),
  readEvents: declare({
    method: 'get',
    path: '/chats/:id/events',
    summary: 'Events after a cursor; held up to `wait` seconds while there are none. This is the heartbeat.',
    tag: 'Chat',
    token: 'required',
    query: shapes.EventsQuery,
    answers: { 200: { says: 'Events in order, and the next cursor.', shape: shapes.EventsAnswer } },
    problems: ['invalid', ...CHAT_PROBLEMS, 'rate_limited'],
  }),
  sendMessage: declare({
    method: 'post',
    path: '/chats/:id/messages',
    summary: 'Sends a line. Repeat it with the same `clientId` until it is answered: it is taken once.',
    tag: 'Chat',
    token: 'required',
    body: shapes.NewMessage,
    answers: {
      200: { says: 'This line was taken before.', shape: shapes.EventAnswer },
      201: { says: 'Taken: it is stored and will reach the room.', shape: shapes.EventAnswer },
    },
    problems: [...CHAT_PROBLEMS, ...BODY_PROBLEMS, 'chat_closed', 'idempotency_mismatch', 'rate_limited'],
  }),
  setPresence: declare({
    method: 'post',
    path: '/chats/:id/presence',
    summary: 'The visitor left the page for now, or is back. `here` also answers an idle warning.',
    tag: 'Chat',
    token: 'required',
    body: shapes.Presence,
    answers: { 204: { says: 'Noted; nothing is noted of a chat that has ended.' } },
    problems: [...CHAT_PROBLEMS, ...BODY_PROBLEMS],
  }),
  askForPerson: declare({
    method: 'post',
    path: '/chats/:id/handover',
    summary: 'Asks for a person instead of the bot; nothing changes where people have the chat already.',
    tag: 'Chat',
    token: 'required',
    body: shapes.Empty,
    answers: { 202: { says: 'Asked.', shape: shapes.Empty } },
    problems: [...CHAT_PROBLEMS, ...BODY_PROBLEMS, 'chat_closed'],
  }),
  closeChat: declare({
    method: 'post',
    path: '/chats/:id/close',
    summary: 'Ends the chat. Harmless when repeated.',
    tag: 'Chat',
    token: 'required',
    body: shapes.Empty,
    answers: { 200: { says: 'The closed chat.', shape: shapes.ChatAnswer } },
    problems: [...CHAT_PROBLEMS, ...BODY_PROBLEMS],
  }),
} as const

/** Anything may be asked with a wrong method, or when the service is too busy. */
export const COMMON_PROBLEMS: readonly ProblemCode[] = ['method_not_allowed', 'overloaded']
