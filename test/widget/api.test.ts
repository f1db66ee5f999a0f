import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createCall, isFinal } from '../../widget/chat/api.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function serve(handle: (request: IncomingMessage, body: string, response: ServerResponse) => void) {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    handle(request, body, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a call', () => {
  it('reads without a body and writes with one, the token in a header', async () => {
    const seen: unknown[] = []
    const base = await serve(({ method, url, headers }, body, response) => {
      seen.push([method, url, headers.authorization, headers['content-type'], body])
      response.end('{"a":1}')
    })
    let token: string | undefined
    const call = createCall(base, () => token)
    expect(await call('config?lang=pl')).toEqual({ ok: true, status: 200, retryAfter: 0, body: { a: 1 } })
    token = 't'
    await call('sessions', { lang: 'pl' })
    await call('chats/c/close', null)
    expect(seen).toEqual([
      ['GET', '/api/v1/config?lang=pl', undefined, undefined, ''],
      ['POST', '/api/v1/sessions', 'Bearer t', 'application/json', '{"lang":"pl"}'],
      ['POST', '/api/v1/chats/c/close', 'Bearer t', undefined, ''],
    ])
  })

  it('tells a refusal with its code and its time to wait', async () => {
    const base = await serve((_, __, response) =>
      response.writeHead(503, { 'Retry-After': '7' }).end('{"code":"desk_unavailable"}'),
    )
    const answer = await createCall(base, () => undefined)('chats', {})
    expect(answer).toEqual({ ok: false, status: 503, retryAfter: 7, body: { code: 'desk_unavailable' } })
  })

  it.each([
    [204, ''],
    [200, '<html>Welcome to our hotel</html>'],
    [502, '<html>Bad Gateway</html>'],
  ])('takes %s with %j for no success', async (status, text) => {
    const base = await serve((_, __, response) => response.writeHead(status).end(text))
    expect(await createCall(base, () => undefined)('config')).toMatchObject({ ok: false, status, body: {} })
  })

  it('says status 0 when nobody answers or the caller has lost interest', async () => {
    const base = await serve((request) => request.socket.destroy())
    expect(await createCall(base, () => undefined)('config')).toMatchObject({ ok: false, status: 0 })
    const silent = await serve(() => {})
    const interest = new AbortController()
    const answer = createCall(silent, () => undefined)('config', undefined, 15, interest.signal)
    interest.abort()
    expect(await answer).toMatchObject({ ok: false, status: 0 })
  })

  it('gives up after the seconds it was given', async () => {
    const silent = await serve(() => {})
    expect(await createCall(silent, () => undefined)('config', undefined, 0.01)).toMatchObject({ status: 0 })
  })
})

describe('a refusal', () => {
  it('is final unless the server, the network or the pace was at fault', () => {
    expect([0, 200, 400, 401, 404, 408, 409, 413, 422, 429, 500, 503].filter(isFinal)).toEqual([
      400, 401, 404, 409, 413, 422,
    ])
  })
})
