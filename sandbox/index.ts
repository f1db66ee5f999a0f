import type http from 'node:http'
import { createApi } from './api.ts'
import type { Accounts } from './data.ts'
import { freshSnapshot, secretToken } from './data.ts'
import { createDelivery } from './delivery.ts'
import { createFaults } from './faults.ts'
import { refusalOf, send } from './http.ts'
import { createRest } from './rest/index.ts'
import { createOAuth } from './rest/oauth.ts'
import { createStateWriter, loadState } from './state-file.ts'
import { createStatic } from './static.ts'
import type { World } from './world.ts'
import { createWorld } from './world.ts'

export interface SandboxOptions {
  /** Where the sandbox is mounted, such as `/sandbox`; '' for the root. */
  readonly basePath: string
  /** null: memory only. */
  readonly stateFile: string | null
  /** Absolute path of the folder with the room view. */
  readonly viewDir: string
  /** Beyond it the room that was quiet the longest is dropped with everything in it. Default 500. */
  readonly maxRooms?: number
  readonly now?: () => number
  readonly log?: (line: string) => void
}

export interface Sandbox {
  /** For a plain node:http server; `req.url` still has the base path. */
  handle(req: http.IncomingMessage, res: http.ServerResponse): void
  readonly accounts: Readonly<Accounts>
  /** Flushes the state, ends held requests and waits, for two seconds at most, for webhook deliveries under way. */
  close(): Promise<void>
}

/**
 * A local Webex: its REST API below `<basePath>/v1`, a room view to answer as staff at `<basePath>/`, and an API for tests
 * and for the view below `<basePath>/api`. It answers this machine only.
 */
export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { basePath, stateFile, now = Date.now, log = () => undefined } = options
  const stored = stateFile === null ? null : await loadState(stateFile, now(), log)
  const faults = createFaults(() => api.tell())
  const writer = createStateWriter({ file: stateFile, snapshot: () => world.snapshot(), log })
  const delivery = createDelivery({ world: () => world, fault: faults.takeHook, now, log })
  const world: World = createWorld({
    snapshot: stored ?? freshSnapshot(now()),
    maxRooms: options.maxRooms ?? 500,
    now,
    changed: () => {
      writer.changed()
      api.tell()
    },
    emit: delivery.emit,
  })
  const oauth = createOAuth(world)
  const rest = createRest({ world, delivery, oauth, faults, basePath })
  const api = createApi({ world, delivery, oauth, faults, requests: rest.logged })
  const view = createStatic(options.viewDir)
  renewIntegrationToken(world)
  writer.changed()

  async function route(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    const refusal = refusalOf(req)
    if (refusal !== null) {
      send(res, { status: 403, body: { message: refusal }, headers: { connection: 'close' } })
      return
    }
    const target = req.url ?? '/'
    if (!target.startsWith(`${basePath}/`) || !URL.canParse(target, 'http://localhost')) {
      const home = target === basePath || target.startsWith(`${basePath}?`)
      send(res, home ? { status: 308, headers: { location: `${basePath}/` } } : { status: 404, body: {} })
      return
    }
    const url = new URL(target, 'http://localhost')
    const path = url.pathname.slice(basePath.length)
    if (path.startsWith('/v1/')) await rest.handle(req, res, url, path.slice('/v1'.length))
    else if (path.startsWith('/api/')) await api.handle(req, res, url, path.slice('/api'.length))
    else await view(req, res, path)
  }

  return {
    handle(req, res) {
      route(req, res).catch((error: unknown) => {
        // A caller that went away in the middle of its own request is nobody's mistake.
        if (req.errored || res.destroyed) return
        log(`sandbox: ${error instanceof Error ? error.stack : String(error)}`)
        send(res, { status: 500, body: { message: 'The sandbox failed.', errors: [] } })
      })
    },
    accounts: world.accounts,
    async close() {
      api.close()
      await rest.close()
      await delivery.close()
      await writer.flush()
    },
  }
}

/** An integration token that was expired on purpose in an earlier run must not leave the next one without an account. */
function renewIntegrationToken(world: World): void {
  const { accounts, tokens, integrationId } = world
  const known = tokens.get(accounts.integrationToken)
  if (known && (known.expiresAt === null || known.expiresAt > world.now())) return
  tokens.delete(accounts.integrationToken)
  const token = secretToken()
  accounts.integrationToken = token
  tokens.set(token, { token, personId: integrationId, refreshed: false, scopes: null, expiresAt: null })
}
