/** Calls from the desk. Answered before anything is done about them: a hint is cheap to lose, a slow answer gets us disabled. */
import Router from '@koa/router'
import { Problem } from '../core/errors.ts'
import type { HookRequest, Received } from '../ports.ts'
import { readRaw } from './body.ts'

export function hookRoutes(
  receive: (request: HookRequest) => Received,
  hint: (roomId: string) => void,
): Router {
  const router = new Router()
  router.post('/hooks/webex', async (ctx) => {
    const headers: Record<string, string | undefined> = {}
    for (const [name, value] of Object.entries(ctx.headers))
      headers[name] = Array.isArray(value) ? value[0] : value
    const received = receive({
      method: ctx.method,
      url: new URL(`http://hook.invalid${ctx.path}${ctx.search}`),
      headers,
      rawBody: await readRaw(ctx),
    })
    if (!received.ok) throw new Problem('unauthorized', 'The signature does not fit.')
    for (const roomId of received.rooms) hint(roomId)
    ctx.status = 204
  })
  return router
}
