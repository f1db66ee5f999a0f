import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type OutsideSandbox, startSandbox } from '../../support/process.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { startChat, textsFrom } from '../../support/visitor.ts'
import { createRandom } from '../random.ts'

const SECRET = 'a webhook secret for the tests, and long enough'
const CALLS = 10_000
const AT_ONCE = 50

let sandbox: OutsideSandbox
let server: TestServer
/** What the sandbox wanted to tell us: kept here, so that a test decides what arrives, when, and how often. */
let mailbox: Awaited<ReturnType<typeof startMailbox>>

async function startMailbox() {
  const kept: Buffer[] = []
  const listener = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    kept.push(Buffer.concat(chunks))
    res.end()
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    kept,
    close: () => new Promise((resolve) => listener.close(resolve).closeAllConnections()),
  }
}

beforeEach(async () => {
  sandbox = await startSandbox()
  mailbox = await startMailbox()
  server = await startServer({
    env: {
      WEBEX_API_URL: sandbox.apiUrl,
      WEBEX_ACCESS_TOKEN: sandbox.accounts.integrationToken,
      WEBEX_WEBHOOK_SECRET: SECRET,
      PUBLIC_URL: mailbox.origin,
    },
  })
})
afterEach(async () => {
  await server.close()
  await mailbox.close()
  await sandbox.close()
})

const deliver = async (body: Buffer) => {
  const signature = createHmac('sha1', SECRET).update(body).digest('hex')
  const headers = { 'content-type': 'application/json', 'x-spark-signature': signature }
  const answer = await fetch(`${server.origin}/hooks/webex`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  })
  return answer.status
}

it(`has nothing to show for ${CALLS} doubled, shuffled and replayed webhooks but what stands in the rooms`, async () => {
  const random = createRandom(11)
  const visitors = await Promise.all([startChat(server.origin), startChat(server.origin)])
  const lines = Array.from({ length: 20 }, (_, n) => `line ${n}`)
  const rooms = await sandbox.staff.rooms()
  for (const text of lines)
    for (const room of rooms) await sandbox.staff.write(room.id, 'anna@example.com', text)
  await expect.poll(() => mailbox.kept.length).toBeGreaterThanOrEqual(lines.length * rooms.length)
  const hooks = mailbox.kept.slice()

  const statuses = new Set<number>()
  for (let sent = 0; sent < CALLS; sent += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, () => hooks[random.below(hooks.length)] ?? Buffer.alloc(0))
    for (const status of await Promise.all(some.map(deliver))) statuses.add(status)
  }
  expect([...statuses].every((status) => status < 300)).toBe(true)
  for (const visitor of visitors) {
    await visitor.until((event) => event.type === 'message' && event.message.text === 'line 19')
    const { events } = (await visitor.events()).body
    expect(textsFrom('agent', events)).toEqual(lines)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, n) => n + 1))
  }
  for (const room of await sandbox.staff.rooms()) {
    const { messages } = await sandbox.staff.room(room.id)
    expect(messages.filter(({ from }) => from.kind === 'person').length).toBe(lines.length)
    expect(messages.filter(({ from }) => from.kind !== 'person').length).toBe(1)
  }
}, 60_000)

it('shows every line of staff within 60 s of clock time when all webhooks are lost', async () => {
  const visitor = await startChat(server.origin)
  const room = await sandbox.staff.theRoom()
  // Beyond the time after a start in which every room is read anyway, and before the visitor is taken for gone.
  await server.pass(200)
  for (const text of ['one', 'two', 'three']) await sandbox.staff.write(room.id, 'anna@example.com', text)
  await server.pass(60)
  await expect
    .poll(async () => textsFrom('agent', (await visitor.events()).body.events))
    .toEqual(['one', 'two', 'three'])
})

it('switches a webhook on again within 60 s, and has what was said meanwhile', async () => {
  const visitor = await startChat(server.origin)
  const room = await sandbox.staff.theRoom()
  const hooks = (await sandbox.staff.room(room.id)).webhooks as readonly { id?: string; status?: string }[]
  const origin = sandbox.apiUrl.replace(/\/v1$/, '')
  for (const { id } of hooks) {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${origin}/api/webhooks/${id}/deactivate`, {
      method: 'POST',
      headers,
      body: '{}',
    })
    expect(answer.status).toBe(204)
  }
  await sandbox.staff.write(room.id, 'anna@example.com', 'meanwhile')
  await server.pass(60)
  await expect
    .poll(async () => {
      const now = (await sandbox.staff.room(room.id)).webhooks as readonly { status?: string }[]
      return now.map(({ status }) => status)
    })
    .toEqual(['active'])
  await expect
    .poll(async () => textsFrom('agent', (await visitor.events()).body.events))
    .toEqual(['meanwhile'])
})
