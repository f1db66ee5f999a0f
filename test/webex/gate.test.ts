import { describe, expect, it } from 'vitest'
import { DeliveryError } from '../../server/core/errors.ts'
import type { Throttle } from '../../server/ports.ts'
import { createGate, endpointOf, StrangeAnswer } from '../../server/webex/gate.ts'

const silence = new DeliveryError('no answer in time', { effect: 'unknown' })
const status = (code: number, retryAfter?: number) =>
  new DeliveryError(`${code}`, {
    effect: code < 500 ? 'no' : 'unknown',
    status: code,
    ...(retryAfter !== undefined && { retryAfter }),
  })

/** A gate whose time is set, and what was paused by it. */
function begin(account: 'integration' | 'bot' = 'integration', ends = new Map<string, number>()) {
  let now = Date.parse('2026-11-20T12:00:00Z')
  const throttle: Throttle = {
    until: (family) => ends.get(family) ?? 0,
    pause: (family, until) => void ends.set(family, until),
  }
  const gate = createGate({ account, throttle, clock: { now: () => now } })
  const enter = (method = 'POST', path = '/messages') => gate.enter(method, path)
  return {
    gate,
    ends,
    enter,
    pass: (seconds: number) => {
      now += seconds * 1000
    },
    pauses: () => Object.fromEntries([...ends].map(([family, until]) => [family, (until - now) / 1000])),
    fails: (error: unknown, times = 1) => {
      for (let n = 0; n < times; n++) enter().failed(error, false)
    },
    /** Seconds to wait; null: it is open. */
    shut(
      method = 'POST',
      path = '/messages',
    ): { status: number | undefined; seconds: number | undefined } | null {
      try {
        gate.enter(method, path).answered()
        return null
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error
        const { effect, permanent, retryAfter } = error.outcome
        expect([effect, permanent ?? false]).toEqual(['no', false])
        return { status: error.outcome.status, seconds: retryAfter }
      }
    },
  }
}

it.each([
  ['POST', '/messages', 'POST /messages'],
  ['GET', '/messages/Y2lzY29', 'GET /messages'],
  ['DELETE', '/webhooks/a/b', 'DELETE /webhooks'],
  ['GET', '/people/me', 'GET /people'],
  ['GET', '/rooms?max=1', 'GET /rooms'],
  ['GET', '', 'GET /'],
])('Webex counts %s %s as %s', (method, path, endpoint) => expect(endpointOf(method, path)).toBe(endpoint))

describe('a pause', () => {
  it('shuts the endpoint of that account for as long as Webex said, and no other', () => {
    const { fails, shut, pass, pauses, ends } = begin()
    fails(status(429, 30))
    expect(pauses()).toEqual({ 'integration POST /messages': 30 })
    expect(shut()).toEqual({ status: 429, seconds: 30 })
    expect([shut('GET'), shut('POST', '/webhooks')]).toEqual([null, null])
    expect(begin('bot', ends).shut()).toBeNull()
    pass(29.5)
    expect(shut()).toEqual({ status: 429, seconds: 1 })
    pass(0.5)
    expect(shut()).toBeNull()
  })

  it.each<[string, DeliveryError, object]>([
    ['429 that does not say how long', status(429), { 'integration POST /messages': 5 }],
    ['503 that says when', status(503, 7), { 'integration POST /messages': 7 }],
    ['503 that does not', status(503), {}],
    ['423: only the file is waited for', status(423, 9), {}],
    ['404', status(404), {}],
    ['a token that could not be had', status(401, 9), {}],
  ])('%s', (_name, error, expected) => {
    const { fails, pauses } = begin()
    fails(error)
    expect(pauses()).toEqual(expected)
  })

  it.each([['POST /memberships'], ['POST /webhooks'], ['POST /messages'], ['POST /rooms']])(
    'of %s makes no room: it would only have to be taken down again',
    (endpoint) => {
      const { ends, shut, gate } = begin()
      ends.set(`integration ${endpoint}`, Date.parse('2026-11-20T12:00:42Z'))
      expect(shut('POST', '/rooms')).toEqual({ status: 429, seconds: 42 })
      expect(shut('DELETE', '/rooms/x')).toBeNull()
      expect(gate.resting()).toEqual([])
    },
  )
})

describe('an endpoint that gives no answers', () => {
  it('rests for some seconds after five failures in a row, and not after four', () => {
    const { fails, shut, gate } = begin()
    fails(silence, 4)
    expect(shut()).toBeNull()
    fails(silence, 4)
    fails(status(502))
    expect(gate.resting()).toEqual(['POST /messages'])
    expect(shut()).toEqual({ status: 503, seconds: 5 })
  })

  it('leaves the others alone, however often it fails and though nothing else is asked', () => {
    const { shut, fails, pass, gate } = begin()
    fails(silence, 4)
    for (let n = 0; n < 5; n++) {
      fails(silence)
      expect(gate.resting()).toEqual(['POST /messages'])
      pass(5)
    }
    expect(shut('GET', '/rooms')).toBeNull()
  })

  it.each<[string, unknown]>([
    ['404', status(404)],
    ['400', status(400)],
    ['429', status(429, 1)],
    ['a redirect', status(302)],
    ['an answer that makes no sense', new StrangeAnswer('odd')],
  ])('does not rest for what is an answer, begins to count anew after it: %s', (_name, error) => {
    const { fails, shut, pass } = begin()
    for (let n = 0; n < 5; n++) {
      fails(silence, 4)
      fails(error)
      pass(1)
    }
    expect(shut()).toBeNull()
  })

  it('is tried with one call after the rest, and all may go when that is answered', () => {
    const { fails, enter, shut, pass, gate } = begin()
    fails(silence, 5)
    pass(5)
    const probe = enter()
    for (let n = 0; n < 3; n++) expect(shut()?.seconds).toBe(5)
    pass(9)
    expect(shut()?.status).toBe(503)
    probe.answered()
    expect([shut(), gate.resting()]).toEqual([null, []])
  })

  it('rests again when that one call fails', () => {
    const { fails, enter, shut, pass } = begin()
    fails(silence, 5)
    pass(5)
    enter().failed(silence, false)
    expect(shut()?.seconds).toBe(5)
    pass(4.9)
    expect(shut()?.seconds).toBe(1)
    pass(0.1)
    expect(shut()).toBeNull()
  })

  it.each<[string, unknown, boolean]>([
    ['was given up by us', silence, true],
    ['got no token', status(401), false],
    ['met a mistake of ours', new Error('a bug'), false],
  ])('is tried with the next call when that one %s', (_name, error, isOurs) => {
    const { fails, enter, shut, pass } = begin()
    fails(silence, 5)
    pass(5)
    enter().failed(error, isOurs)
    const next = enter()
    expect(shut()?.status).toBe(503)
    next.answered()
    expect(shut()).toBeNull()
  })

  it('does not rest for calls that were given up or had no token', () => {
    const { enter, fails, shut } = begin()
    for (let n = 0; n < 20; n++) enter().failed(silence, true)
    fails(status(401), 20)
    expect(shut()).toBeNull()
  })

  it('does not rest longer for calls that were under way when it began to', () => {
    const { enter, fails, shut, pass } = begin()
    const late = Array.from({ length: 10 }, () => enter())
    fails(silence, 5)
    pass(4)
    for (const call of late) call.failed(silence, false)
    expect(shut()?.seconds).toBe(1)
    pass(1)
    expect(shut()).toBeNull()
  })

  it('is not held up by a clock that is set back', () => {
    const { fails, shut, pass } = begin()
    fails(silence, 5)
    pass(-600)
    expect(shut()).toBeNull()
  })
})

describe('an account that gets no answers', () => {
  const everywhere = (enter: ReturnType<typeof begin>['enter']) => {
    for (const path of ['/messages', '/rooms', '/people', '/webhooks', '/messages'])
      enter('GET', path).failed(silence, false)
  }

  it('rests as a whole when five calls in a row failed at more than one endpoint', () => {
    const { enter, shut, pass, gate } = begin()
    everywhere(enter)
    expect(gate.resting()).toBe('all')
    expect(shut('DELETE', '/rooms/x')).toEqual({ status: 503, seconds: 5 })
    pass(5)
    const probe = enter()
    expect(shut('GET', '/rooms')?.status).toBe(503)
    probe.answered()
    expect([shut('GET', '/rooms'), gate.resting()]).toEqual([null, []])
  })

  it('does not when one of them was answered in between', () => {
    const { enter, shut } = begin()
    for (let n = 0; n < 5; n++) {
      enter('GET', '/rooms').failed(silence, false)
      enter('GET', '/people').failed(silence, false)
      enter('GET', '/messages').answered()
    }
    expect(shut('DELETE', '/rooms/x')).toBeNull()
  })
})
