import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from './support/server.ts'
import { call, startChat } from './support/visitor.ts'

let server: TestServer
beforeEach(async () => {
  server = await startServer()
})
afterEach(() => server.close())

const slowDown = (path: string, retryAfter: number) =>
  server.staff.fault({
    method: 'POST',
    path,
    answer: { status: 429, retryAfter },
    effect: 'none',
    times: 1,
  })

const asked = async (pattern: RegExp) =>
  (await server.staff.requests()).filter(({ method, path }) => pattern.test(`${method} ${path}`)).length

async function start() {
  const session = await call(server.origin, 'POST', '/sessions', { body: {} })
  return call(server.origin, 'POST', '/chats', { token: session.body.token, body: { topic: 'sales' } })
}

describe('a start while Webex wants us to wait', () => {
  it.each([['/rooms'], ['/memberships'], ['/messages']])(
    'is refused at once with what is left of the wait, and asks for nothing: POST %s',
    async (path) => {
      await slowDown(path, 40)
      const first = await start()
      expect([first.status, first.body.code, first.headers.get('retry-after')]).toEqual([
        503,
        'desk_unavailable',
        '40',
      ])
      const before = await asked(/^POST /)
      await server.pass(10)
      const second = await start()
      expect(second.status).toBe(503)
      const rest = Number(second.headers.get('retry-after'))
      expect(rest).toBeGreaterThan(20)
      expect(rest).toBeLessThanOrEqual(30)
      expect(await asked(/^POST /)).toBe(before)
      await server.pass(31)
      expect((await start()).status).toBe(201)
    },
  )
})

it('a line waits out a pause that another line was asked for, and stands once', async () => {
  const [anna, ben] = [await startChat(server.origin), await startChat(server.origin)]
  await slowDown('/messages', 30)
  await anna.send('one')
  await expect.poll(async () => (await asked(/^POST .*\/messages$/)) > 2).toBe(true)
  const before = await asked(/^POST .*\/messages$/)
  await ben.send('two')
  await server.pass(10)
  expect(await asked(/^POST .*\/messages$/)).toBe(before)
  await server.pass(40)
  for (const visitor of [anna, ben]) await visitor.until((event) => event.type === 'message.delivered')
  expect(await asked(/^POST .*\/messages$/)).toBe(before + 2)
})
