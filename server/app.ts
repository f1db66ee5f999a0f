/** The composition root: plugs everything together, and knows the order of starting and stopping. */
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { desks, openBot, rootSecret } from './adapters.ts'
import { createBotCalls } from './chat/bot-calls.ts'
import { workBotLane } from './chat/bot-lane.ts'
import { deadLetters, retryDeadLetter, skipDeadLetter } from './chat/dead-letters.ts'
import { deliverHead } from './chat/deliver.ts'
import type { Deps, Log } from './chat/deps.ts'
import { createLimits } from './chat/limits.ts'
import { createLoad } from './chat/load.ts'
import { workPeopleLane } from './chat/people.ts'
import { newId } from './chat/secrets.ts'
import { createSettingsInForce } from './chat/settings-in-force.ts'
import { compensateDeadStarts, createStart } from './chat/start.ts'
import { flushBeats } from './chat/sweep.ts'
import { createBridge } from './chat/tend.ts'
import { createUnderWay } from './chat/under-way.ts'
import { createWatch } from './chat/watch.ts'
import { createClockJobs } from './clock-jobs.ts'
import type { Config } from './config.ts'
import { parseNetworks } from './core/address.ts'
import { isLoopbackUrl, isPublicHttps } from './core/origins.ts'
import { bubbleNames } from './core/words.ts'
import { createEars } from './ears.ts'
import { createGeo } from './geo.ts'
import { createLeases } from './jobs/leased.ts'
import { createRelay } from './jobs/relay.ts'
import { createRooms } from './jobs/rooms.ts'
import { startTicker } from './jobs/ticker.ts'
import { listenOn, loopbackOrigins } from './listen-on.ts'
import { SANDBOX_PATH, webexFor } from './local-webex.ts'
import { openStore } from './open-store.ts'
import type { Clock, Geo } from './ports.ts'
import { createReadiness } from './readiness.ts'
import { createRoomRounds } from './room-rounds.ts'
import { createHttp } from './routes/index.ts'
import { demoSettings, readSettings } from './settings/index.ts'
import { importFirstSettings } from './settings-file.ts'
import { createSharedClock } from './shared-clock.ts'
import type { Store } from './store/index.ts'
import { createTokenStore } from './store/token-store.ts'
import { readLanguages } from './texts.ts'
import { createThrottle } from './throttle.ts'

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

const WORKERS = { desk: deliverHead, bot: workBotLane, people: workPeopleLane } as const

const VERIFY_AGAIN_MS = 2_000
/** Without webhooks rooms are read this often; with them, in case one was lost. */
const READ_SECONDS = { withoutHooks: 5, withHooks: 60 } as const

/** @throws ConfigError when the settings file or a language is broken. */
export async function createApp(config: Config, options: AppOptions): Promise<App> {
  const { log } = options
  const languages = await readLanguages(join(options.assetsDir, 'texts'))
  const store = await openStore(config.database)
  // On one machine its own clock will do.
  const shared = options.clock || store.exclusive ? null : await createSharedClock(store.now)
  const clock = options.clock ?? shared ?? { now: Date.now }
  const migrated = await store.migrate()
  if (migrated.length > 0) log.info({ migrations: migrated }, 'the database was brought up to date')
  await importFirstSettings(store, config.settingsFile, clock)
  const demo = config.webex.kind === 'sandbox' ? demoSettings() : null
  const settings = createSettingsInForce(
    store,
    (stored) => readSettings(stored, 'stored settings'),
    demo,
    clock,
    log,
  )
  await settings.refresh()
  const botParts = { clock, log: (line: string) => log.info({ line }, 'the bot') }
  const bot = await openBot(config.bot, botParts)
  // The demo's bot speaks of the demo's company: it goes when somebody imports topics of their own.
  const demoBot =
    demo && config.bot.kind === 'unset' && settings.isFallback()
      ? await openBot({ kind: 'local', path: join(options.assetsDir, 'demo-agent') }, botParts)
      : null

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
    const throttle = createThrottle({
      store,
      clock,
      onTrouble: (error) => log.warn({ err: error }, 'pauses of Webex are not shared for now'),
    })
    await throttle.sync()
    const desk = desks.webex({
      webex,
      throttle,
      hookUrl: hooks ? `${publicUrl}/hooks/webex` : null,
      secretKey: config.secretKey,
      tokenStore: createTokenStore(store, rootSecret(webex, config.secretKey), clock),
      clock,
      onTokenTrouble: (error) => log.error({ err: error }, 'the Webex tokens could not be renewed'),
    })
    const geo = options.geo ?? createGeo({ log, timeoutMs: 2_000 })
    const watch = createWatch(clock)
    const readiness = createReadiness(() => store.probe())
    const processId = newId()
    let ours: ReadonlySet<string> = new Set(await store.settings.accounts(store.db))
    const deps: Deps = {
      store,
      desk,
      geo,
      clock,
      watch,
      limits: createLimits({ settings: settings.current, clock }),
      load: createLoad(() => store.outbox.countOwed(store.db)),
      log,
      underWay: createUnderWay(),
      settings: settings.current,
      languages,
      bot: () => bot ?? (settings.isFallback() ? demoBot : null),
      botCalls: createBotCalls({ clock, log }),
      hoursChanged: () => settings.refresh(),
      wake: (chatId, lane, hand, after) => relay.wake(chatId, lane, hand, after),
      look: (roomId) => rooms.hint(roomId),
      ours: () => ours,
      stopping: readiness.draining,
      // Where one process has the database, a lease of its predecessor is its own.
      me: store.exclusive ? 'only' : processId,
      startedAt: clock.now(),
    }
    const relay = createRelay({
      work: (chatId, lane, hand) => WORKERS[lane](deps, chatId, hand),
      dueLanes: (limit) => store.outbox.dueLanes(store.db, deps.me, clock.now(), limit),
      now: clock.now,
      log,
    })
    const rounds = createRoomRounds(deps, hooks)
    const rooms = createRooms({ ...rounds, log })
    const bridge = createBridge(deps)
    const ears = createEars(deps, {
      webex,
      hookUrl: hooks ? `${publicUrl}/hooks/webex/bot` : null,
      secretKey: config.secretKey,
      hint: rooms.hint,
      throttle,
    })
    const starts = createStart(deps)
    const http = createHttp({
      deps,
      start: starts.start,
      hint: rooms.hint,
      hearBot: ears.receive,
      health: { notReady: readiness.notReady },
      admin: {
        account: config.admin,
        status: async () => ({
          version: options.version,
          startedAt: new Date(deps.startedAt).toISOString(),
          notReady: await readiness.notReady(),
          chats: await store.chats.countByState(store.db),
          outbox: await store.outbox.countByState(store.db),
          heldPolls: watch.held(),
          bot: deps.bot() && { name: deps.bot()?.name, state: deps.botCalls.state() },
          bridge: { hooks, deaf: bridge.isDeaf(), pauses: throttle.pauses() },
        }),
        deadLetters: () => deadLetters(deps),
        retry: (id) => retryDeadLetter(deps, id),
        skip: (id) => skipDeadLetter(deps, id),
      },
      pages: {
        assetsDir: options.assetsDir,
        version: options.version,
        settings: settings.current,
        // Asked for with every loader: settings change while we run.
        get bubble() {
          return bubbleNames(languages.widget, settings.current())
        },
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
      if (!sandbox || !req.url?.startsWith(`${SANDBOX_PATH}/`)) return void koa(req, res)
      // Who opens the room view wants to play staff; everybody else has no use for the ears' memory. The first word to the
      // bot waits for them: Webex, too, tells nobody of what was said before they were there.
      if (req.url === `${SANDBOX_PATH}/`) void ears.start()
      if (req.url === `${SANDBOX_PATH}/api/direct`)
        return void ears.start().then(() => sandbox.handle(req, res))
      sandbox.handle(req, res)
    }

    if (!sandbox) void ears.start()
    // What a predecessor of the same name left in hand is nobody's.
    await store.leases.releaseAll(store.db, deps.me)
    await compensateDeadStarts(deps, store.exclusive)
    const leases = createLeases({ store, me: deps.me, now: clock.now })
    const jobs = createClockJobs({
      deps,
      ears,
      bridge,
      rooms,
      rounds,
      relay,
      throttle,
      leases,
      shared,
      settings,
      hooks,
      readSeconds,
    })
    const ticker = startTicker([...jobs.ofThisProcess, ...jobs.ofTheProduct], log)
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
        for (const job of jobs.ofTheProduct) await job.run()
      },
      async stop() {
        readiness.drain()
        watch.release()
        await ticker.stop()
        await ears.close()
        await starts.settled()
        await Promise.all([rooms.stop(), relay.stop()])
        await Promise.all([store.leases.releaseAll(store.db, deps.me), leases.release()])
        await verified
        await throttle.settled()
        await flushBeats(deps)
      },
      async release() {
        await Promise.all([geo.close(), bot?.close(), demoBot?.close()])
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
