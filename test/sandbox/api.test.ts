import http from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Json, Started } from './start.ts'
import { openRoom, startSandbox } from './start.ts'

const ANNA = 'anna.kowalska@example.com'
const JAN = 'jan@example.com'

interface RoomView {
  id: string
  members: { email: string; displayName: string; kind: string }[]
  messages: { id: string; text?: string; from: { email: string; kind: string }; files: string[] }[]
  webhooks: Json[]
}

const room = async ({ api }: Started, id: string) => (await api<RoomView>('GET', `/rooms/${id}`)).body

/** fetch does not let its caller choose the Host header. */
function rawStatus({ port }: Started, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const req = http.request({ host: '127.0.0.1', port, path, headers }, (res) => {
      res.resume()
      resolve(res.statusCode ?? 0)
    })
    req.on('error', reject)
    req.end()
  })
}

describe('the guard', () => {
  it.each([
    ['localhost', 200],
    ['localhost:3000', 200],
    ['127.0.0.1:3000', 200],
    ['[::1]:3000', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost@evil.example', 403],
    ['192.168.0.7', 403],
    ['localhost/', 403],
  ])('answers to the name "%s" with %i', async (host, status) => {
    const started = await startSandbox()
    for (const path of ['/sandbox/', '/sandbox/api/rooms']) {
      expect(await rawStatus(started, path, { host })).toBe(status)
    }
  })

  it('refuses what came through a proxy', async () => {
    const started = await startSandbox()
    const headers = { host: 'localhost', 'x-forwarded-for': '203.0.113.7' }
    expect(await rawStatus(started, '/sandbox/api/rooms', headers)).toBe(403)
  })

  it('changes nothing for another origin, nor for a plain form', async () => {
    const started = await startSandbox()
    const { api, base, origin } = started
    const rule = { method: '*', path: '/*', answer: { status: 500 } }
    expect((await api('POST', '/faults', rule, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await api('POST', '/faults', rule, { origin: 'null' })).status).toBe(403)
    expect((await api('DELETE', '/faults', undefined, { origin: 'http://localhost:1' })).status).toBe(403)
    const form = await fetch(`${base}/api/faults`, { method: 'POST', body: JSON.stringify(rule) })
    expect(form.status).toBe(415)
    expect((await fetch(`${base}/api/tokens/expire`, { method: 'POST' })).status).toBe(415)
    expect((await api<{ items: [] }>('GET', '/faults')).body.items).toEqual([])
    expect((await api('POST', '/faults', rule, { origin })).status).toBe(200)
  })
})

describe('the room view', () => {
  it('is served with a strict policy, below the base path only', async () => {
    const { origin, base } = await startSandbox()
    const page = await fetch(`${base}/`)
    expect(page.status).toBe(200)
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toContain('unsafe')
    const html = await page.text()
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/)
    for (const [, file] of html.matchAll(/(?:src|href)="([\w.-]+)"/g)) {
      expect((await fetch(`${base}/${file}`)).status, file).toBe(200)
    }
    const bare = await fetch(base, { redirect: 'manual' })
    expect(bare.headers.get('location')).toBe('/sandbox/')
    for (const path of [
      '/',
      '/sandboxes/',
      '/sandbox/nothing.js',
      '/sandbox/%2e%2e/index.ts',
      '/sandbox/v1',
    ]) {
      expect((await fetch(origin + path)).status, path).toBe(404)
    }
  })

  it('works at the root as well', async () => {
    const { base, rest } = await startSandbox({ basePath: '' })
    expect((await fetch(`${base}/`)).status).toBe(200)
    expect((await rest('GET', '/people/me')).status).toBe(200)
  })
})

describe('the control API', () => {
  it('shows a room as a member sees it: who wrote what, oldest first, and webhooks without secrets', async () => {
    const started = await startSandbox()
    const { rest, bot, api } = started
    const roomId = await openRoom(started, [ANNA, 'frontroom@webex.bot'])
    const hook = { name: 'x', targetUrl: 'http://127.0.0.1:1/', resource: 'messages', event: 'all' }
    await rest('POST', '/webhooks', { ...hook, filter: `roomId=${roomId}`, secret: 'do not show this' })
    await rest('POST', '/messages', { roomId, text: 'Anna · 1\nhello' })
    await bot('POST', '/messages', { roomId, text: 'Bot · 2\nhello' })
    await api('POST', `/rooms/${roomId}/messages`, { as: ANNA, text: 'hi', files: 2 })
    const view = await room(started, roomId)
    expect(view.messages.map(({ text, from, files }) => [text, from.kind, files.length])).toEqual([
      ['Anna · 1\nhello', 'integration', 0],
      ['Bot · 2\nhello', 'bot', 0],
      ['hi', 'person', 2],
    ])
    expect(view.members.map((member) => member.kind)).toEqual(['integration', 'person', 'bot'])
    expect(view.webhooks).toMatchObject([{ name: 'x', hasSecret: true }])
    expect(JSON.stringify(view)).not.toContain('do not show this')
    const { body } = await api<{ items: Json[] }>('GET', '/rooms')
    expect(body.items).toMatchObject([{ id: roomId, webhooks: 1, title: 'Sales · Anna · C-7F3KQ2' }])
  })

  it('lets a member write, edit, delete, add a colleague and leave, and nobody else', async () => {
    const started = await startSandbox()
    const { api } = started
    const roomId = await openRoom(started, [ANNA])
    const path = `/rooms/${roomId}`
    expect((await api('POST', `${path}/messages`, { as: JAN, text: 'hi' })).status).toBe(404)
    expect((await api('POST', `${path}/members`, { as: ANNA, email: JAN })).status).toBe(200)
    expect((await api('POST', `${path}/members`, { as: ANNA, email: JAN })).status).toBe(409)
    const { body } = await api<{ id: string }>('POST', `${path}/messages`, { as: JAN, text: 'one\n two' })
    const message = `${path}/messages/${body.id}`
    expect((await api('PUT', message, { as: ANNA, text: 'x' })).status).toBe(403)
    expect((await api('PUT', message, { as: JAN, text: 'three' })).status).toBe(200)
    expect((await room(started, roomId)).messages).toMatchObject([{ text: 'three', from: { email: JAN } }])
    expect((await api('DELETE', message, { as: ANNA })).status).toBe(403)
    expect((await api('DELETE', `${message}?as=${JAN}`)).status).toBe(204)
    expect((await room(started, roomId)).messages).toEqual([])
    expect((await api('DELETE', `${path}/members/${JAN}`, { as: ANNA })).status).toBe(204)
    expect((await room(started, roomId)).members.map((member) => member.email)).toEqual([
      'desk@sandbox.example',
      ANNA,
    ])
  })

  it.each<[string, string, unknown, number]>([
    ['POST', '/rooms/ROOM/messages', { as: ANNA }, 400],
    ['POST', '/rooms/ROOM/messages', { text: 'x' }, 400],
    ['POST', '/rooms/ROOM/messages', { as: ANNA, text: 'ż'.repeat(3720) }, 400],
    ['POST', '/rooms/ROOM/messages', { as: ANNA, files: -1 }, 400],
    ['POST', '/rooms/ROOM/members', { as: ANNA, email: 'x' }, 400],
    ['POST', '/rooms/nowhere/messages', { as: ANNA, text: 'x' }, 404],
    ['PUT', '/rooms/ROOM/messages/none', { as: ANNA, text: 'x' }, 404],
    ['DELETE', '/rooms/ROOM/members/nobody@example.com', undefined, 404],
    ['PUT', '/people/nonsense', { status: 'active' }, 400],
    ['POST', '/tokens/lifetime', { seconds: 0 }, 400],
    ['PATCH', '/rooms', {}, 405],
    ['GET', '/nothing', undefined, 404],
  ])('%s %s with %j is %i', async (method, path, body, status) => {
    const started = await startSandbox()
    const roomId = await openRoom(started, [ANNA])
    const refused = await started.api(method, path.replace('ROOM', roomId), body)
    expect(refused.status).toBe(status)
    expect(refused.body.message).toMatch(/\w/)
  })

  it('remembers the last five hundred calls, without a word of what they carried', async () => {
    const started = await startSandbox()
    const { rest, api, sandbox } = started
    for (let n = 0; n < 499; n += 1) await rest('GET', '/people/me')
    await rest('POST', '/rooms', { title: 'hush' })
    await rest('GET', '/rooms/unknown?x=1')
    const { body } = await api<{ items: Json[] }>('GET', '/requests')
    expect(body.items).toHaveLength(500)
    expect(body.items.slice(-2)).toMatchObject([
      { method: 'POST', path: '/rooms', status: 200, who: 'desk@sandbox.example' },
      { method: 'GET', path: '/rooms/unknown', query: '?x=1', status: 404 },
    ])
    expect(JSON.stringify(body)).not.toContain('hush')
    expect(JSON.stringify(body)).not.toContain(sandbox.accounts.integrationToken)
  })

  it('tells listeners that something is new, until it closes', async () => {
    const started = await startSandbox()
    const response = await fetch(`${started.base}/api/events`)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    let seen = ''
    const reader = response.body?.getReader()
    const decoder = new TextDecoder()
    const reading = (async () => {
      for (;;) {
        const part = await reader?.read()
        if (!part || part.done) return
        seen += decoder.decode(part.value)
      }
    })()
    await openRoom(started)
    await expect.poll(() => seen).toContain('data: changed')
    await started.close()
    await reading
  })
})
