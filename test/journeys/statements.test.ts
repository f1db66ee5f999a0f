/** What the database is asked for, counted. Printed too, so that a change is seen before it hurts. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startBot } from '../support/bot.ts'
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
  // Beside other nodes also their ended sessions are looked at, once a second, however many polls there are.
  const polls = seen.filter((sql) => !/update|outbox|opening|room_id|beat_at|`ended_at` >=/.test(sql))
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

it("a bot's turn, from the visitor's line until all of it stands in the room, is four commits", async () => {
  const bot = await startBot()
  await server.close()
  server = await startServer({ env: bot.env })
  try {
    const talking = await startChat(server.origin)
    const stands = async (text: string) => {
      await expect
        .poll(async () => (await server.staff.theRoom()).messages.at(-1)?.text, { timeout: 10_000 })
        .toMatch(text)
      // The last receipt gives the lease back.
      const lease = () => server.app.store.tx((trx) => server.app.store.chats.lock(trx, talking.chatId))
      await expect.poll(async () => (await lease())?.lease.owner, { timeout: 10_000 }).toBeNull()
    }
    await stands('Welcome!')
    const writes = new Map<string, string[]>()
    const knex = server.app.store.db as unknown as {
      on(event: string, hear: (query: { sql: string; __knexTxId?: string }) => void): void
      removeAllListeners(event: string): void
    }
    knex.on('query', ({ sql, __knexTxId }) => {
      const isOfTurn = /^(insert|update|delete).*`(chats|events|outbox|posts|bot_turns)`/.test(sql)
      // Signs of life are collected, and written by the clock.
      if (!isOfTurn || sql.includes('beat_at')) return
      const commit = __knexTxId ?? `alone ${writes.size}`
      writes.set(commit, [...(writes.get(commit) ?? []), sql.slice(0, 30)])
    })
    await talking.send('counted')
    await stands('You said counted')
    knex.removeAllListeners('query')
    const all = [...writes.values()]
    process.stdout.write(`a turn: ${all.length} commits\n  ${all.map((w) => w.join(' | ')).join('\n  ')}\n`)
    expect(all.length).toBeLessThanOrEqual(4)
  } finally {
    await bot.close()
  }
})
