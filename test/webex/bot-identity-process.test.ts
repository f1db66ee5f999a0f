/** What only shows in a process of its own: memory, output, its end. And the framework by itself, as a client of the sandbox. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  ANNA,
  BOT,
  type Built,
  buildIdentity,
  fault,
  roomWithBot,
  type Scene,
  SECRET,
  sayDirectly,
  sayInRoom,
  scene,
  sign,
  webhooksOf,
} from './bot-identity.ts'

let built: Built
beforeAll(async () => {
  built = await buildIdentity()
})
afterAll(() => built.remove())

// Loading the framework takes a second of a processor that is free.
vi.setConfig({ testTimeout: 90_000 })
const SOON = { timeout: 60_000 }

/** Runs a few lines that can make an identity; what Webex calls comes to their standard input. */
async function run({ webex, hooks }: Scene, body: string) {
  const setup = {
    token: webex.accounts.botToken,
    apiUrl: webex.apiUrl,
    hookUrl: hooks.url,
    hookSecret: SECRET,
  }
  const file = built.file('process.mjs')
  writeFileSync(
    file,
    `import { createBotIdentity } from './identity.js'
    import { createWebexClient } from './client.js'
    import { fixedToken } from './oauth.js'
    const say = (told) => process.stdout.write(JSON.stringify(told) + '\\n')
    const memory = () => process.memoryUsage().rss
    const before = memory()
    const setup = ${JSON.stringify(setup)}
    const log = { info() {}, warn() {}, error() {} }
    const client = createWebexClient({ apiUrl: setup.apiUrl, tokens: fixedToken(setup.token, 'bot') })
    const heard = { room: (room) => say({ room }), direct: ({ text }) => say({ text }) }
    const identityWith = (more) => createBotIdentity({ ...setup, client, heard, log, ...more })
    const request = (raw, signature) =>
      ({ method: 'POST', url: new URL('http://x/'), headers: { 'x-spark-signature': signature }, rawBody: Buffer.from(raw, 'base64') })
    ${body}`,
  )
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env.PATH, NODE_ENV: 'test' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const told: Record<string, unknown>[] = []
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  createInterface(child.stdout).on('line', (line) => told.push(JSON.parse(line) as Record<string, unknown>))
  hooks.take = async ({ rawBody, headers }) => {
    const call = { raw: rawBody.toString('base64'), signature: headers['x-spark-signature'] }
    child.stdin.write(`${JSON.stringify(call)}\n`)
    return { ok: true, rooms: [] }
  }
  return { told, errors: () => errors, ended: once(child, 'close') }
}

describe('a process', () => {
  it('that never starts the bot identity has nothing of the framework', async () => {
    const where = await scene()
    const { told, errors, ended } = await run(
      where,
      `import { createRequire } from 'node:module'
      const identity = identityWith({})
      await identity.receive(request('', 'wrong'))
      const loaded = Object.keys(createRequire(import.meta.url).cache)
      say({ loaded, active: process.getActiveResourcesInfo().filter((kind) => kind.includes('Worker') || kind.includes('Message')), grown: memory() - before })`,
    )
    expect(await ended).toEqual([0, null])
    expect(errors()).toBe('')
    expect(told).toEqual([{ loaded: [], active: [], grown: expect.any(Number) }])
    expect(Number(told[0]?.grown)).toBeLessThan(4 * 2 ** 20)
  })

  it('prints nothing of what is heard or fails, and ends by itself after a close', async () => {
    const where = await scene()
    writeFileSync(
      built.file('talkative.mjs'),
      `console.log('a line'), console.error('a mistake'), process.emitWarning('a warning')
      await import('./bot-identity-worker.js')`,
    )
    await fault(where, { method: 'POST', path: '/webhooks', answer: { status: 400 } })
    const { told, errors, ended } = await run(
      where,
      `import { createInterface } from 'node:readline'
      const identity = identityWith({ worker: new URL('./talkative.mjs', import.meta.url) })
      const receive = ({ raw, signature }) => identity.receive(request(raw, signature))
      createInterface(process.stdin).on('line', (line) => receive(JSON.parse(line)))
      const { direct } = heard
      heard.direct = (line) => {
        direct(line)
        process.stdin.destroy()
        identity.close().then(() => say({ closed: true }))
      }
      await identity.start().catch(() => say({ failed: true }))
      await identity.start()
      say({ started: true })`,
    )
    await expect.poll(() => told, SOON).toEqual([{ failed: true }, { started: true }])
    await fault(where, { method: 'GET', path: '/messages/*', answer: { status: 400 }, times: 2 })
    const roomId = await roomWithBot(where)
    await sayInRoom(where, roomId, 'help')
    await expect.poll(() => told, SOON).toContainEqual({ room: roomId })
    await sayDirectly(where, 'end')
    expect(await ended).toEqual([0, null])
    expect(told.slice(-2)).toEqual([{ text: 'end' }, { closed: true }])
    expect(errors()).toBe('')
    expect(await webhooksOf(where)).toHaveLength(2)
  })
})

describe('the framework by itself, as it comes', () => {
  /** `hears()` as its README has it; what it drops is caught, or its thread would be gone. */
  async function framework({ webex, hooks }: Scene) {
    const file = built.file('framework.mjs')
    writeFileSync(
      file,
      `import { parentPort, workerData } from 'node:worker_threads'
      import Framework from 'webex-node-bot-framework'
      import webhook from 'webex-node-bot-framework/webhook.js'
      const tell = (told) => parentPort.postMessage(told)
      process.on('unhandledRejection', (error) => tell({ dropped: error.statusCode }))
      const framework = new Framework({ ...workerData, removeWebhooksOnStart: false, maxStartupSpaces: 0 })
      framework.hears(/./, (bot, { text, person }) => {
        tell({ heard: text, from: person.emails[0] })
        if (text.endsWith('help')) bot.say('at your service').then(() => tell({ said: true }))
      })
      const hook = webhook(framework)
      parentPort.on('message', (request) => hook(request))
      framework.start().then(() => tell({ started: true }))`,
    )
    const worker = new Worker(pathToFileURL(file), {
      workerData: {
        token: webex.accounts.botToken,
        webhookUrl: hooks.url,
        webhookSecret: SECRET,
      },
      env: { HYDRA_SERVICE_URL: webex.apiUrl, U2C_SERVICE_URL: `${webex.apiUrl}/u2c` },
      stdout: true,
      stderr: true,
    })
    worker.stdout.resume()
    worker.stderr.resume()
    onTestFinished(() => void worker.terminate())
    const told: object[] = []
    worker.on('message', (one: object) => told.push(one))
    hooks.take = async ({ rawBody }) => {
      const body: unknown = JSON.parse(rawBody.toString())
      worker.postMessage({ body, headers: { 'x-spark-signature': sign(JSON.stringify(body)) } })
      return { ok: true, rooms: [] }
    }
    await expect.poll(() => told, SOON).toEqual([{ started: true }])
    await expect.poll(async () => (await webhooksOf({ webex, hooks })).length, SOON).toBe(2)
    return told
  }

  /** A room the framework was told of: it hears nothing in one it does not know. */
  async function knownRoom(where: Scene) {
    const roomId = await roomWithBot(where)
    await expect.poll(() => where.hooks.calls.length, SOON).toBe(2)
    return roomId
  }

  it('gets from the sandbox all it asks Webex for, hears and speaks', async () => {
    const where = await scene()
    const told = await framework(where)
    const roomId = await knownRoom(where)
    await sayInRoom(where, roomId, 'help')
    await expect.poll(() => told, SOON).toContainEqual({ said: true })
    expect(told).toContainEqual({ heard: 'Frontroom help', from: 'desk@sandbox.example' })
    const { items } = await where.webex.rest<{ items: { text: string }[] }>(
      'GET',
      `/messages?roomId=${roomId}`,
    )
    expect(items.map(({ text }) => text)).toContain('at your service')
  })

  it('hears a person no more whom Webex failed to tell of once, which is why we ask for nobody', async () => {
    const where = await scene()
    const told = await framework(where)
    const roomId = await knownRoom(where)
    const say = (as: string, text: string) => {
      const markdown = `<@personEmail:${BOT}> ${text}`
      return where.webex.api('POST', `/rooms/${roomId}/messages`, { as, markdown })
    }
    await sayInRoom(where, roomId, 'one')
    await expect.poll(() => told.length, SOON).toBe(2)
    await fault(where, { method: 'GET', path: '/people', answer: { status: 400 } })
    await say(ANNA, 'two')
    await expect.poll(() => told, SOON).toContainEqual({ dropped: 400 })
    await say(ANNA, 'three')
    await sayInRoom(where, roomId, 'four')
    await expect.poll(() => told, SOON).toContainEqual(expect.objectContaining({ heard: 'Frontroom four' }))
    expect(JSON.stringify(told)).not.toMatch(/two|three/)
  })
})
