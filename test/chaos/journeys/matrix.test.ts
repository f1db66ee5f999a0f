/**
 * Twenty faults, each at ten moments of a line's way, from three seeds, on a whole server with SQLite and a clock that is set.
 * A fault of Webex strikes one room; one of the database or of the clock strikes all of them, which is what such faults do.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, type ExpectStatic, it } from 'vitest'
import { startSandbox } from '../../support/process.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import type { Staff } from '../../support/staff.ts'
import { type Answer, startChat } from '../../support/visitor.ts'
import { check } from '../checker.ts'
import { type ChatOnRecord, collect } from '../collect.ts'
import { createRandom } from '../random.ts'
import { stories, verdictLine } from '../verdict.ts'
import { type Call, createDeskLink, type DeskLink } from './desk-link.ts'
import { type Case, FAULTS, type Fault, POINTS, type Point, refused, type Stage } from './faults.ts'

const SEEDS = [1, 2, 3]

/** Where webhooks come first, so that a case decides what becomes of its own. */
async function startPost(caseOf: (roomId: string) => Case | undefined) {
  const kept: { one: Case; body: Buffer; signature: string }[] = []
  let target = ''
  const forward = async (body: Buffer, signature: string) => {
    const headers = { 'content-type': 'application/json', 'x-spark-signature': signature }
    await fetch(target, { method: 'POST', headers, body: new Uint8Array(body) }).catch(() => undefined)
  }
  const listener = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    res.end()
    const body = Buffer.concat(chunks)
    const { data } = JSON.parse(body.toString('utf8')) as { data: { roomId: string } }
    const one = caseOf(data.roomId)
    if (!one || one.hooks === 'lost') return
    const signature = String(req.headers['x-spark-signature'])
    await forward(body, signature)
    if (one.hooks === 'doubled') kept.push({ one, body, signature })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    leadsTo(origin: string) {
      target = `${origin}/hooks/webex`
    },
    /** Once more, the newest first. */
    replay: async () => {
      for (const { body, signature } of kept.splice(0).reverse()) await forward(body, signature)
    },
    close: () => new Promise((resolve) => listener.close(resolve).closeAllConnections()),
  }
}

/** The server's own transactions, with faults before they begin or after they were committed. */
function troubleTransactions(server: TestServer, stage: Stage, at: (point: Point) => Promise<void>): void {
  const { tx } = server.app.store
  Object.assign(server.app.store, {
    tx: async (work: Parameters<typeof tx>[0]) => {
      await at('in the transaction that takes it')
      stage.database.before.shift()?.()
      const result = await tx(work)
      await at('before the reply of its commit')
      stage.database.after.shift()?.()
      return result
    },
  })
}

async function run(fault: Fault, expect: ExpectStatic): Promise<{ problems: string[]; cases: number }> {
  const sandbox = await startSandbox()
  const link: DeskLink = await createDeskLink(sandbox.apiUrl.replace(/\/v1$/, ''))
  const cases = new Map<string, Case>()
  const post = await startPost((roomId) => cases.get(roomId))
  const server = await startServer({
    env: {
      WEBEX_API_URL: link.apiUrl,
      WEBEX_ACCESS_TOKEN: sandbox.accounts.integrationToken,
      PUBLIC_URL: post.origin,
    },
    settings: { idle: { heartbeatSeconds: 36_000, visitorMinutes: 6_000, botMinutes: 6_000 } },
  })
  const stage: Stage = { server, database: { before: [], after: [] } }
  const strike = async (one: Case | undefined, point: Point) => {
    if (!one?.armed || one.point !== point) return
    one.armed = false
    await fault.strike(one, stage)
  }
  try {
    post.leadsTo(server.origin)
    const known = new Set((await sandbox.staff.rooms()).map(({ id }) => id))
    for (const seed of SEEDS)
      for (const point of POINTS) {
        const visitor = await startChat(server.origin, { topic: 'sales', name: 'Anna' })
        const room = (await sandbox.staff.rooms()).find(({ id }) => !known.has(id))
        if (!room) throw new Error('the chat has no room')
        known.add(room.id)
        const name = `seed ${seed}, ${point}`
        const random = createRandom(seed * 1_000 + POINTS.indexOf(point))
        const one: Case = {
          ...{ name, point, random, visitor, roomId: room.id, hooks: 'told', armed: false },
          ...{ lines: [], polls: [], staff: [], fates: [] },
        }
        cases.set(room.id, one)
      }
    const all = [...cases.values()]
    let inTurn: Case | undefined
    troubleTransactions(server, stage, (point) => strike(inTurn, point))
    link.fate(({ roomId, method }: Call) => {
      const one = cases.get(roomId)
      const [next] = one?.fates ?? []
      // A list that lags is a list; everything else befalls whatever comes.
      if (!next || (next.kind === 'lag' && method !== 'GET')) return null
      one?.fates.shift()
      return next.kind === 'late' && method === 'GET' ? refused(504, false) : next
    })
    link.watch(async ({ method, path, roomId }, moment) => {
      const one = cases.get(roomId)
      if (path !== '/messages') return
      if (method === 'POST' && moment === 'arrives')
        await strike(one, 'after its intent, as the post arrives')
      if (method === 'POST' && moment === 'took effect')
        await strike(one, 'when the post took effect, before its answer')
      if (method === 'POST' && moment === 'was answered')
        await strike(one, 'when the post was answered, before that is written down')
      if (method === 'GET' && moment === 'arrives') {
        await strike(one, 'while the room is read')
        if ((one?.staff.length ?? 0) > 1)
          await strike(one, 'when staff have written, while the room is read for it')
      }
    })

    for (const one of all) {
      inTurn = one
      await write(one, server, 'first')
      await answer(one, sandbox.staff, 'a first answer')
      one.armed = true
      await strike(one, 'before the line is sent')
      await write(one, server, 'second')
      await strike(one, 'after its acknowledgement')
      await answer(one, sandbox.staff, 'a second answer')
      await strike(one, 'when staff have written, before anybody knows')
      await write(one, server, 'third')
      await answer(one, sandbox.staff, 'a third answer')
    }
    inTurn = undefined
    await settle(all, server, link, post.replay, expect)
    for (const one of all) await reread(one)
    const deletedIn = (roomId: string) => link.deleted.filter((message) => message.roomId === roomId)
    const records = all.map(
      (one): ChatOnRecord => ({ ...one, chatId: one.visitor.chatId, deleted: deletedIn(one.roomId) }),
    )
    const { db } = server.app.store
    const logs = await collect((sql) => Promise.resolve(db.raw(sql)), sandbox.staff, records)
    const unharmed = all.flatMap(({ armed, name }) => (armed ? [`it never came to: ${name}`] : []))
    const problems = all.flatMap((one, n) => {
      const chat = logs.slice(n, n + 1)
      const verdict = check(chat)
      if (verdict.findings.length === 0) return []
      return [
        `${fault.name} × ${one.name}: ${verdictLine(verdict, one.random.below(1))}`,
        ...stories(verdict, chat),
      ]
    })
    return { problems: [...unharmed, ...problems], cases: all.length }
  } finally {
    await server.close()
    await post.close()
    await link.close()
    await sandbox.close()
  }
}

/** As a widget does: the same line again until it is answered. */
async function write(one: Case, server: TestServer, text: string): Promise<void> {
  const clientId = randomUUID()
  const writtenAt = Date.now()
  for (let tries = 0; tries < 20; tries++) {
    const answer: Answer | null = await one.visitor.send(text, clientId).catch(() => null)
    if (answer && answer.status < 300) {
      one.lines.push({ clientId, text, writtenAt, answeredAt: Date.now(), outcome: 'acknowledged' })
      return
    }
    await server.pass(1).catch(() => undefined)
  }
  throw new Error(`${one.name}: never acknowledged`)
}

async function answer(one: Case, staff: Staff, text: string): Promise<void> {
  const { id } = await staff.write(one.roomId, 'anna@example.com', text)
  one.staff.push({ id, text, to: 'visitor', at: Date.now() })
}

/** Waits that go by the real clock (a room that could not be read) end within this. */
const SETTLE_MS = 20_000

/** Time passes until nothing is owed, nothing comes late, and the logs have what staff wrote. */
async function settle(
  all: readonly Case[],
  server: TestServer,
  link: DeskLink,
  replay: () => Promise<void>,
  expect: ExpectStatic,
): Promise<void> {
  const { db } = server.app.store
  const wanted = all.reduce((sum, one) => sum + one.staff.length, 0)
  const left = async () => {
    await server.pass(10).catch(() => undefined)
    const [owed] = await db('outbox').whereNot({ state: 'failed' }).count({ n: '*' })
    const [heard] = await db('room_lines').count({ n: '*' })
    return Number(owed?.n) + Math.max(0, wanted - Number(heard?.n))
  }
  // What it does not come to is for the checker to name.
  await expect
    .poll(left, { timeout: SETTLE_MS, interval: 250 })
    .toBe(0)
    .catch(() => undefined)
  await link.settled()
  await replay()
  for (const one of all) one.fates.length = 0
  // Copies that came late are found by the reads of the next minutes.
  for (let round = 0; round < 5; round++) await left()
  await expect
    .poll(left, { timeout: SETTLE_MS, interval: 250 })
    .toBe(0)
    .catch(() => undefined)
}

async function reread(one: Case): Promise<void> {
  for (let after = 0; ; ) {
    const { body, status } = await one.visitor.events(after)
    if (status !== 200 || body.events.length === 0) return
    one.polls.push({ at: Date.now(), after, events: body.events })
    after = body.cursor
  }
}

describe.concurrent(`${FAULTS.length} faults at ${POINTS.length} moments, ${SEEDS.length} seeds each`, () => {
  it.for(FAULTS)('$name: nothing is lost, doubled or out of order', async (fault, { expect }) => {
    const { problems, cases } = await run(fault, expect)
    expect(cases).toBe(POINTS.length * SEEDS.length)
    expect(problems).toEqual([])
  })
})
