/**
 * A local Dialogflow: Google's own client finds an ES agent behind it, over gRPC and over REST. One brain, one memory of
 * sessions; the wires can be mixed. It answers this machine only.
 */
import type { Brain } from '../../server/local-bot/brain.ts'
import { createFaults, type Fault } from './faults.ts'
import { listenGrpc } from './grpc.ts'
import { listenRest } from './rest.ts'
import { createServe, type Seen } from './serve.ts'
import { createSessions } from './sessions.ts'

export type { Fault } from './faults.ts'
export type { Seen } from './serve.ts'

export interface EndpointOptions {
  readonly brain: Brain
  /** 0, the default, takes a free one. */
  readonly grpcPort?: number
  readonly restPort?: number
  /** For the gRPC wire: key and certificate in PEM. Without it both wires are in clear. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Epoch milliseconds. */
  readonly now?: () => number
}

export interface DialogflowEndpoint {
  readonly grpcPort: number
  readonly restPort: number
  /** Calls that came, the newest thousand, oldest first. */
  requests(session?: string): readonly Seen[]
  /** The next call that comes. */
  arrival(): Promise<Seen>
  fault(rule: Fault): void
  clearFaults(): void
  close(): Promise<void>
}

const MAX_SEEN = 1000

export async function createDialogflowEndpoint(options: EndpointOptions): Promise<DialogflowEndpoint> {
  const { brain, grpcPort = 0, restPort = 0, tls = null, now = Date.now } = options
  const faults = createFaults()
  const seen: Seen[] = []
  let waiting: ((call: Seen) => void)[] = []
  const serve = createServe({
    sessions: createSessions({ brain, now }),
    faults,
    seen(call) {
      seen.push(call)
      if (seen.length > MAX_SEEN) seen.shift()
      for (const arrived of waiting.splice(0)) arrived(call)
    },
  })
  const overGrpc = await listenGrpc({ port: grpcPort, serve, tls })
  const overRest = await listenRest({ port: restPort, serve }).catch(async (error: unknown) => {
    await overGrpc.close()
    throw error
  })
  return {
    grpcPort: overGrpc.port,
    restPort: overRest.port,
    requests: (session) => seen.filter((call) => session === undefined || call.session === session),
    arrival: () =>
      new Promise((resolve) => {
        waiting = [...waiting, resolve]
      }),
    fault: faults.add,
    clearFaults: faults.clear,
    async close() {
      await Promise.all([overGrpc.close(), overRest.close()])
    },
  }
}
