import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Json, Started } from './start.ts'
import { openRoom, startSandbox } from './start.ts'

type Items = { items: Json[] }
const fault = (started: Started, rule: unknown) => started.api('POST', '/faults', rule)
const armed = async ({ api }: Started) => (await api<Items>('GET', '/faults')).body.items
const rooms = async ({ api }: Started) => (await api<Items>('GET', '/rooms')).body.items.length

describe('a fault', () => {
  it('answers in place of the call, as often as it says, and leaves other calls alone', async () => {
    const started = await startSandbox()
    const rule = { method: 'POST', path: '/rooms', answer: { status: 429, retryAfter: 7 }, times: 2 }
    expect((await fault(started, rule)).status).toBe(200)
    expect((await started.rest('GET', '/rooms')).status).toBe(200)
    for (let n = 0; n < 2; n += 1) {
      const limited = await started.rest('POST', '/rooms', { title: 'x' })
      expect(limited.status).toBe(429)
      expect(limited.headers.get('retry-after')).toBe('7')
      expect(limited.body).toMatchObject({ message: expect.any(String), trackingId: expect.any(String) })
    }
    expect(await rooms(started)).toBe(0)
    expect((await started.rest('POST', '/rooms', { title: 'x' })).status).toBe(200)
  })

  it('can do the call first and then lose its answer', async () => {
    const started = await startSandbox()
    await fault(started, {
      method: 'POST',
      path: '/rooms',
      answer: { status: 502, html: true },
      effect: 'before',
    })
    const lost = await started.rest('POST', '/rooms', { title: 'x' })
    expect(lost.status).toBe(502)
    expect(lost.headers.get('content-type')).toMatch('text/html')
    expect(await rooms(started)).toBe(1)
  })

  it('can answer nonsense', async () => {
    const started = await startSandbox()
    await fault(started, { method: 'GET', path: '/people/me', answer: { status: 200, body: '{"id":' } })
    const response = await fetch(`${started.base}/v1/people/me`)
    expect(response.headers.get('content-type')).toMatch('application/json')
    expect(await response.text()).toBe('{"id":')
  })

  it('matches beginnings, tries its rules in order, and covers the token endpoint', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started)
    await fault(started, [
      { method: 'DELETE', path: '/rooms/*', answer: { status: 500 } },
      { method: '*', path: '/rooms/*', answer: { status: 503 } },
      { method: 'POST', path: '/access_token', answer: { status: 504 } },
    ])
    expect((await started.rest('DELETE', `/rooms/${roomId}`)).status).toBe(500)
    expect((await started.rest('GET', `/rooms/${roomId}`)).status).toBe(503)
    expect((await fetch(`${started.base}/v1/access_token`, { method: 'POST' })).status).toBe(504)
    expect((await started.api<Items>('GET', '/faults')).body.items).toEqual([])
  })

  it('can hang until the caller gives up, or until the sandbox closes', async () => {
    const started = await startSandbox()
    await fault(started, { method: 'POST', path: '/rooms', hang: true, effect: 'before', times: 2 })
    const headers = {
      authorization: `Bearer ${started.sandbox.accounts.integrationToken}`,
      'content-type': 'application/json',
    }
    const post = (signal?: AbortSignal) =>
      fetch(`${started.base}/v1/rooms`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ title: 'x' }),
        ...(signal ? { signal } : {}),
      })
    const giveUp = new AbortController()
    const first = post(giveUp.signal)
    const second = post()
    const failed = [expect(first).rejects.toThrow(), expect(second).rejects.toThrow()]
    await expect.poll(() => rooms(started)).toBe(2)
    giveUp.abort()
    await started.close()
    await Promise.all(failed)
  })

  it('can reset the connection', async () => {
    const started = await startSandbox()
    await fault(started, { method: 'GET', path: '/rooms', reset: true })
    await expect(started.rest('GET', '/rooms')).rejects.toThrow()
    expect((await started.rest('GET', '/rooms')).status).toBe(200)
  })

  it('can be late: with the effect first, or last', async () => {
    const started = await startSandbox()
    await fault(started, { method: 'POST', path: '/rooms', lateMs: 60_000, effect: 'before' })
    const early = started.rest('POST', '/rooms', { title: 'done, not told' })
    await expect.poll(() => rooms(started)).toBe(1)
    await fault(started, { method: 'GET', path: '/rooms', lateMs: 5 })
    expect((await started.rest<Items>('GET', '/rooms')).body.items).toHaveLength(1)
    const closing = started.close()
    expect((await early).status).toBe(200)
    await closing
  })

  it('can let a call take effect after its caller gave up', async () => {
    const started = await startSandbox()
    await fault(started, { method: 'POST', path: '/rooms', hang: true, effect: 'late', lateMs: 5 })
    const giveUp = new AbortController()
    const headers = {
      authorization: `Bearer ${started.sandbox.accounts.integrationToken}`,
      'content-type': 'application/json',
    }
    const body = JSON.stringify({ title: 'x' })
    const call = { method: 'POST', headers, body, signal: giveUp.signal }
    const given = expect(fetch(`${started.base}/v1/rooms`, call)).rejects.toThrow()
    await expect.poll(() => armed(started)).toEqual([])
    // As long as somebody waits nothing happens, however many other calls come and go.
    for (let n = 0; n < 5; n += 1) expect(await rooms(started)).toBe(0)
    giveUp.abort()
    await given
    await expect.poll(() => rooms(started)).toBe(1)
  })

  it('can let a call take effect after a reset', async () => {
    const started = await startSandbox()
    await fault(started, { method: 'POST', path: '/rooms', reset: true, effect: 'late', lateMs: 5 })
    await expect(started.rest('POST', '/rooms', { title: 'x' })).rejects.toThrow()
    await expect.poll(() => rooms(started)).toBe(1)
  })

  it('keeps a late effect back for as long as it says, at the most until the sandbox closes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sandbox-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const stateFile = join(folder, 'state.json')
    const started = await startSandbox({ stateFile })
    const answer = { status: 504, html: true }
    await fault(started, { method: 'POST', path: '/rooms', answer, effect: 'late', lateMs: 60_000 })
    expect((await started.rest('POST', '/rooms', { title: 'x' })).status).toBe(504)
    for (let n = 0; n < 3; n += 1) expect(await rooms(started)).toBe(0)
    await started.close()
    const state = JSON.parse(await readFile(stateFile, 'utf8')) as { rooms: Json[] }
    expect(state.rooms).toMatchObject([{ title: 'x' }])
  })

  it('forgets a late effect whose caller still waits when the sandbox closes', async () => {
    const started = await startSandbox()
    await fault(started, { method: 'POST', path: '/rooms', hang: true, effect: 'late' })
    const call = expect(started.rest('POST', '/rooms', { title: 'x' })).rejects.toThrow()
    await expect.poll(() => armed(started)).toEqual([])
    await started.close()
    await call
  })

  it('can be taken back', async () => {
    const started = await startSandbox()
    await fault(started, { method: '*', path: '/*', answer: { status: 500 }, times: 100 })
    expect((await started.rest('GET', '/rooms')).status).toBe(500)
    expect((await started.api('DELETE', '/faults')).status).toBe(204)
    expect((await started.rest('GET', '/rooms')).status).toBe(200)
  })

  it.each<unknown>([
    {},
    { method: 'GET' },
    { method: 'GET', path: '/rooms' },
    { method: 'GET', path: 'rooms', hang: true },
    { method: 'get', path: '/rooms', hang: true },
    { method: 'GET', path: '/rooms', hang: true, reset: true },
    { method: 'GET', path: '/rooms', hang: 'yes' },
    { method: 'GET', path: '/rooms', answer: { status: 99 } },
    { method: 'GET', path: '/rooms', answer: { status: 500, body: {} } },
    { method: 'GET', path: '/rooms', answer: { status: 500 }, effect: 'after' },
    { method: 'GET', path: '/rooms', answer: { status: 500 }, times: 0 },
    { method: 'GET', path: '/rooms', answer: { status: 500 }, sometimes: true },
    { method: 'GET', path: '/rooms', lateMs: -1 },
    { method: 'POST', path: '/rooms', effect: 'late', lateMs: 5 },
    { webhook: 'delay' },
    { webhook: 'delay', ms: 0 },
    { webhook: 'drop', ms: 5 },
    { webhook: 'shuffle', times: 1 },
    { lag: 0 },
    { lag: 5, path: '/people' },
    { lag: 5, method: 'GET' },
    { webhook: 'drop', path: '/rooms' },
    [{ webhook: 'drop' }, { webhook: 'nonsense' }],
    [7],
  ])('that is wrong is refused whole, with a message: %j', async (rule) => {
    const started = await startSandbox()
    const refused = await fault(started, rule)
    expect(refused.status).toBe(400)
    expect(refused.body.message).toMatch(/\w/)
    expect((await started.api<Items>('GET', '/faults')).body.items).toEqual([])
  })
})
