/** Calls from the desk. Answered before anything is done about them: a hint is cheap to lose, a slow answer gets us disabled. */
import Router from '@koa/router'
import type { Context } from 'koa'
import { Problem } from '../core/errors.ts'
import type { HookRequest, Received } from '../ports.ts'
import { readRaw } from './body.ts'

/** @param bot takes the calls for the bot account; null when there is none, and then there is no such address. */
export function hookRoutes(
  receive: (request: HookRequest) => Received,
  hint: (roomId: string, isEcho: boolean) => void,
  bot: ((request: HookRequest) => Promise<Received>) | null = null,
): Router {
  const router = new Router()
  const taking =
    (take: (request: HookRequest) => Received | Promise<Received>) =>
    async (ctx: Context): Promise<void> => {
      const received = await take(await requestOf(ctx))
      if (!received.ok) throw new Problem('unauthorized', 'The signature does not fit.')
      for (const roomId of received.rooms) hint(roomId, received.echo === true)
      ctx.status = 204
    }
  router.post('/hooks/webex', taking(receive))
  if (bot) router.post('/hooks/webex/bot', taking(bot))
  return router
}

async function requestOf(ctx: Context): Promise<HookRequest> {
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(ctx.headers))
    headers[name] = Array.isArray(value) ? value[0] : value
  return {
    method: ctx.method,
    url: new URL(`http://hook.invalid${ctx.path}${ctx.search}`),
    headers,
    rawBody: await readRaw(ctx),
  }
}
