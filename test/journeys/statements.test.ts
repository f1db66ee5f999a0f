/** What the database is asked for, counted. Printed too, so that a change is seen before it hurts. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { startChat, type Visitor } from '../support/visitor.ts'

let server: TestServer
let visitor: Visitor
beforeEach(async () => {
  server = await startServer()
  visitor = await startChat(server.origin)
  await visitor.send('warm')
  await visitor.until((e) => e.type === 'message.delivered')
})
afterEach(() => server.close())

/** Statements on the tables `about` while `work` runs; the clock's own looks at other tables are not of interest. */
async function statements(about: RegExp, work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = []
  const knex = server.app.store.db as unknown as {
    on(event: string, hear: (query: { sql: string }) => void): void
    removeAllListeners(event: string): void
  }
  knex.on('query', ({ sql }) => seen.push(sql))
  await work()
  knex.removeAllListeners('query')
  return seen.filter((sql) => about.test(sql))
}

it('an idle poll asks for nothing, however often', async () => {
  const { cursor } = (await visitor.events()).body
  const seen = await statements(/events|chats|sessions/, async () => {
    for (let n = 0; n < 50; n++) expect((await visitor.events(cursor)).body.events).toEqual([])
  })
  const polls = seen.filter((sql) => !/update|outbox|opening|room_id|beat_at/.test(sql))
  process.stdout.write(`idle poll: ${polls.length / 50} statements\n`)
  expect(polls).toEqual([])
})

it('a line is taken in with four statements in one transaction', async () => {
  const seen = await statements(/BEGIN|COMMIT|events|chats|outbox/i, async () => {
    await visitor.send('counted')
  })
  const from = seen.findIndex((sql) => /^BEGIN/i.test(sql))
  const to = seen.findIndex((sql) => /^COMMIT/i.test(sql))
  const inside = seen.slice(from + 1, to)
  process.stdout.write(
    `send: ${inside.length} statements\n  ${inside.map((sql) => sql.slice(0, 60)).join('\n  ')}\n`,
  )
  expect(inside.length).toBeLessThanOrEqual(4)
})
