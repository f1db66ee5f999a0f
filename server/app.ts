/** The composition root: plugs everything together, and knows the order of starting and stopping. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { texts } from '../widget/texts.ts'
import { desks, rootSecret } from './adapters.ts'
import { deliverHead } from './chat/deliver.ts'
import type { Deps, Log } from './chat/deps.ts'
import { createLimits } from './chat/limits.ts'
import { purge } from './chat/purge.ts'
import { newId } from './chat/secrets.ts'
import { createSettingsInForce } from './chat/settings-in-force.ts'
import { compensateDeadStarts, createStart } from './chat/start.ts'
import { createSweep, flushBeats } from './chat/sweep.ts'
import { takeIn } from './chat/take-in.ts'
import { createWatch } from './chat/watch.ts'
import type { Config } from './config.ts'
import { parseNetworks } from './core/address.ts'
import { isLoopbackUrl, isPublicHttps } from './core/origins.ts'
import { createGeo } from './geo.ts'
import { createRelay } from './jobs/relay.ts'
import { createRooms } from './jobs/rooms.ts'
import { startTicker } from './jobs/ticker.ts'
import { SANDBOX_PATH, webexFor } from './local-webex.ts'
import type { Clock, Geo } from './ports.ts'
import { createReadiness } from './readiness.ts'
import { createHttp } from './routes/index.ts'
import { demoSettings, readSettings } from './settings.ts'
import { importFirstSettings } from './settings-file.ts'
import { createStore, type Store } from './store/index.ts'
import { createTokenStore } from './store/token-store.ts'

export interface AppOptions {
  readonly log: Log
  /** The folder that the build fills. */
  readonly assetsDir: string
  readonly version: string
  readonly clock?: Clock
  readonly geo?: Geo
}

export interface App {
  /** Begins to answer; `/readyz` says yes once everything was verified. @returns where, e.g. `http://127.0.0.1:3000` */
  listen(): Promise<string>
  /** Resolves when everything was verified. */
  ready(): Promise<void>
  /** Answers held polls, lets posts under way finish, closes what is open. */
  close(): Promise<void>
  readonly store: Store
  /** One turn of every clock job, for tests that set the time. */
  tick(): Promise<void>
}

const VERIFY_AGAIN_MS = 2_000
/** Without webhooks rooms are read this often; with them, in case one was lost. */
const READ_SECONDS = { withoutHooks: 5, withHooks: 60 } as const

/** @throws ConfigError when the settings file is broken. */
export async function createApp(config: Config, options: AppOptions): Promise<App> {
  const { log } = options
  const clock = options.clock ?? { now: Date.now }
  const store = createStore(config.database)
  const migrated = await store.migrate()
  if (migrated.length > 0) log.info({ migrations: migrated }, 'the database was brought up to date')
  await importFirstSettings(store, config.settingsFile, clock)
  const demo = config.webex.kind === 'sandbox' ? demoSettings() : null
  const settings = createSettingsInForce(
    store,
    (stored) => readSettings(stored, 'stored settings'),
    demo,
    log,
  )
  await settings.refresh()

  let parts: Awaited<ReturnType<typeof assemble>> | null = null
  const starting: RequestListener = (req, res) => {
    const live = req.url === '/livez'
    res.writeHead(live ? 200 : 503, { 'Content-Type': 'application/json', 'Retry-After': '1' })
    res.end(live ? '{"live":true}' : '{"ready":false,"why":"starting"}')
  }
  let answer = starting
  const server = createServer((req, res) => answer(req, res))
  // A slow sender holds a socket, not a poll: answers may take as long as they like.
  server.headersTimeout = 10_000
  server.requestTimeout = 15_000
  server.keepAliveTimeout = 65_000

  async function assemble(origin: string) {
    const publicUrl = config.publicUrl ?? origin
    const { webex, sandbox } = await webexFor(config, origin, options.assetsDir, (line) =>
      log.warn({ line }, 'sandbox'),
    )
    const hooks = isPublicHttps(publicUrl) || (isLoopbackUrl(webex.apiUrl) && isLoopbackUrl(publicUrl))
    const readSeconds =
      isPublicHttps(publicUrl) || sandbox ? READ_SECONDS.withHooks : READ_SECONDS.withoutHooks
    const desk = desks.webex({
      webex,
      hookUrl: hooks ? `${publicUrl}/hooks/webex` : null,
      secretKey: config.secretKey,
      tokenStore: createTokenStore(store, rootSecret(webex, config.secretKey), clock),
      clock,
      onTokenTrouble: (error) => log.error({ err: error }, 'the Webex tokens could not be renewed'),
    })
    const geo = options.geo ?? createGeo({ log, timeoutMs: 2_000 })
    const watch = createWatch(clock)
    const readiness = createReadiness(() => store.probe())
    let ours: ReadonlySet<string> = new Set(await store.settings.accounts(store.db))
    const deps: Deps = {
      store,
      desk,
      geo,
      clock,
      watch,
      limits: createLimits({ settings: settings.current, clock }),
      log,
      settings: settings.current,
      wake: (chatId) => relay.wake(chatId),
      look: (roomId) => rooms.hint(roomId),
      ours: () => ours,
      stopping: readiness.draining,
      startedAt: clock.now(),
    }
    const relay = createRelay({
      deliverHead: (chatId) => deliverHead(deps, chatId),
      dueLanes: (limit) => store.outbox.dueLanes(store.db, clock.now(), limit),
      now: clock.now,
      log,
    })
    let round = ''
    const rooms = createRooms({
      async read(roomId) {
        const chat = await store.chats.findByRoom(store.db, roomId)
        if (chat) await takeIn(deps, chat)
      },
      async due(limit) {
        const next = await store.chats.nextRooms(store.db, round, limit)
        round = next.at(-1) ?? ''
        return next
      },
      log,
    })

    const processId = newId()
    const starts = createStart(deps)
    const http = createHttp({
      deps,
      start: starts.start,
      texts,
      hint: rooms.hint,
      health: {
        notReady: readiness.notReady,
        status: async () => ({
          version: options.version,
          startedAt: new Date(deps.startedAt).toISOString(),
          notReady: await readiness.notReady(),
          chats: await store.chats.countByState(store.db),
          outbox: await store.outbox.countByState(store.db),
          heldPolls: watch.held(),
        }),
      },
      admin: config.admin,
      pages: {
        assetsDir: options.assetsDir,
        version: options.version,
        settings: settings.current,
        bubble: Object.fromEntries(Object.entries(texts).map(([lang, { open }]) => [lang, open])),
        sandbox: sandbox !== null,
      },
      trusted: parseNetworks(config.trustedProxies),
      ownOrigins: new Set([
        new URL(publicUrl).origin,
        ...(isPublicHttps(publicUrl) ? [] : loopbackOrigins(origin)),
      ]),
      https: publicUrl.startsWith('https:'),
      log,
    })
    const koa = http.callback()
    answer = (req, res) => {
      // Whoever comes again comes to another process: without this a poller would be answered in a tight loop.
      if (readiness.draining()) res.setHeader('Connection', 'close')
      if (sandbox && req.url?.startsWith(`${SANDBOX_PATH}/`)) sandbox.handle(req, res)
      else void koa(req, res)
    }

    await compensateDeadStarts(deps, store.exclusive)
    const everySecond = [
      { name: 'outbox', everySeconds: 1, run: () => relay.wakeDue() },
      { name: 'heartbeats', everySeconds: 1, run: flushWhenDue(deps, settings.current) },
    ]
    const jobs = [
      { name: 'sweep', everySeconds: 5, run: createSweep(deps) },
      { name: 'settings', everySeconds: 5, run: () => settings.refresh() },
      { name: 'purge', everySeconds: 30, run: hourly(clock, () => purge(deps, processId)) },
      { name: 'dead starts', everySeconds: 2, run: () => compensateDeadStarts(deps, false) },
      {
        name: 'rooms',
        everySeconds: Math.min(readSeconds, 30),
        run: readWhenDue(readSeconds, rooms.readDue, clock),
      },
    ]
    const ticker = startTicker([...everySecond, ...jobs], log)
    const verified = verify()

    /** Asks Webex who we are until it answers: a start in the middle of an outage must come good by itself. */
    async function verify(): Promise<void> {
      while (!readiness.draining()) {
        try {
          const accounts = await desk.verify()
          ours = new Set(accounts.map((email) => email.toLowerCase()))
          await store.tx((trx) => store.settings.saveAccounts(trx, accounts, clock.now()))
          return readiness.verified()
        } catch (error) {
          log.error({ err: error }, 'Webex does not know us yet; trying again')
          readiness.because('the Webex accounts could not be verified yet; see the log')
          await readiness.pause(VERIFY_AGAIN_MS)
        }
      }
    }

    return {
      hooks,
      readSeconds,
      sandbox,
      verified,
      tick: async () => {
        await relay.wakeDue()
        for (const job of jobs) await job.run()
      },
      async stop() {
        readiness.drain()
        watch.release()
        await ticker.stop()
        await starts.settled()
        await Promise.all([rooms.stop(), relay.stop()])
        await verified
        await flushBeats(deps)
      },
      async release() {
        await geo.close()
        await sandbox?.close()
      },
    }
  }

  return {
    store,
    async listen() {
      const origin = await listenOn(server, config)
      parts = await assemble(origin)
      if (parts.sandbox) {
        log.info(
          { demo: `${origin}/demo/` },
          'no WEBEX_* is set: running with the local sandbox and demo topics',
        )
      } else if (!parts.hooks || parts.readSeconds === READ_SECONDS.withoutHooks) {
        log.warn(
          {},
          `PUBLIC_URL is no public HTTPS address: rooms are read every ${parts.readSeconds} s instead of on call`,
        )
      }
      return origin
    },
    ready: async () => void (await parts?.verified),
    async close() {
      const closed = new Promise<void>((resolve) =>
        server.listening ? server.close(() => resolve()) : resolve(),
      )
      await parts?.stop()
      // What was held is answered by now; idle connections would keep the server open for their 65 s.
      server.closeIdleConnections()
      const patience = setTimeout(() => server.closeAllConnections(), 2_000)
      await closed
      clearTimeout(patience)
      await parts?.release()
      await store.close()
    },
    tick: async () => void (await parts?.tick()),
  }
}

/** Heartbeats wait in memory no longer than a third of the time after which their absence closes a chat. */
function flushWhenDue(deps: Deps, settings: Deps['settings']) {
  let last = 0
  return async () => {
    const heartbeatMs = (settings()?.idle.heartbeatSeconds ?? 300) * 1000
    const now = deps.clock.now()
    if (now - last < Math.min(10_000, heartbeatMs / 3)) return
    last = now
    await flushBeats(deps)
  }
}

/** The first time soon after the start, so that a server that is restarted daily purges too. */
function hourly(clock: Clock, run: () => Promise<unknown>) {
  let last = Number.NEGATIVE_INFINITY
  return async () => {
    const now = clock.now()
    if (now - last < 3_600_000) return
    last = now
    await run()
  }
}

function readWhenDue(seconds: number, read: () => Promise<void>, clock: Clock) {
  // At once after the start: nobody told us what was written while we were down.
  let last = Number.NEGATIVE_INFINITY
  return async () => {
    const now = clock.now()
    // A tick may come a little early; a round late by half a minute would be worse.
    if (now - last < seconds * 1000 - 500) return
    last = now
    await read()
  }
}

function listenOn(server: Server, config: Config): Promise<string> {
  // The demo answers this machine only; a chat for visitors answers everybody.
  const host = config.host ?? (config.webex.kind === 'sandbox' ? '127.0.0.1' : undefined)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: config.port, host }, () => {
      server.off('error', reject)
      const { port } = server.address() as AddressInfo
      const everywhere = host === undefined || host === '0.0.0.0' || host === '::'
      const name = everywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
      resolve(`http://${name}:${port}`)
    })
  })
}

const loopbackOrigins = (origin: string): string[] => {
  const { port } = new URL(origin)
  return [origin, `http://localhost:${port}`, `http://[::1]:${port}`]
}
