/** Which websites may use the API: exact origins, nothing guessed. CORS is no authorisation, so foreign writes are refused too. */
import type { Middleware } from 'koa'
import { Problem } from '../core/errors.ts'

/** @param allowed is this the origin of a site of ours? */
export function cors(allowed: (origin: string) => boolean): Middleware {
  return async (ctx, next) => {
    ctx.vary('Origin')
    const origin = ctx.get('origin')
    if (origin === '') return next()
    const preflight = ctx.method === 'OPTIONS' && ctx.get('access-control-request-method') !== ''
    if (!allowed(origin)) {
      if (ctx.method === 'GET' || ctx.method === 'HEAD') return next()
      throw new Problem(
        'forbidden_origin',
        `Pages of ${origin.slice(0, 200)} may not use this chat. The operator adds them to "origins" in the settings.`,
      )
    }
    ctx.set('Access-Control-Allow-Origin', origin)
    if (!preflight) {
      ctx.set('Access-Control-Expose-Headers', 'ETag, Retry-After')
      return next()
    }
    ctx.set('Access-Control-Allow-Methods', 'GET, POST, PATCH, DELETE')
    ctx.set('Access-Control-Allow-Headers', 'Authorization, Content-Type, If-None-Match')
    ctx.set('Access-Control-Max-Age', '600')
    ctx.status = 204
  }
}
