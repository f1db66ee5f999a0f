/** Answers that need not be sent again. */
import { createHash } from 'node:crypto'
import type { Context } from 'koa'

/**
 * Sets the ETag of a body; true when the caller has that very body already and 304 is enough.
 * Not Koa's `fresh`: a script that sets If-None-Match makes fetch add `Cache-Control: no-cache`, and `fresh` gives up on it.
 */
export function isKnown(ctx: Context, body: string): boolean {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  ctx.set('ETag', etag)
  const known = ctx
    .get('if-none-match')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}
