/** For the machinery around us: alive, ready, and for the operator, how it goes. */
import { createHash, timingSafeEqual } from 'node:crypto'
import Router from '@koa/router'

export interface Health {
  /** Why this process should get no traffic now; null when it may. */
  notReady(): Promise<string | null>
  /** Plain figures for `/admin/status.json`. */
  status(): Promise<object>
}

export function healthRoutes(health: Health, admin: { email: string; password: string } | null): Router {
  const router = new Router()

  router.get('/livez', (ctx) => {
    ctx.body = { live: true }
  })

  router.get('/readyz', async (ctx) => {
    const why = await health.notReady()
    ctx.set('Cache-Control', 'no-store')
    ctx.status = why === null ? 200 : 503
    ctx.body = why === null ? { ready: true } : { ready: false, why }
  })

  const digest = (text: string) => createHash('sha256').update(text).digest()
  router.get('/admin/status.json', async (ctx) => {
    const given = Buffer.from(/^Basic +(\S+)$/i.exec(ctx.get('authorization'))?.[1] ?? '', 'base64').toString(
      'utf8',
    )
    // Digests are of one length, so the comparison tells nothing about the password's.
    if (!admin || !timingSafeEqual(digest(given), digest(`${admin.email}:${admin.password}`))) {
      ctx.status = 401
      ctx.set('WWW-Authenticate', 'Basic realm="Frontroom", charset="UTF-8"')
      ctx.body = { detail: admin ? 'Sign in.' : 'Set ADMIN_EMAIL and ADMIN_PASSWORD to see this.' }
      return
    }
    ctx.set('Cache-Control', 'no-store')
    ctx.body = await health.status()
  })
  return router
}
