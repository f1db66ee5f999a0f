/** The bot beside a real process: what a crash leaves, and what is loaded. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { polite, type ScriptedBot, say, startBot } from '../support/bot.ts'
import {
  type OutsideSandbox,
  type ServerProcess,
  startProcess,
  startSandbox,
  workplace,
} from '../support/process.ts'
import { SETTINGS } from '../support/settings.ts'
import { startChat, visitorOf } from '../support/visitor.ts'

let bot: ScriptedBot
let sandbox: OutsideSandbox
let folder: Awaited<ReturnType<typeof workplace>>
const running: ServerProcess[] = []

beforeEach(async () => {
  bot = await startBot()
  sandbox = await startSandbox()
  folder = await workplace()
})
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.signal('SIGKILL')
    await server.ended
  }
  await sandbox.close()
  await bot.close()
  await folder.remove()
})

async function start(env: Record<string, string> = {}): Promise<ServerProcess> {
  const settings = join(folder.path, 'settings.json')
  writeFileSync(settings, JSON.stringify({ ...SETTINGS, peopleJoin: 'handover' }))
  const server = await startProcess(
    {
      PORT: '0',
      DATABASE_URL: folder.databaseUrl,
      FRONTROOM_SETTINGS: settings,
      WEBEX_API_URL: sandbox.apiUrl,
      WEBEX_ACCESS_TOKEN: sandbox.accounts.integrationToken,
      ...bot.env,
      ...env,
    },
    folder.path,
  )
  running.push(server)
  return server
}

const members = async () => (await sandbox.staff.theRoom()).members.map(({ email }) => email)

describe('a server that is killed', () => {
  it('while the bot thinks asks again, and says that the bot may be a step ahead', async () => {
    bot.answer((turn) =>
      turn.input.type === 'event' ? say('Welcome!', { state: { step: 1 } }) : new Promise(() => undefined),
    )
    const server = await start()
    const visitor = await startChat(server.origin)
    await visitor.until((e) => e.type === 'message' && e.message.text === 'Welcome!')
    await visitor.send('hello')
    await expect.poll(() => bot.turns.length).toBe(2)
    server.signal('SIGKILL')
    await server.ended
    bot.answer(polite)
    const next = await start()
    const same = visitorOf(next.origin, visitor.token, visitor.chatId)
    await same.until((e) => e.type === 'message' && e.message.text === 'You said hello')
    expect(bot.turns[2]).toMatchObject({ restore: true, state: { step: 1 }, session: bot.turns[1]?.session })
    const { events } = (await same.events()).body
    expect(events.filter((e) => e.type === 'message' && e.message.from === 'bot')).toHaveLength(2)
  })

  it('in the middle of a handover hands over whole after its restart', async () => {
    const server = await start()
    const visitor = await startChat(server.origin)
    await visitor.until((e) => e.type === 'message' && e.message.text === 'Welcome!')
    await sandbox.staff.fault({
      method: 'POST',
      path: '/memberships',
      hang: true,
      effect: 'before',
      times: 2,
    })
    await visitor.call('POST', '/handover')
    await expect.poll(members).toContain('anna@example.com')
    server.signal('SIGKILL')
    await server.ended
    await sandbox.staff.noMoreFaults()
    const next = await start()
    const same = visitorOf(next.origin, visitor.token, visitor.chatId)
    await same.until((e) => e.type === 'state' && e.state === 'waiting')
    expect(await members()).toEqual(expect.arrayContaining(['anna@example.com', 'ben@example.com']))
    const digests = async () =>
      (await sandbox.staff.theRoom()).messages.filter(({ text }) => text?.includes('needs a person'))
    await expect.poll(digests).toHaveLength(1)
  })
})

it('a start works with a bot token that is refused, and says so; the other account writes the bot’s lines', async () => {
  const server = await start({ WEBEX_BOT_TOKEN: 'nonsense' })
  const visitor = await startChat(server.origin)
  await visitor.until((e) => e.type === 'message' && e.message.text === 'Welcome!')
  const texts = async () =>
    (await sandbox.staff.theRoom()).messages.map(({ from, text }) => [from.kind, text])
  await expect.poll(texts).toContainEqual(['integration', expect.stringMatching(/^Bot · \d+\nWelcome!$/)])
  await expect.poll(() => server.said(), { timeout: 20_000 }).toMatch(/the bot account hears nothing yet/)
  expect(server.said()).not.toContain('nonsense')
})

describe('a supervisor in a direct space with the bot', () => {
  const EVA = 'eva@example.com'
  const lastAnswer = async (roomId: string) => {
    const { messages } = await sandbox.staff.room(roomId)
    return messages.filter(({ from }) => from.kind === 'bot').at(-1)?.text ?? ''
  }

  it('lists the chats and joins one by its reference; everybody else is refused', async () => {
    const server = await start({ WEBEX_BOT_TOKEN: sandbox.accounts.botToken })
    await expect.poll(() => server.said(), { timeout: 30_000 }).toMatch(/the bot account hears/)
    await startChat(server.origin, { topic: 'billing', name: 'Vera', email: 'vera@example.org' })
    const room = (await sandbox.staff.rooms()).find(({ title }) => title.startsWith('Billing'))
    const ref = room?.title.split(' · ').at(-1) ?? ''
    const { roomId } = await sandbox.staff.direct(EVA, 'frontroom@webex.bot', 'chats')
    await expect.poll(() => lastAnswer(roomId)).toMatch(new RegExp(`^${ref} · Billing · Vera · bot, 0 min$`))
    await sandbox.staff.direct(EVA, 'frontroom@webex.bot', `join ${ref.toLowerCase()}`)
    await expect.poll(() => lastAnswer(roomId)).toContain(`You are in the room of ${ref}`)
    expect((await sandbox.staff.room(room?.id ?? '')).members.map(({ email }) => email)).toContain(EVA)
    const { roomId: other } = await sandbox.staff.direct(
      'anna@example.com',
      'frontroom@webex.bot',
      `join ${ref}`,
    )
    await expect.poll(() => lastAnswer(other)).toMatch(/^Only supervisors/)
    expect((await sandbox.staff.room(room?.id ?? '')).members.map(({ email }) => email)).not.toContain(
      'anna@example.com',
    )
  })
})
