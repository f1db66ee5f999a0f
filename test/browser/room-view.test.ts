import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openRoom, type Started, startSandbox } from '../sandbox/start.ts'
import { violations } from './support/axe.ts'
import { complaints, keep, launch } from './support/chromium.ts'

interface Room {
  readonly messages: readonly {
    readonly id: string
    readonly text: string
    readonly parentId?: string
    readonly from: { readonly email: string }
  }[]
}

let browser: Browser
let sandbox: Started
let room: string
let context: BrowserContext
let page: Page
let complained: string[]

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())
beforeEach(async () => {
  sandbox = await startSandbox()
  room = await openRoom(sandbox, ['anna@example.com', 'ben@example.com'])
  const me = await sandbox.bot<{ emails: string[] }>('GET', '/people/me')
  await sandbox.rest('POST', '/memberships', { roomId: room, personEmail: me.body.emails[0] })
  context = await browser.newContext({ viewport: { width: 760, height: 760 }, reducedMotion: 'reduce' })
  context.setDefaultTimeout(10_000)
  page = await context.newPage()
  complained = complaints(page)
})
afterEach(() => context.close())

const field = () => page.getByRole('textbox', { name: 'Message' })
const commands = () => page.getByRole('list', { name: 'Commands' })
const command = (name: string) => commands().getByRole('button', { name })
const line = (text: string) => page.getByRole('log').getByRole('listitem').filter({ hasText: text })
const lines = () => page.getByRole('log').locator('.bubble').allTextContents()
const said = async () => (await sandbox.api<Room>('GET', `/rooms/${room}`)).body.messages
const write = (as: string, text: string, parentId?: string) =>
  sandbox.api<{ id: string }>('POST', `/rooms/${room}/messages`, { as, text, parentId })

async function open(): Promise<void> {
  await page.goto(`${sandbox.base}/`)
  await field().waitFor()
}

describe('the room view', () => {
  it('puts a command where one writes, and gives back what was being written', async () => {
    await open()
    await field().fill('Let me look that')
    await command('/take').click()
    expect(await field().inputValue()).toBe('/take')
    // Another one instead of it.
    await command('/help').click()
    expect(await field().inputValue()).toBe('/help')
    await page.keyboard.press('Enter')
    await line('/help').waitFor()
    expect(await field().inputValue()).toBe('Let me look that')
    await command('// inside').click()
    expect(await field().inputValue()).toBe('// Let me look that')
    await page.keyboard.press('Enter')
    await line('// Let me look that').getByText('stays inside').waitFor()
    expect((await said()).map(({ text }) => text)).toEqual(['/help', '// Let me look that'])
    expect(complained).toEqual([])
  })

  it('shows replies under their line, and what stays inside as far as one can see', async () => {
    const question = await write('anna@example.com', 'Hello, how can I help?')
    const note = await write('anna@example.com', '// they are angry')
    await write('ben@example.com', 'Anything else?')
    await write('ben@example.com', 'I know them', note.body.id)
    await write('ben@example.com', 'Or by telephone?', question.body.id)
    await sandbox.bot('POST', '/messages', {
      roomId: room,
      text: 'Bot · 12\nOur bikes are on the first page.',
    })
    await open()
    await line('Or by telephone?').waitFor()
    expect(await lines()).toEqual([
      'Hello, how can I help?',
      'Or by telephone?',
      '// they are angry',
      'I know them',
      'Anything else?',
      'Bot · 12\nOur bikes are on the first page.',
    ])
    expect(await line('I know them').getByText('in reply to Anna').count()).toBe(1)
    const inside = await Promise.all(
      (await lines()).map((text) => line(text).getByText('stays inside').count()),
    )
    expect(inside).toEqual([0, 0, 1, 1, 0, 0])
    await keep(page, '30-room')
    expect(await violations(page)).toEqual([])
  })

  it('writes into a thread, and into one only', async () => {
    const note = await write('anna@example.com', '// they are angry')
    await open()
    await line('they are angry').hover()
    await line('they are angry').getByRole('button', { name: 'Reply' }).click()
    await page.getByText('In reply to Anna: // they are angry').waitFor()
    await keep(page, '31-room-reply')
    await field().fill('Because of the chain')
    await page.keyboard.press('Enter')
    await line('Because of the chain').getByText('in reply to Anna').waitFor()
    await field().fill('We are sorry')
    await page.keyboard.press('Enter')
    await line('We are sorry').waitFor()
    expect((await said()).map(({ text, parentId }) => [text, parentId])).toEqual([
      ['// they are angry', undefined],
      ['Because of the chain', note.body.id],
      ['We are sorry', undefined],
    ])
  })

  it('leads to the direct space with the bot, and back to the same one', async () => {
    await open()
    await page.getByRole('button', { name: 'Message the bot' }).click()
    await command('chats').waitFor()
    expect(await lines()).toEqual(['help'])
    expect(await page.getByRole('button', { name: /Add people|Message the bot/ }).count()).toBe(0)
    await command('chats').click()
    await page.keyboard.press('Enter')
    await line('chats').waitFor()
    await keep(page, '32-direct')
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: /Sales · Anna/ }).click()
    await command('/take').waitFor()
    await page.getByRole('button', { name: 'Message the bot' }).click()
    await line('chats').waitFor()
    expect(await lines()).toEqual(['help', 'chats'])
    expect(complained).toEqual([])
  })
})
