/** A real server and a real room, in which somebody breaks a promise after all went well: the checker must see each of them. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type OutsideSandbox, startSandbox } from '../../support/process.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { startChat, type Visitor } from '../../support/visitor.ts'
import { check, type Kind } from '../checker.ts'
import { collect } from '../collect.ts'
import type { Poll, StaffLine, VisitorLine } from '../logs.ts'

let sandbox: OutsideSandbox
let server: TestServer
let visitor: Visitor
let lines: VisitorLine[]
let staff: StaffLine[]
let polls: Poll[]

beforeEach(async () => {
  sandbox = await startSandbox()
  server = await startServer({
    env: { WEBEX_API_URL: sandbox.apiUrl, WEBEX_ACCESS_TOKEN: sandbox.accounts.integrationToken },
  })
  ;[lines, staff, polls] = [[], [], []]
  visitor = await startChat(server.origin, { topic: 'sales', name: 'Anna' })
  for (const text of ['one', 'two', 'three']) {
    const clientId = crypto.randomUUID()
    await visitor.send(text, clientId)
    const at = Date.now()
    lines.push({ clientId, text, writtenAt: at, answeredAt: at, outcome: 'acknowledged' })
    await said(`${text} it is`)
  }
  await visitor.until((event) => event.type === 'message' && event.message.text === 'three it is')
  await expect.poll(delivered).toBe(3)
})
afterEach(async () => {
  await server.close()
  await sandbox.close()
})

const db = () => server.app.store.db
const delivered = async () =>
  (await visitor.events()).body.events.filter(({ type }) => type === 'message.delivered').length

async function said(text: string): Promise<void> {
  const { id } = await sandbox.staff.write((await sandbox.staff.theRoom()).id, 'anna@example.com', text)
  staff.push({ id, text, to: 'visitor', at: Date.now() })
  await visitor.until((event) => event.type === 'message' && event.message.text === text)
}

async function kinds(): Promise<Kind[]> {
  const { id } = await sandbox.staff.theRoom()
  const { events } = (await visitor.events()).body
  polls.push({ at: Date.now(), after: 0, events })
  const record = { chatId: visitor.chatId, roomId: id, lines, polls, staff, deleted: [] }
  const verdict = check(await collect((sql) => Promise.resolve(db().raw(sql)), sandbox.staff, [record]))
  return [...new Set(verdict.findings.map(({ kind }) => kind))].sort()
}

const asWebex = (method: string, path: string, body?: object) =>
  fetch(`${sandbox.apiUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${sandbox.accounts.integrationToken}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  })

const seqOf = async (text: string) => {
  const { events } = (await visitor.events()).body
  return events.find((event) => event.type === 'message' && event.message.text === text)?.seq ?? 0
}
const inRoom = async (text: string) =>
  (await sandbox.staff.theRoom()).messages.find((message) => message.text?.endsWith(`\n${text}`))

it('finds nothing where nothing is wrong', async () => {
  expect(await kinds()).toEqual([])
})

it('is red about a post that was made twice', async () => {
  const { id } = await sandbox.staff.theRoom()
  const { events } = (await visitor.events()).body
  const text = (await inRoom('two'))?.text
  // Where nobody works any more, no repair comes in between.
  await server.close()
  await asWebex('POST', '/messages', { roomId: id, text })
  const messages = (await sandbox.staff.room(id)).messages.map((message) => ({
    id: message.id,
    at: 0,
    by: message.from.kind === 'person' ? ('staff' as const) : ('us' as const),
    text: message.text ?? '',
  }))
  const { findings } = check([
    {
      chat: visitor.chatId,
      visitor: { lines, polls: [{ at: 0, after: 0, events }] },
      database: { events, outbox: [] },
      room: { messages, deleted: [] },
      staff,
    },
  ])
  expect(findings.map(({ kind }) => kind)).toEqual(['duplicate'])
  server = await startServer()
})

it.each<[bug: string, leads: Kind[], plant: () => Promise<unknown>]>([
  [
    'an acknowledged line whose rows were not kept',
    ['changed', 'foreign', 'gap', 'lost'],
    async () => {
      const events = (await visitor.events()).body.events
      polls.push({ at: Date.now(), after: 0, events })
      await db()('events')
        .where({ seq: await seqOf('two') })
        .delete()
    },
  ],
  [
    'a line that never got into the room, told as delivered',
    ['lost', 'receipt'],
    async () => asWebex('DELETE', `/messages/${(await inRoom('two'))?.id}`),
  ],
  [
    'an event that was changed behind the visitor',
    ['changed', 'lost'],
    async () => {
      const events = (await visitor.events()).body.events
      polls.push({ at: Date.now(), after: 0, events })
      const row = db()('events').where({ seq: await seqOf('two it is') })
      const body = JSON.stringify({ message: { id: 'x', from: 'system', text: 'something else' } })
      await row.update({ body })
    },
  ],
])('is red about %s', async (_bug, leads, plant) => {
  await plant()
  expect(await kinds()).toEqual(expect.arrayContaining(leads))
})
