import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startProcess, startSandbox, workplace } from '../support/process.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { SETTINGS } from '../support/settings.ts'
import { call, startChat } from '../support/visitor.ts'

let server: TestServer
beforeEach(async () => {
  server = await startServer()
})
afterEach(() => server.close())

const DAY = 86_400

describe('what a visitor agreed to', () => {
  const form = {
    mode: 'identified',
    fields: [
      {
        id: 'terms',
        type: 'consent',
        required: true,
        version: '2026-11',
        label: { en: 'I agree.', pl: 'Akceptuję [regulamin](https://www.example.com/pl).' },
      },
    ],
  }
  const start = (fields?: object) =>
    call(server.origin, 'POST', '/chats', { body: { topic: 'sales', lang: 'pl', ...(fields && { fields }) } })

  it('is asked for, must be the text of today, and is kept in the words they read', async () => {
    await server.settings({ form })
    const config = (await call(server.origin, 'GET', '/config?lang=pl')).body
    expect(JSON.stringify(config)).toContain(
      '"label":"Akceptuję [regulamin](https://www.example.com/pl).","version":"2026-11"',
    )
    expect((await start()).body.code).toBe('form_incomplete')
    const old = await start({ terms: '2025-01' })
    expect([old.body.code, old.body.errors[0]?.path]).toEqual(['invalid', 'fields.terms'])
    const started = await start({ terms: '2026-11' })
    const { store } = server.app
    const kept = await store.chats.find(store.db, started.body.chat.id)
    expect(kept?.consent).toEqual({
      version: '2026-11',
      text: 'Akceptuję [regulamin](https://www.example.com/pl).',
    })
  })
})

describe('an address', () => {
  it.each([
    ['full', '127.0.0.1'],
    ['masked', '127.0.0.0'],
    ['off', null],
  ])('under privacy.ip "%s" is kept and posted as %s', async (ip, kept) => {
    await server.settings({ privacy: { ip } })
    const visitor = await startChat(server.origin)
    const { store } = server.app
    expect((await store.chats.find(store.db, visitor.chatId))?.ip).toBe(kept)
    const opener = (await server.staff.theRoom()).messages[0]?.text ?? ''
    expect(/^IP: (.*)$/m.exec(opener)?.[1] ?? null).toBe(kept)
  })
})

describe('a chat that was kept long enough', () => {
  it('is deleted with its events and its room, and nothing younger is', async () => {
    await server.settings({
      privacy: { retentionDays: 2 },
      idle: { heartbeatSeconds: 86_400, visitorMinutes: 10_000 },
    })
    const old = await startChat(server.origin)
    await old.send('to be forgotten')
    await old.until((e) => e.type === 'message.delivered')
    await old.call('POST', '/close')
    await server.sleep(1.5 * DAY)
    const young = await startChat(server.origin)
    await young.call('POST', '/close')
    await expect.poll(() => server.staff.hooks()).toEqual([])

    await server.sleep(DAY)
    expect((await old.call('GET', '')).status).toBe(404)
    expect((await young.call('GET', '')).status).toBe(200)
    expect((await server.staff.rooms()).length).toBe(1)
    const { store } = server.app
    expect(await store.events.list(store.db, old.chatId, 0, 9)).toEqual([])
    expect(server.log.find((line) => line.message.startsWith('purged'))?.fields).toMatchObject({ chats: 1 })
  })

  it('waits for the desk when that is away, and goes with the next run', async () => {
    await server.settings({ privacy: { retentionDays: 1 } })
    const old = await startChat(server.origin)
    await old.call('POST', '/close')
    await expect.poll(() => server.staff.hooks()).toEqual([])
    await server.staff.fault({
      method: 'DELETE',
      path: '/rooms/*',
      answer: { status: 503 },
      effect: 'none',
      times: 1,
    })
    await expect(server.sleep(2 * DAY)).rejects.toThrow()
    expect((await old.call('GET', '')).status).toBe(200)
    await server.sleep(3_601)
    expect((await old.call('GET', '')).status).toBe(404)
    expect(await server.staff.rooms()).toEqual([])
  })
})

describe('npm run erase', () => {
  it('deletes everything of one visitor and nothing of another, with a receipt', async () => {
    const sandbox = await startSandbox()
    const folder = await workplace()
    const settings = join(folder.path, 'settings.json')
    writeFileSync(settings, JSON.stringify(SETTINGS))
    const env = {
      PORT: '0',
      DATABASE_URL: folder.databaseUrl,
      FRONTROOM_SETTINGS: settings,
      WEBEX_API_URL: sandbox.apiUrl,
      WEBEX_ACCESS_TOKEN: sandbox.accounts.integrationToken,
    }
    const erase = (...args: string[]) =>
      new Promise<{ code: number; out: string; err: string }>((resolve) => {
        const cli = fileURLToPath(new URL('../../dist/server/erase.js', import.meta.url))
        execFile(
          process.execPath,
          [cli, ...args],
          { cwd: folder.path, env: { PATH: process.env.PATH ?? '', ...env } },
          (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
        )
      })
    const running = await startProcess(env, folder.path)
    try {
      const wish = (email: string) => ({ topic: 'sales', name: 'A', email })
      const hers = await startChat(running.origin, wish('Anna@Example.org'))
      const his = await startChat(running.origin, wish('ben@example.org'))
      expect((await erase('--email', 'anna@example.org')).err).toMatch(
        /End the chats that are open first: C-/,
      )
      await hers.call('POST', '/close')
      await expect.poll(() => sandbox.staff.hooks()).toHaveLength(1)

      const receipt = await erase('--email', 'anna@example.org')
      expect(receipt.code).toBe(0)
      expect(JSON.parse(receipt.out)).toMatchObject({
        email: 'anna@example.org',
        chats: [{ room: 'deleted', events: 2 }],
      })
      expect((await his.call('GET', '')).status).toBe(200)
      expect((await sandbox.staff.rooms()).length).toBe(1)
      expect(JSON.parse((await erase('--email', 'anna@example.org')).out)).toMatchObject({ chats: [] })
      expect((await erase('--email')).code).toBe(1)
    } finally {
      running.signal('SIGTERM')
      await running.ended
      await sandbox.close()
      await folder.remove()
    }
  })
})
