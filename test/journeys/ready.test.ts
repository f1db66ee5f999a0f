import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSandbox } from '../../sandbox/index.ts'
import { runMain, startProcess, startSandbox, workplace } from '../support/process.ts'
import { SETTINGS } from '../support/settings.ts'
import { call, startChat } from '../support/visitor.ts'

let folder: Awaited<ReturnType<typeof workplace>>
const ending: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  folder = await workplace()
})
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
  await folder.remove()
})

/** A port nobody listens on for now. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const code = async (url: string) => (await fetch(url)).status

describe('a server that comes up', () => {
  it('lives at once, is ready when Webex knows it, and comes good by itself after an outage', async () => {
    const port = await freePort()
    const server = runMain(
      {
        PORT: '0',
        DATABASE_URL: folder.databaseUrl,
        WEBEX_API_URL: `http://127.0.0.1:${port}/v1`,
        WEBEX_ACCESS_TOKEN: 'sandbox',
      },
      folder.path,
    )
    ending.push(async () => {
      server.process.kill('SIGTERM')
      await server.ended
    })
    const origin = await server.firstMatch(/"listening":"([^"]+)"/)
    expect(await code(`${origin}/livez`)).toBe(200)
    expect(await code(`${origin}/readyz`)).toBe(503)

    const sandbox = await createSandbox({ basePath: '', stateFile: null, viewDir: folder.path })
    const web = createServer((req, res) => {
      // The outage is over; whatever token is shown, it is the account's.
      req.headers.authorization = `Bearer ${sandbox.accounts.integrationToken}`
      sandbox.handle(req, res)
    })
    await new Promise<void>((resolve) => web.listen(port, '127.0.0.1', resolve))
    ending.push(async () => {
      await sandbox.close()
      web.closeAllConnections()
      web.close()
    })
    await expect.poll(() => code(`${origin}/readyz`), { timeout: 10_000 }).toBe(200)

    // Afterwards Webex is no part of it: a chat that runs does not need the next one to start.
    web.closeAllConnections()
    await new Promise((resolve) => web.close(resolve))
    expect(await code(`${origin}/readyz`)).toBe(200)
  })

  it('refuses a start clearly while there are no topics', async () => {
    const sandbox = await startSandbox()
    ending.push(sandbox.close)
    const server = await startProcess(
      {
        PORT: '0',
        DATABASE_URL: folder.databaseUrl,
        WEBEX_API_URL: sandbox.apiUrl,
        WEBEX_ACCESS_TOKEN: sandbox.accounts.integrationToken,
      },
      folder.path,
    )
    ending.push(async () => {
      server.signal('SIGTERM')
      await server.ended
    })
    expect((await call(server.origin, 'GET', '/config')).body).toMatchObject({
      open: { open: false },
      topics: [],
    })
    const refused = await call(server.origin, 'POST', '/chats', { body: { topic: 'sales' } })
    expect([refused.status, refused.body.code]).toEqual([400, 'unknown_topic'])
    expect(refused.body.detail).toContain('npm run settings -- import')
  })

  it('reads rooms by the clock where Webex cannot call it, and says so', async () => {
    const sandbox = await startSandbox()
    ending.push(sandbox.close)
    const settings = `${folder.path}/settings.json`
    writeFileSync(settings, JSON.stringify(SETTINGS))
    const server = await startProcess(
      {
        PORT: '0',
        DATABASE_URL: folder.databaseUrl,
        PUBLIC_URL: 'http://chat.internal.example',
        FRONTROOM_SETTINGS: settings,
        WEBEX_API_URL: sandbox.apiUrl,
        WEBEX_ACCESS_TOKEN: sandbox.accounts.integrationToken,
      },
      folder.path,
    )
    ending.push(async () => {
      server.signal('SIGTERM')
      await server.ended
    })
    await expect.poll(() => server.said()).toMatch(/rooms are read every 5 s/)
    const visitor = await startChat(server.origin)
    expect(await sandbox.staff.hooks()).toEqual([])
    const room = await sandbox.staff.theRoom()
    await sandbox.staff.write(room.id, 'anna@example.com', 'found by looking')
    await visitor.until((e) => e.type === 'message' && e.message.text === 'found by looking')
  })
})
