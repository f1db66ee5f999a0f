/** What happens to one call, whichever wire it came by. */
import { once } from 'node:events'
import type { createFaults } from './faults.ts'
import type { createSessions } from './sessions.ts'
import { sessionPath } from './sessions.ts'
import { Request, type Response } from './shapes.ts'
import { RefusedCall, type Status } from './status.ts'

export interface Incoming {
  readonly wire: 'grpc' | 'rest'
  /** `projects/p/agent/sessions/s` */
  readonly path: string
  /** The request as REST has it. */
  readonly body: unknown
  readonly authorization: string | null
  /** Aborted when the caller waits no more. */
  readonly gone: AbortSignal
}

export type Outcome =
  | { readonly kind: 'answer'; readonly body: Response }
  | { readonly kind: 'refused'; readonly status: Status; readonly message: string }
  | { readonly kind: 'malformed' | 'cut' | 'gone' }
  | { readonly kind: 'html'; readonly status: number }

/** A call that came, as tests ask for it. */
export interface Seen {
  readonly wire: 'grpc' | 'rest'
  /** Id of the session. */
  readonly session: string
  readonly path: string
  readonly authorization: string | null
  readonly request: Request
  /** Resolves when nobody waits for its answer any more: it was given, or the caller has gone. */
  readonly ended: Promise<'answered' | 'gone'>
}

export type Serve = (incoming: Incoming) => Promise<Outcome>

export function createServe(deps: {
  sessions: ReturnType<typeof createSessions>
  faults: ReturnType<typeof createFaults>
  seen: (call: Seen) => void
}): Serve {
  const { sessions, faults } = deps

  async function outcomeOf(incoming: Incoming, ended: Seen['ended']): Promise<Outcome> {
    const path = sessionPath(incoming.path)
    const parsed = Request.safeParse(incoming.body)
    if (!parsed.success) throw new RefusedCall('INVALID_ARGUMENT', 'The request makes no sense.')
    const request = parsed.data
    const { wire, authorization } = incoming
    deps.seen({ wire, session: path.id, path: path.name, authorization, request, ended })
    const fault = faults.take(path.id)
    const made = fault?.late ? sessions.detect(path, request) : null
    if (fault?.kind === 'refuse') throw new RefusedCall(fault.status, 'Asked for by a test.')
    if (fault?.kind === 'malformed' || fault?.kind === 'cut') return { kind: fault.kind }
    if (fault?.kind === 'html')
      return wire === 'rest' ? { kind: 'html', status: fault.status } : { kind: 'malformed' }
    if ((fault?.kind === 'hang' || fault?.kind === 'delay') && !incoming.gone.aborted) {
      const gone = once(incoming.gone, 'abort')
      await (fault.kind === 'hang' ? gone : Promise.race([gone, fault.until]))
    }
    if (incoming.gone.aborted) return { kind: 'gone' }
    return { kind: 'answer', body: made ?? sessions.detect(path, request) }
  }

  return async (incoming) => {
    let end: (how: 'answered' | 'gone') => void = () => undefined
    const ended = new Promise<'answered' | 'gone'>((resolve) => {
      end = resolve
    })
    try {
      const outcome = await outcomeOf(incoming, ended)
      end(outcome.kind === 'gone' ? 'gone' : 'answered')
      return outcome
    } catch (error) {
      end('answered')
      const status = error instanceof RefusedCall ? error.status : 'INTERNAL'
      return { kind: 'refused', status, message: error instanceof Error ? error.message : String(error) }
    }
  }
}
