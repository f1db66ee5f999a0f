/** A visitor's session: who holds the token may read and write its chats. */
import { Problem } from '../core/errors.ts'
import type { Page } from '../core/events.ts'
import type { Session } from '../store/sessions.ts'
import type { Deps } from './deps.ts'
import { decide, deciding } from './handle.ts'
import { hashToken, newId, newToken } from './secrets.ts'

const MAX_PARAMETERS = 20

export interface NewSession {
  readonly lang?: string | undefined
  readonly page?: Page | undefined
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

export async function createSession(
  deps: Deps,
  wish: NewSession,
): Promise<{ session: Session; token: string }> {
  const { store, clock, watch } = deps
  const session = {
    id: newId(),
    lang: wish.lang ?? 'en',
    page: wish.page ?? {},
    parameters: wish.parameters ?? {},
  }
  const token = newToken()
  await store.sessions.create(store.db, session, hashToken(token), clock.now())
  watch.rememberSession(hashToken(token), session.id)
  return { session, token }
}

/** The session a token opens. @throws Problem `unauthorized` */
export async function authenticate({ store, watch }: Deps, token: string): Promise<string> {
  const tokenHash = hashToken(token)
  const known = watch.sessionOf(tokenHash)
  if (known !== undefined) return known
  const sessionId = await store.sessions.idOfToken(store.db, tokenHash)
  if (sessionId === null)
    throw new Problem('unauthorized', 'This token is unknown or its session has ended. Make a new session.')
  watch.rememberSession(tokenHash, sessionId)
  return sessionId
}

/** Merges parameters in. @throws Problem `invalid` when there would be more than 20. */
export function updateSession(
  { store }: Deps,
  sessionId: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Session> {
  return store.tx(async (trx) => {
    const session = await store.sessions.lock(trx, sessionId)
    if (!session) throw new Problem('unauthorized', 'The session has ended.')
    const merged = { ...session.parameters, ...parameters }
    if (Object.keys(merged).length > MAX_PARAMETERS) {
      const message = `A session holds at most ${MAX_PARAMETERS} parameters.`
      throw new Problem('invalid', message, { errors: [{ path: 'parameters', message }] })
    }
    await store.sessions.saveParameters(trx, sessionId, merged)
    return { ...session, parameters: merged }
  })
}

/** Ends the session; its open chat is closed (`logout`). From then on the token opens nothing. */
export async function endSession(deps: Deps, sessionId: string): Promise<void> {
  const { store, clock, watch } = deps
  const running = await store.chats.findOpenOfSession(store.db, sessionId)
  await deciding(deps, running?.id ?? '', async (trx) => {
    await store.sessions.lock(trx, sessionId)
    await store.sessions.end(trx, sessionId, clock.now())
    const open = await store.chats.findOpenOfSession(trx, sessionId)
    // A start under way sees the ended session when its room stands, and closes itself.
    if (!open || open.state === 'opening') return null
    const chat = await store.chats.lock(trx, open.id)
    return chat && decide(deps, trx, chat, [{ type: 'close', reason: 'logout' }], clock.now())
  })
  watch.forgetSession(sessionId)
}
