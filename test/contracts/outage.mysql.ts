import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDatabase, MYSQL_URL, type TestDatabase } from '../support/mysql.ts'
import { createProxy, type DatabaseLink } from '../support/proxy.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startChat, textsFrom, type Visitor } from '../support/visitor.ts'

let database: TestDatabase
let proxy: DatabaseLink
let server: TestServer
let visitor: Visitor

beforeEach(async () => {
  database = await createDatabase()
  proxy = await createProxy(Number(new URL(MYSQL_URL).port || 3306))
  const url = new URL(database.url)
  url.host = `127.0.0.1:${proxy.port}`
  server = await startServer({ env: { DATABASE_URL: url.href } })
  visitor = await startChat(server.origin, { topic: 'sales', name: 'Anna' })
})
afterEach(async () => {
  proxy.open()
  await server.close()
  await proxy.close()
  await database.drop()
})

const said = async () => (await server.staff.theRoom()).messages.slice(1).map((m) => m.text?.split('\n')[1])

describe('a COMMIT whose reply is lost', () => {
  it('makes one line of it, acknowledged, delivered and numbered once', async () => {
    for (let n = 0; n < 5; n++) {
      const lost = proxy.loseNextCommitReply()
      const answer = await visitor.send(`line ${n}`)
      await lost
      expect([200, 201]).toContain(answer.status)
    }
    const expected = Array.from({ length: 5 }, (_, n) => `line ${n}`)
    await expect.poll(said, { timeout: 15_000 }).toEqual(expected)
    await expect
      .poll(
        async () => (await visitor.events()).body.events.filter((e) => e.type === 'message.delivered').length,
        {
          timeout: 15_000,
        },
      )
      .toBe(5)
    const { events } = (await visitor.events()).body
    expect(textsFrom('visitor', events)).toEqual(expected)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, n) => n + 1))
  })

  it('starts one chat with one room', async () => {
    for (let n = 0; n < 4; n++) {
      const lost = proxy.loseNextCommitReply()
      await startChat(server.origin)
      await lost
    }
    expect((await server.staff.rooms()).length).toBe(5)
  })
})

describe('a database that goes away in the middle', () => {
  it('is answered with 503 and a wait, loses nothing acknowledged, and needs no restart', async () => {
    await visitor.send('before')
    const clientId = randomUUID()
    proxy.block()
    const refused = await visitor.send('meanwhile', clientId)
    expect([refused.status, refused.body.code]).toEqual([503, 'overloaded'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await fetch(`${server.origin}/readyz`)).status).toBe(503)
    expect((await fetch(`${server.origin}/livez`)).status).toBe(200)

    proxy.open()
    await expect.poll(async () => (await visitor.send('meanwhile', clientId)).status).toBeLessThan(300)
    await expect.poll(async () => (await fetch(`${server.origin}/readyz`)).status).toBe(200)
    await expect.poll(said, { timeout: 15_000 }).toEqual(['before', 'meanwhile'])
    expect((await visitor.call('GET', '')).body.chat.state).toBe('waiting')
  })
})
