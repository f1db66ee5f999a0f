/** For the machinery around us: alive and ready. */
import Router from '@koa/router'

export interface Health {
  /** Why this process should get no traffic now; null when it may. */
  notReady(): Promise<string | null>
}

export function healthRoutes(health: Health): Router {
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
  return router
}
