/** Errors as RFC 9457 answers. The table below does not compile when a code is forgotten. */
import type { Context, Middleware } from 'koa'
import type { z } from 'zod'
import type { Log } from '../chat/deps.ts'
import { type FieldError, Problem, type ProblemCode } from '../core/errors.ts'

export const STATUS: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  invalid: [400, 'The request is not valid'],
  unknown_topic: [400, 'There is no such topic'],
  unauthorized: [401, 'A valid token is needed'],
  forbidden_origin: [403, 'This website may not use the chat'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'Method not allowed'],
  chat_closed: [409, 'The chat is closed'],
  chat_open: [409, 'Another chat is open'],
  closed_hours: [409, 'We are closed'],
  payload_too_large: [413, 'The request is too large'],
  unsupported_media_type: [415, 'This content type is not understood'],
  idempotency_mismatch: [422, 'The same key came with another content'],
  form_incomplete: [422, 'The form is incomplete'],
  rate_limited: [429, 'Too many requests'],
  desk_unavailable: [503, 'Nobody can be reached right now'],
  overloaded: [503, 'Too busy right now'],
}

/** Shown when a code carries no wait of its own; these answers always say when to come back. */
const RETRY_AFTER: Partial<Record<ProblemCode, number>> = {
  rate_limited: 10,
  desk_unavailable: 5,
  overloaded: 2,
}

export function sendProblem(ctx: Context, problem: Problem): void {
  const [status, title] = STATUS[problem.code]
  const { errors, retryAfter = RETRY_AFTER[problem.code], extra } = problem.details
  ctx.status = status
  ctx.body = JSON.stringify({
    type: `urn:frontroom:problem:${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.detail,
    ...(errors && { errors }),
    ...extra,
  })
  ctx.type = 'application/problem+json'
  ctx.set('Cache-Control', 'no-store')
  if (retryAfter !== undefined) ctx.set('Retry-After', String(Math.ceil(retryAfter)))
  if (problem.code === 'unauthorized') ctx.set('WWW-Authenticate', 'Bearer')
}

/** @param isUnavailable tells an error of a database that is away or busy. */
export function problems(log: Log, isUnavailable: (error: unknown) => boolean): Middleware {
  return async (ctx, next) => {
    try {
      await next()
      if (ctx.body == null && ctx.status === 404)
        throw new Problem('not_found', 'There is nothing at this address.')
      // The router has set Allow.
      if (ctx.body == null && (ctx.status === 405 || ctx.status === 501)) {
        throw new Problem('method_not_allowed', 'This address does not take that method; see Allow.')
      }
    } catch (error) {
      if (error instanceof Problem) return sendProblem(ctx, error)
      // The caller hung up in the middle of its request: nobody is there to be answered, and nothing went wrong.
      if (ctx.req.destroyed && !ctx.req.complete) return
      log.error({ err: error, method: ctx.method, route: ctx._matchedRoute }, 'a request failed')
      if (isUnavailable(error))
        return sendProblem(ctx, new Problem('overloaded', 'The service is busy. Please try again.'))
      ctx.status = 500
      ctx.body = JSON.stringify({
        type: 'urn:frontroom:problem:internal',
        title: 'Internal error',
        status: 500,
        code: 'internal',
        detail: 'Something went wrong on our side. It was logged.',
      })
      ctx.type = 'application/problem+json'
    }
  }
}

/** `topics[0].id` */
export function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`,
    '',
  )
}

function fieldErrors(issues: readonly z.core.$ZodIssue[], at: readonly PropertyKey[] = []): FieldError[] {
  return issues.flatMap((issue): FieldError[] => {
    const path = [...at, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: pathOf([...path, key]), message: 'There is no such field.' }))
    }
    // Of several shapes the one that was meant: the one whose mistake lies deepest.
    const deepest =
      issue.code === 'invalid_union'
        ? issue.errors.find((errors) => errors.some((e) => e.path.length > 0))
        : undefined
    if (deepest) return fieldErrors(deepest, path)
    return [{ path: pathOf(path), message: issue.message }]
  })
}

/** @throws Problem `invalid` naming every wrong path. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Problem('invalid', 'The request is not valid; see errors.', {
    errors: fieldErrors(parsed.error.issues),
  })
}
