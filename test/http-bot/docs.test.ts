/** What docs/bots.md shows is run here as it stands there. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttpBot } from '../../server/http-bot/index.ts'
import { readReply } from '../../server/http-bot/reply.ts'
import { signatureOf } from '../../server/http-bot/signature.ts'
import type { BotReply, BotTurn } from '../../server/ports.ts'
import { bodyOf, serve } from './bot-server.ts'

const page = readFileSync(new URL('../../docs/bots.md', import.meta.url), 'utf8')
const secret = 's'.repeat(32)

function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, code = '']) => code,
  )
}
function block(language: string, n = 0): string {
  const code = blocks(language)[n]
  if (code === undefined) throw new Error(`docs/bots.md has no block ${n} of ${language}`)
  return code
}

const turn: BotTurn = {
  sessionId: '3f8c0b52-7c1e-4d5a-9d3e-0a1b2c3d4e5f',
  input: { kind: 'text', text: 'My invoice is wrong' },
  lang: 'en',
  state: { step: 2 },
  restore: false,
  variables: { chat: 'C-7F3KQ2', topic: 'sales', page: 'https://www.example.com/shop/bells' },
  signal: new AbortController().signal,
}

describe('the protocol as it is told to operators', () => {
  it('shows the turn that is sent', async () => {
    let sent: unknown
    const server = await serve(async (request, response) => {
      sent = JSON.parse((await bodyOf(request)).toString())
      response.end('{"messages":[]}')
    })
    await createHttpBot({ url: server.url, secret, clock: Date }).turn(turn)
    await server.close()
    expect(JSON.parse(block('json', 1))).toEqual(sent)
  })

  it('shows a reply that is understood, with every field of one', () => {
    const reply: Record<keyof BotReply, unknown> = readReply(Buffer.from(block('json', 2)))
    expect(reply).toEqual({
      messages: [{ text: 'Is it about this order?', choices: ['Yes', 'No'] }],
      intent: 'invoice',
      confidence: 0.93,
      isFallback: false,
      asking: true,
      end: false,
      handoff: null,
      parameters: { subject: 'Invoice' },
      state: { step: 3 },
    })
  })
})

describe('the example bot', () => {
  let url = ''
  let stop = async () => {}
  beforeAll(async () => {
    const port = await freePort()
    const args = ['--input-type=module', '--eval', block('js')]
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, PORT: String(port), BOT_SECRET: secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    stop = async () => {
      child.kill()
      await ended
    }
    await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error('it ended')))])
    url = `http://127.0.0.1:${port}/`
  })
  afterAll(() => stop())

  const ask = (more: Partial<BotTurn>, clock = Date as { now(): number }, key = secret) =>
    createHttpBot({ url, secret: key, clock }).turn({ ...turn, state: null, ...more })
  const say = (text: string, more: Partial<BotTurn> = {}) => ask({ ...more, input: { kind: 'text', text } })

  it('greets, answers, hands over and admits what it does not know', async () => {
    expect(await ask({ input: { kind: 'event', name: 'welcome' } })).toMatchObject({
      messages: [{ text: 'Hello!', choices: ['Opening hours'] }],
    })
    expect(await say('Opening hours')).toMatchObject({ intent: 'hours', isFallback: false })
    expect(await say('My invoice is wrong')).toMatchObject({ handoff: { skill: 'billing' } })
    expect(await say('What is the weather?')).toMatchObject({ isFallback: true })
    expect(await ask({ input: { kind: 'event', name: 'eclipse' } })).toMatchObject({ messages: [] })
  })

  it('leads an intake by its state', async () => {
    const question = await ask({ input: { kind: 'event', name: 'prechat' } })
    expect(question).toMatchObject({ asking: true })
    const thanks = await say('A bell', { state: question.state })
    expect(thanks).toMatchObject({ asking: false, parameters: { subject: 'A bell' }, state: null })
  })

  it('believes no other secret, and nothing old', async () => {
    await expect(ask({}, Date, `${secret}x`)).rejects.toMatchObject({ kind: 'auth' })
    const late = { now: () => Date.now() - 301_000 }
    await expect(ask({}, late)).rejects.toMatchObject({ kind: 'auth' })
  })
})

const python = spawnSync('python3', ['--version']).status === 0

describe.skipIf(!python)('the check in Python', () => {
  const body = '{"text":"zażółć 😀"}'
  const now = () => Math.floor(Date.now() / 1000)

  it.each<[string, boolean, string, string]>([
    ['ours', true, signatureOf(body, secret, now()), body],
    ['ours, of another secret', false, signatureOf(body, `${secret}x`, now()), body],
    ['ours, of another body', false, signatureOf(body, secret, now()), `${body} `],
    ['ours, but old', false, signatureOf(body, secret, now() - 301), body],
    ['ours, but of the future', false, signatureOf(body, secret, now() + 310), body],
    ['with another time', false, signatureOf(body, secret, now() - 10).replace(/\d+/, String(now())), body],
    ['nonsense', false, 't=x,v1=y', body],
    ['nothing', false, '', body],
  ])('of a turn that is %s says %s', (_what, genuine, header, given) => {
    const call = `import sys\nprint(is_genuine(sys.argv[1], sys.stdin.buffer.read(), sys.argv[2]))`
    const run = spawnSync('python3', ['-c', `${block('python')}\n${call}`, header, secret], { input: given })
    expect(run.stderr.toString()).toBe('')
    expect(run.stdout.toString().trim()).toBe(genuine ? 'True' : 'False')
  })
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('there is no port')
  return address.port
}
