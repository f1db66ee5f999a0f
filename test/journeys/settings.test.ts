import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ServerProcess, startProcess, workplace } from '../support/process.ts'
import { SETTINGS } from '../support/settings.ts'
import { staffAt } from '../support/staff.ts'
import { call } from '../support/visitor.ts'

const CLI = fileURLToPath(new URL('../../dist/server/settings.js', import.meta.url))

let folder: Awaited<ReturnType<typeof workplace>>
let server: ServerProcess | undefined
beforeEach(async () => {
  folder = await workplace()
})
afterEach(async () => {
  server?.signal('SIGTERM')
  await server?.ended
  server = undefined
  await folder.remove()
})

const env = (more: Record<string, string> = {}) => ({
  PORT: '0',
  DATABASE_URL: folder.databaseUrl,
  ...more,
})

/** Runs `npm run settings -- …` without npm. */
function settings(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [CLI, ...args],
      { cwd: folder.path, env: { PATH: process.env.PATH ?? '', ...env() } },
      (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
  })
}

function file(content: unknown): string {
  const path = join(folder.path, 'settings.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('the settings command', () => {
  it('imports what it exports, and what it exports is what was imported', async () => {
    expect((await settings('export')).err).toContain('no settings yet')
    expect(await settings('import', file(SETTINGS))).toMatchObject({ code: 0, err: '' })
    const exported = await settings('export')
    expect(JSON.parse(exported.out)).toMatchObject({ ...SETTINGS, idle: { heartbeatSeconds: 300 } })
    await settings('import', file(exported.out))
    expect((await settings('export')).out).toBe(exported.out)
  })

  it('names every mistake with its path, and changes nothing', async () => {
    await settings('import', file(SETTINGS))
    const before = (await settings('export')).out
    for (const [broken, ...named] of [
      [
        { ...SETTINGS, timezone: 'Mars/Olympus', topics: [{ id: 'x' }] },
        'timezone',
        'topics[0].title',
        'topics[0].participants',
      ],
      ['{ "timezone": "UTC", }', 'settings.json'],
      ['', 'settings.json'],
      [{ ...SETTINGS, colour: 'red' }, 'colour'],
    ] as const) {
      const refused = await settings('import', file(broken))
      expect(refused.code).toBe(1)
      for (const path of named) expect(refused.err).toContain(path)
      expect((await settings('export')).out).toBe(before)
    }
    expect((await settings('import', join(folder.path, 'nowhere.json'))).err).toContain('nowhere.json')
    expect((await settings('import')).err).toContain('usage')
    expect((await settings('delete')).code).toBe(1)
  })

  it('reaches a running server by itself', async () => {
    server = await startProcess(env(), folder.path)
    const { origin } = server
    const topics = async () => (await call(origin, 'GET', '/config')).body
    expect(await topics()).toMatchObject({ topics: [{ id: 'sales' }, { id: 'support' }, { id: 'billing' }] })
    expect((await settings('import', file({ ...SETTINGS, topics: SETTINGS.topics.slice(0, 1) }))).code).toBe(
      0,
    )
    await expect
      .poll(topics, { timeout: 10_000 })
      .toMatchObject({ topics: [{ id: 'sales', title: 'Sales' }] })
    expect(await topics()).not.toMatchObject({ topics: [{}, {}] })
  })
})

describe('where a visitor is', () => {
  it('stands in the opener by the address a trusted proxy names, masked as the settings say', async () => {
    server = await startProcess(
      env({ TRUSTED_PROXIES: '127.0.0.0/8', FRONTROOM_SETTINGS: file(SETTINGS) }),
      folder.path,
    )
    const { origin } = server
    const staff = staffAt(`${origin}/sandbox`)
    const openerOfAnother = async () => {
      const before = (await staff.rooms()).map(({ id }) => id)
      const started = await call(origin, 'POST', '/chats', {
        body: { topic: 'sales' },
        // The left part is the visitor's own invention.
        headers: { 'x-forwarded-for': '8.8.8.8, 37.47.248.93, 127.0.0.7' },
      })
      expect(started.status).toBe(201)
      const made = (await staff.rooms()).find(({ id }) => !before.includes(id))
      return (await staff.room(made?.id ?? '')).messages[0]?.text?.split('\n').slice(0, 2)
    }
    // The first lookup gives up when its data are long in being read; a later one finds them there.
    await expect
      .poll(openerOfAnother, { timeout: 20_000 })
      .toEqual(['Geolocation: Europe, Poland, Pomerania, Gdansk', 'IP: 37.47.248.0'])
    expect(server.said()).not.toContain('37.47.248.93')
  })
})
