/** The visitor API over fetch. Nothing is thrown: what went wrong is in the answer. */
import type { Problem } from './wire.ts'

/**
 * `status` is 0 when there was no answer at all; `retryAfter` are the seconds the server asked us to wait, or 0. `ok` is a
 * success with a JSON body: a captive portal's "200 OK" is none, nor is 204, whose only caller does not look.
 */
export type Answer<T> = { readonly status: number; readonly retryAfter: number } & (
  | { readonly ok: true; readonly body: T }
  | { readonly ok: false; readonly body: Problem }
)

/** Saying the same again cannot help. */
export function isFinal(status: number): boolean {
  return /^4(?!08|29)/.test(`${status}`)
}

/** `content` makes it a POST, null one without a body. After `seconds` (15) nobody is believed to answer any more. */
export type Call = <T>(
  path: string,
  content?: unknown,
  seconds?: number,
  signal?: AbortSignal,
  method?: string,
) => Promise<Answer<T>>

/**
 * `token` is asked at every call. No cookies are sent or taken. The token travels in a header only, and `sendBeacon` cannot
 * carry one: so what must outlive the page is sent by fetch with `keepalive` (64 KB in all). That is every POST: who writes
 * and follows a link at once has written.
 */
export function createCall(base: string, token: () => string | undefined): Call {
  return async (path, content, seconds = 15, signal, method = content === undefined ? 'GET' : 'POST') => {
    const headers: Record<string, string> = {}
    if (token()) headers.Authorization = `Bearer ${token()}`
    if (content) headers['Content-Type'] = 'application/json'
    const timeout = AbortSignal.timeout(seconds * 1000)
    try {
      const response = await fetch(`${base}/api/v1/${path}`, {
        method,
        // Browsers hold one of two equal requests back for the other's answer, and tabs ask alike.
        cache: signal ? 'no-store' : 'default',
        credentials: 'omit',
        headers,
        body: content ? JSON.stringify(content) : null,
        keepalive: method !== 'GET',
        signal: AbortSignal.any([timeout, signal ?? timeout]),
      })
      const { status } = response
      const retryAfter = Number(response.headers.get('Retry-After')) || 0
      const body = await response.json().catch(() => null)
      return { ok: response.ok && !!body, status, retryAfter, body: body ?? {} }
    } catch {
      return { ok: false, status: 0, retryAfter: 0, body: {} }
    }
  }
}

/** Staff see the page, not what its query and fragment carry. */
export function address(href: string): string {
  return href.replace(/[?#].*/, '')
}
