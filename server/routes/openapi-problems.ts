/** How the description says what may go wrong: a schema and an answer for every code, used by reference. */
import type { ProblemCode } from '../core/errors.ts'
import type { Answer, Header, Ref, Schema, Types } from './openapi-document.ts'
import { STATUS } from './problem.ts'

/** `closed_hours` is `ClosedHours` among the components. */
export const componentName = (code: ProblemCode): string =>
  code.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())

const PROBLEM_TYPE = 'application/problem+json'
export const ref = (kind: string, name: string): Ref => ({ $ref: `#/components/${kind}/${name}` })

const RETRY_AFTER = { 'Retry-After': ref('headers', 'RetryAfter') }
export const ETAG = { ETag: ref('headers', 'ETag') }

export const HEADERS: Types<Header> = {
  ETag: {
    description: 'Of this very answer; send it back as If-None-Match.',
    required: true,
    schema: { type: 'string' },
  },
  RetryAfter: {
    description: 'Seconds after which a repetition makes sense.',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
  WwwAuthenticate: { description: 'How to sign in.', required: true, schema: { const: 'Bearer' } },
  Allow: { description: 'The methods this address takes.', required: true, schema: { type: 'string' } },
}

/** Members that some codes carry, for the examples. */
const EXAMPLE_MEMBERS: Partial<Record<ProblemCode, Types<unknown>>> = {
  invalid: { errors: [{ path: 'text', message: 'Is empty.' }] },
  form_incomplete: { errors: [{ path: 'name', message: 'This field is required.' }] },
  chat_open: { chatId: 'bX9cQ2rVtYw3kZpLm0aNdg' },
  closed_hours: { reason: 'holiday', name: 'Christmas Day', opensAt: '2026-12-28T07:00:00.000Z' },
}

const HEADERS_OF: Partial<Record<ProblemCode, Types<Ref>>> = {
  unauthorized: { 'WWW-Authenticate': ref('headers', 'WwwAuthenticate') },
  method_not_allowed: { Allow: ref('headers', 'Allow') },
  rate_limited: RETRY_AFTER,
  desk_unavailable: RETRY_AFTER,
  overloaded: RETRY_AFTER,
}

export function problemAnswer(code: ProblemCode): Answer {
  const [status, title] = STATUS[code]
  const headers = HEADERS_OF[code]
  const type = `urn:frontroom:problem:${code}`
  return {
    description: `\`${code}\`: ${title}`,
    ...(headers && { headers }),
    content: {
      [PROBLEM_TYPE]: {
        schema: ref('schemas', `${componentName(code)}Problem`),
        example: { type, title, status, code, detail: `${title}.`, ...EXAMPLE_MEMBERS[code] },
      },
    },
  }
}

/**
 * `Problem`, with the members that are fixed for a code.
 * @param whole the schema of every problem
 * @param more the members that come with this code alone
 */
export function problemSchema(whole: Schema, code: ProblemCode, more: Schema = {}): Schema {
  const fixed = { status: { const: STATUS[code][0] }, code: { const: code } }
  const { properties = {}, required } = more
  const own = { type: 'object', properties: { ...fixed, ...properties }, ...(required && { required }) }
  return { allOf: [whole, own] }
}

/** By status; one that several codes share says which. */
export function problemsOf(codes: Iterable<ProblemCode>): Record<string, Answer | Ref> {
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of new Set(codes)) {
    const [status] = STATUS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, sharing]) => {
      const [only] = sharing
      if (only && sharing.length === 1) return [status, ref('responses', componentName(only))]
      const schema = { oneOf: sharing.map((code) => ref('schemas', `${componentName(code)}Problem`)) }
      const headers = Object.assign({}, ...sharing.map((code) => HEADERS_OF[code] ?? {})) as Types<Ref>
      const answer: Answer = {
        description: sharing.map((code) => `\`${code}\`: ${STATUS[code][1]}`).join('. '),
        ...(Object.keys(headers).length > 0 && { headers }),
        content: { [PROBLEM_TYPE]: { schema } },
      }
      return [status, answer]
    }),
  )
}

export const INTERNAL: Answer = {
  description: '`internal`: a mistake of ours. It was logged.',
  content: {
    [PROBLEM_TYPE]: {
      schema: {
        allOf: [
          ref('schemas', 'Problem'),
          { type: 'object', properties: { status: { const: 500 }, code: { const: 'internal' } } },
        ],
      },
    },
  },
}
