import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type OutsideSandbox,
  runMain,
  type ServerProcess,
  startProcess,
  startSandbox,
  workplace,
} from '../support/process.ts'
import { SETTINGS } from '../support/settings.ts'
import { call, startChat, textsFrom, visitorOf } from '../support/visitor.ts'

let sandbox: OutsideSandbox
let folder: Awaited<ReturnType<typeof workplace>>
const running: ServerProcess[] = []

beforeEach(async () => {
  sandbox = await startSandbox()
  folder = await workplace()
})
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.signal('SIGKILL')
    await server.ended
  }
  await sandbox.close()
  await folder.remove()
})

async function start(env: Record<string, string> = {}): Promise<ServerProcess> {
  const settings = join(folder.path, 'settings.json')
  writeFileSync(settings, JSON.stringify(SETTINGS))
  const server = await startProcess(
    {
      PORT: '0',
      DATABASE_URL: folder.databaseUrl,
      FRONTROOM_SETTINGS: settings,
      WEBEX_API_URL: sandbox.apiUrl,
      WEBEX_ACCESS_TOKEN: sandbox.accounts.integrationToken,
      ADMIN_EMAIL: 'admin@example.com',
      ADMIN_PASSWORD: 'correct horse',
      ...env,
    },
    folder.path,
  )
  running.push(server)
  return server
}

async function heldPolls(origin: string): Promise<number> {
  const headers = {
    authorization: `Basic ${Buffer.from('admin@example.com:correct horse').toString('base64')}`,
  }
  const answer = await fetch(`${origin}/admin/status.json`, { headers })
  return ((await answer.json()) as { heldPolls: number }).heldPolls
}

describe('a server that is killed', () => {
  it.each(['/rooms', '/memberships', '/webhooks', '/messages'])(
    'between two steps of a start (POST %s done, answer never read) leaves nothing after its restart',
    async (path) => {
      const server = await start()
      const { token } = (await call(server.origin, 'POST', '/sessions', { body: {} })).body
      await sandbox.staff.fault({ method: 'POST', path, hang: true, effect: 'before' })
      const cutOff = call(server.origin, 'POST', '/chats', { token, body: { topic: 'sales' } }).catch(
        () => 'cut off',
      )
      await expect.poll(() => sandbox.staff.rooms()).toHaveLength(1)
      await expect
        .poll(async () =>
          (await sandbox.staff.requests()).some((r) => r.method === 'POST' && r.path.endsWith(path)),
        )
        .toBe(true)
      server.signal('SIGKILL')
      expect(await cutOff).toBe('cut off')
      await sandbox.staff.noMoreFaults()

      const next = await start()
      await expect.poll(() => sandbox.staff.rooms(), { timeout: 30_000 }).toEqual([])
      await expect.poll(() => sandbox.staff.hooks()).toEqual([])
      const again = await call(next.origin, 'POST', '/chats', { token, body: { topic: 'sales' } })
      expect(again.status).toBe(201)
    },
  )

  it('goes on with the same chat, and delivers what was acknowledged before', async () => {
    const server = await start()
    const visitor = await startChat(server.origin, { topic: 'sales', name: 'Anna' })
    await sandbox.staff.fault({
      method: 'POST',
      path: '/messages',
      answer: { status: 503 },
      effect: 'none',
      times: 50,
    })
    for (const text of ['one', 'two', 'three']) expect((await visitor.send(text)).status).toBe(201)
    server.signal('SIGKILL')
    await server.ended
    await sandbox.staff.noMoreFaults()

    const next = await start()
    const same = visitorOf(next.origin, visitor.token, visitor.chatId)
    const said = async () =>
      (await sandbox.staff.theRoom()).messages.slice(1).map((m) => m.text?.split('\n')[1])
    await expect.poll(said, { timeout: 20_000 }).toEqual(['one', 'two', 'three'])
    const room = await sandbox.staff.theRoom()
    await sandbox.staff.write(room.id, 'anna@example.com', 'We are back')
    await same.until((e) => e.type === 'message' && e.message.text === 'We are back')
    expect(textsFrom('visitor', (await same.events()).body.events)).toEqual(['one', 'two', 'three'])
  })
})

describe('a server that is told to stop', () => {
  it('answers held polls, finishes the post under way, and ends with 0', async () => {
    const server = await start()
    const visitor = await startChat(server.origin)
    await sandbox.staff.fault({
      method: 'POST',
      path: '/messages',
      effect: 'before',
      lateMs: 300,
      answer: { status: 200 },
    })
    const { cursor } = (await visitor.send('last words')).body.event
      ? (await visitor.events()).body
      : { cursor: 0 }
    const held = visitor.events(cursor, 25)
    await expect.poll(() => heldPolls(server.origin)).toBe(1)
    server.signal('SIGTERM')
    expect((await held).status).toBe(200)
    expect(await server.ended).toBe(0)
    expect((await sandbox.staff.theRoom()).messages.at(-1)?.text).toContain('last words')
  })
})

describe('a server that is told to stop while a chat starts', () => {
  it('answers the visitor, and leaves either the chat or nothing', async () => {
    const server = await start()
    await sandbox.staff.fault({ method: 'POST', path: '/memberships', lateMs: 2_500, effect: 'before' })
    const starting = call(server.origin, 'POST', '/chats', { body: { topic: 'sales' } })
    await expect.poll(() => sandbox.staff.rooms()).toHaveLength(1)
    server.signal('SIGTERM')
    const answer = await starting
    expect(answer.status).toBe(201)
    expect(await server.ended).toBe(0)
    expect(server.said()).not.toContain('Unable to acquire')
  })
})

describe('a server that should not start', () => {
  const refusal = async (env: Record<string, string>) => {
    const server = runMain({ PORT: '0', DATABASE_URL: folder.databaseUrl, ...env }, folder.path)
    expect(await server.ended).toBe(1)
    return server.said()
  }

  it('names every mistake of its environment at once', async () => {
    const said = await refusal({
      PORT: 'many',
      LOG_LEVEL: 'loud',
      WEBEX_CLIENT_ID: 'x',
      REDIS_URL: 'redis://x',
    })
    for (const name of ['PORT', 'LOG_LEVEL', 'WEBEX_CLIENT_SECRET', 'REDIS_URL']) expect(said).toContain(name)
  })

  it('refuses the sandbox in production', async () => {
    expect(await refusal({ NODE_ENV: 'production' })).toContain('WEBEX_')
  })

  it('names the mistakes of a broken settings file and imports nothing of it', async () => {
    const file = join(folder.path, 'broken.json')
    writeFileSync(file, JSON.stringify({ ...SETTINGS, timezone: 'Mars/Olympus', topics: [{ id: 'sales' }] }))
    const said = await refusal({ FRONTROOM_SETTINGS: file })
    expect(said).toContain('timezone')
    expect(said).toContain('topics[0]')
    writeFileSync(file, '{ "timezone": ')
    expect(await refusal({ FRONTROOM_SETTINGS: file })).toContain(file)
  })
})
