/** Starting a chat so that it can be tried again: whatever gets lost on the way, there is one chat. */
import type { Options } from '../shared.ts'
import type { Answer, Call } from './api.ts'
import type { Start, Started } from './wire.ts'

export interface StartDeps {
  readonly call: Call
  token(): string | undefined
  keep(token: string | undefined): void
  /** What staff should know of the visit. */
  parameters(): Readonly<Record<string, string>>
}

export function createStarter({
  call,
  token,
  keep,
  parameters,
}: StartDeps): (body: Start) => Promise<Answer<Started>> {
  return async (body) => {
    // The session comes first: with it, a second start joins the one under way instead of opening a second room.
    if (!token()) {
      const { lang, page } = body
      const session = await call<{ token: string }>('sessions', {
        lang,
        page: page.url,
        parameters: parameters(),
      })
      if (!session.ok) return session
      keep(session.body.token)
    }
    // The room stands before this is answered: up to 20 s.
    const answer = await call<Started>('chats', body, 30)
    if (answer.ok && answer.body.token) keep(answer.body.token)
    // A session that is over: the next try makes a new one.
    if (answer.status === 401) keep(undefined)
    return answer
  }
}

/** The page tells something else of a visit that has begun. */
export function retell(call: Call, changed: Options): void {
  const parameters = parametersOf(changed)
  if (Object.keys(parameters)[0]) void call('session', { parameters }, 15, undefined, 'PATCH')
}

/**
 * What the page tells of the visit, by `Frontroom('set', { parameters })` or `data-param-<key>`, within the API's bounds: a page
 * that says too much must not keep its visitors from chatting.
 */
export function parametersOf({ parameters, ...options }: Options): Record<string, string> {
  const told: [string, unknown][] = Object.entries(parameters ?? {})
  for (const [name, value] of Object.entries(options)) {
    const [first, ...rest] = /^param(.+)/.exec(name)?.[1] ?? ''
    if (first) told.push([first.toLowerCase() + rest.join(''), value])
  }
  const bounded = told.slice(0, 20).map(([key, value]) => [key.slice(0, 64), `${value}`.slice(0, 256)])
  return Object.fromEntries(bounded)
}
