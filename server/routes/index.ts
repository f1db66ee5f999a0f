/** The HTTP side as one Koa application. */
import Koa, { type Context } from 'koa'
import type { Deps, Log } from '../chat/deps.ts'
import { type Networks, visitorAddress } from '../core/address.ts'
import type { HookRequest, Received } from '../ports.ts'
import { type Admin, adminRoutes } from './admin.ts'
import { cors } from './cors.ts'
import { type Health, healthRoutes } from './health.ts'
import { hookRoutes } from './hooks.ts'
import { type Pages, pageRoutes } from './pages.ts'
import { problems } from './problem.ts'
import { type VisitorApi, visitorRoutes } from './visitor.ts'

export interface Http {
  readonly deps: Deps
  readonly start: VisitorApi['start']
  readonly hint: (roomId: string, isEcho?: boolean) => void
  /** Takes the calls for the bot account; null: it has no ears. */
  readonly hearBot: ((request: HookRequest) => Promise<Received>) | null
  readonly health: Health
  readonly admin: Omit<Admin, 'ownOrigins'>
  readonly pages: Pages
  readonly trusted: Networks
  /** Our own origins; the site's come from the settings. */
  readonly ownOrigins: ReadonlySet<string>
  /** Behind HTTPS: browsers are told never to come back without it. */
  readonly https: boolean
  readonly log: Log
}

export function createHttp(http: Http): Koa {
  const { deps, log } = http
  const app = new Koa()
  // Koa's own handler prints to the console; whatever reaches it is a connection that broke.
  app.silent = true

  app.use(securityHeaders(http.https))
  app.use(problems(log, deps.store.isUnavailable))

  const allowed = (origin: string) =>
    http.ownOrigins.has(origin) || (deps.settings()?.origins.includes(origin) ?? false)
  const api = cors(allowed)
  app.use((ctx, next) => (ctx.path.startsWith('/api/') ? api(ctx, next) : next()))

  const addressOf = (ctx: Context) =>
    visitorAddress(ctx.req.socket.remoteAddress ?? '', ctx.get('x-forwarded-for') || undefined, http.trusted)

  const routers = [
    visitorRoutes({ deps, start: http.start, addressOf }),
    hookRoutes((request) => deps.desk.receive(request), http.hint, http.hearBot),
    healthRoutes(http.health),
    adminRoutes({ ...http.admin, ownOrigins: http.ownOrigins }),
    pageRoutes(http.pages),
  ]
  for (const router of routers) app.use(router.routes()).use(router.allowedMethods())
  return app
}

function securityHeaders(https: boolean): Koa.Middleware {
  return async (ctx, next) => {
    ctx.set('X-Content-Type-Options', 'nosniff')
    ctx.set('Referrer-Policy', 'strict-origin-when-cross-origin')
    ctx.set('X-Frame-Options', 'DENY')
    if (https) ctx.set('Strict-Transport-Security', 'max-age=31536000')
    await next()
  }
}
