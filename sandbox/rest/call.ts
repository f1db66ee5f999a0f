import type { Person } from '../data.ts'
import type { Reply } from '../http.ts'
import { Refused } from '../http.ts'

/** A REST call whose token was accepted. */
export interface RestCall {
  readonly person: Person
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  /** Absolute address of the REST base as the caller knows it: `http://127.0.0.1:3000/sandbox/v1`. */
  readonly base: string
  /** Path below the base, such as `/rooms`. */
  readonly path: string
  /** Epoch milliseconds: a list does not show what is younger. */
  readonly upTo: number
}

const bad = (message: string) => new Refused(400, message)

/** A string that says something, or undefined when it is not there. */
export function optionalString(body: RestCall['body'], name: string): string | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' || value.trim() === '') throw bad(`${name} must be a non-empty string.`)
  return value
}

export function requiredString(body: RestCall['body'], name: string): string {
  const value = optionalString(body, name)
  if (value === undefined) throw bad(`${name} is required.`)
  return value
}

/** Form bodies carry `true` as a string. */
export function optionalBoolean(body: RestCall['body'], name: string): boolean | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw bad(`${name} must be true or false.`)
}

/** `max` of a list: above the limit it is cut without a word, as Webex does. */
function maxOf(query: URLSearchParams, fallback: number, limit: number): number {
  const text = query.get('max')
  if (text === null) return fallback
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw bad('max must be a positive number.')
  return Math.min(Number(text), limit)
}

/** Where the next page begins: after this id, or, should it be gone by then, at this index. */
function cursorOf(query: URLSearchParams): { id: string; index: number } | null {
  const text = query.get('cursor')
  if (text === null) return null
  const [id = '', index = ''] = Buffer.from(text, 'base64url').toString('utf8').split(' ')
  if (id === '' || !/^\d{1,9}$/.test(index)) throw bad('cursor is not valid.')
  return { id, index: Number(index) }
}

function nextLink(call: RestCall, set: Record<string, string>): string {
  const url = new URL(call.base + call.path)
  for (const [key, value] of call.query) url.searchParams.set(key, value)
  for (const [key, value] of Object.entries(set)) url.searchParams.set(key, value)
  return `<${url.href}>; rel="next"`
}

/** One page of a list, with `Link: …; rel="next"` when there is more. */
export function page<Item extends { readonly id: string }>(
  call: RestCall,
  items: readonly Item[],
  sizes: { fallback: number; limit: number },
  shape: (item: Item) => object,
): Reply {
  const max = maxOf(call.query, sizes.fallback, sizes.limit)
  const cursor = cursorOf(call.query)
  let from = 0
  if (cursor) {
    const found = items.findIndex((item) => item.id === cursor.id)
    from = found === -1 ? cursor.index : found + 1
  }
  const part = items.slice(from, from + max)
  const last = part.at(-1)
  const more = last !== undefined && from + max < items.length
  const mark = more ? Buffer.from(`${last.id} ${from + max}`).toString('base64url') : ''
  return {
    status: 200,
    body: { items: part.map(shape) },
    ...(more ? { headers: { link: nextLink(call, { cursor: mark }) } } : {}),
  }
}

/** Like `page`, for messages (newest first): the next page is named by the last message of this one. */
export function messagePage<Item extends { readonly id: string }>(
  call: RestCall,
  items: readonly Item[],
  shape: (item: Item) => object,
): Reply {
  const max = maxOf(call.query, 50, 1000)
  const part = items.slice(0, max)
  const last = part.at(-1)
  const more = last !== undefined && max < items.length
  return {
    status: 200,
    body: { items: part.map(shape) },
    ...(more ? { headers: { link: nextLink(call, { beforeMessage: last.id }) } } : {}),
  }
}
