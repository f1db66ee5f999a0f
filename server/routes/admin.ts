/** For the operator, by HTTP Basic: how it goes, and what could not be delivered. */
import { createHash, timingSafeEqual } from 'node:crypto'
import Router from '@koa/router'
import type { Context } from 'koa'
import type { DeadLetter } from '../chat/dead-letters.ts'
import { Problem } from '../core/errors.ts'

export interface Admin {
  readonly account: { readonly email: string; readonly password: string } | null
  /** Plain figures. */
  status(): Promise<object>
  deadLetters(): Promise<readonly DeadLetter[]>
  /** @throws Problem `not_found` */
  retry(id: number): Promise<void>
  /** @throws Problem `not_found` */
  skip(id: number): Promise<void>
  /** Our own origins: a browser that is signed in may be led here by any page. */
  readonly ownOrigins: ReadonlySet<string>
}

export function adminRoutes(admin: Admin): Router {
  const router = new Router({ prefix: '/admin' })
  const { account } = admin
  const digest = (text: string) => createHash('sha256').update(text).digest()

  function signedIn(ctx: Context): boolean {
    const basic = /^Basic +(\S+)$/i.exec(ctx.get('authorization'))?.[1] ?? ''
    const given = Buffer.from(basic, 'base64').toString('utf8')
    // Digests are of one length, so the comparison tells nothing about the password's.
    return account !== null && timingSafeEqual(digest(given), digest(`${account.email}:${account.password}`))
  }

  router.use(async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store')
    if (!signedIn(ctx)) {
      ctx.status = 401
      ctx.set('WWW-Authenticate', 'Basic realm="Frontroom", charset="UTF-8"')
      ctx.body = { detail: account ? 'Sign in.' : 'Set ADMIN_EMAIL and ADMIN_PASSWORD to see this.' }
      return
    }
    const origin = ctx.get('origin')
    if (ctx.method !== 'GET' && origin !== '' && !admin.ownOrigins.has(origin))
      throw new Problem('forbidden_origin', 'Another page sent you here.')
    await next()
  })

  router.get('/status.json', async (ctx) => {
    ctx.body = await admin.status()
  })

  router.get('/outbox.json', async (ctx) => {
    ctx.body = { failed: await admin.deadLetters() }
  })

  const acting = (path: string, act: (id: number) => Promise<void>) =>
    router.post(path, async (ctx) => {
      const { id = '' } = ctx.params
      if (!/^\d{1,15}$/.test(id))
        throw new Problem('not_found', 'There is no failed delivery of that number.')
      await act(Number(id))
      ctx.status = 204
    })
  acting('/outbox/:id/retry', admin.retry)
  acting('/outbox/:id/skip', admin.skip)
  return router
}
