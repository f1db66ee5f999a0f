import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Folder, type ServerProcess, startProcess, temporaryFolder } from '../support/process.ts'
import { staffAt } from '../support/staff.ts'
import { violations } from './support/axe.ts'
import { complaints, keep, launch } from './support/chromium.ts'

let browser: Browser
let folder: Folder
let server: ServerProcess
let context: BrowserContext
let page: Page
let complained: string[]

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())
beforeEach(async () => {
  folder = temporaryFolder()
  // As it starts when nothing is set: the sandbox, its topics, and the bot that comes with them.
  server = await startProcess({ PORT: '0' }, folder.path)
  context = await browser.newContext({ viewport: { width: 1360, height: 820 }, reducedMotion: 'reduce' })
  page = await context.newPage()
  complained = complaints(page)
})
afterEach(async () => {
  await context.close()
  server.signal('SIGKILL')
  await server.ended
  folder.remove()
})

const log = () => page.getByRole('log', { name: 'Conversation' })
const choice = (name: string) =>
  page.getByRole('group', { name: 'Suggested answers' }).getByRole('button', { name })
const person = () => page.getByRole('button', { name: 'Talk to a person' }).and(page.locator('[part=person]'))
const status = () => page.locator('[part=status]')
const room = () => page.frameLocator('iframe')
const says = (text: string | RegExp) => log().getByText(text).last().waitFor()

async function write(text: string): Promise<void> {
  await page.getByRole('textbox', { name: /message/i }).fill(text)
  await page.keyboard.press('Enter')
}

async function staff(text: string): Promise<void> {
  await room().getByRole('textbox', { name: 'Message' }).fill(text)
  await room().getByRole('button', { name: 'Send' }).click()
}

async function begin(): Promise<void> {
  await page.goto(`${server.origin}/demo/`)
  await page.getByRole('button', { name: /open chat/i }).click()
  await page.getByRole('radio', { name: 'Sales' }).check()
  await page.getByRole('button', { name: 'Start chat' }).click()
  await log().waitFor()
}

describe('the demo with its bot', () => {
  it('greets, answers, asks whom one wants and why, hands over, and is handed the chat back', async () => {
    await begin()
    await choice('Opening hours').waitFor()
    expect(await status().textContent()).toBe('You are chatting with our assistant.')
    expect(await violations(page)).toEqual([])
    await keep(page, '40-greeted')

    await choice('Opening hours').click()
    await says(/Saturday/)
    await write('How much is the Fjord?')
    await says(/1,890/)
    await room().getByText(/1,890/).waitFor()
    await keep(page, '41-answered-by-the-bot')

    await write('agent')
    await choice('Billing').waitFor()
    expect(await violations(page)).toEqual([])
    await keep(page, '42-whom')
    await choice('Billing').click()
    await says(/What is it about/)
    await write('The belt of my Hafen')
    await says(/what has happened/)
    await write('It squeaks')
    await page.getByText('We will be with you in a moment.').waitFor()
    expect(await person().count()).toBe(0)
    expect(await violations(page)).toEqual([])
    await keep(page, '43-waiting')

    await room().getByText('It squeaks').last().waitFor()
    await staff('That must not be! Bring it in, we have a look.')
    await says('That must not be! Bring it in, we have a look.')
    await expect.poll(() => status().textContent()).toBe('')
    await staff('// third belt this week')
    await room().getByText('stays inside').first().waitFor()
    await keep(page, '44-live')
    expect(await violations(page)).toEqual([])

    await room().getByRole('button', { name: '/handback' }).click()
    await room().getByRole('button', { name: 'Send' }).click()
    await says(/I am your assistant again/)
    await person().waitFor()
    await write('Do you deliver?')
    await says(/We deliver all over/)
    await keep(page, '45-handed-back')
    expect(await violations(page)).toEqual([])
    expect(await log().getByText('third belt').count()).toBe(0)
    expect(complained).toEqual([])
  })

  it('leads to a person by the button, which stays while the bot asks what it is about', async () => {
    await begin()
    await person().waitFor()
    await person().click()
    await says(/What is it about/)
    // It is not lost when the bot asks first.
    await expect.poll(() => person().getAttribute('aria-disabled')).toBeNull()
    await keep(page, '46-asked-by-the-button')
    expect(complained).toEqual([])
  })

  it('lets a supervisor see the chats from the direct space with the bot', async () => {
    await begin()
    await choice('Opening hours').waitFor()
    await expect.poll(() => server.said(), { timeout: 30_000 }).toMatch(/the bot account hears"/)
    const { title } = await staffAt(`${server.origin}/sandbox`).theRoom()
    const reference = /C-\w+/.exec(title)?.[0] ?? 'none'
    await room().getByRole('combobox', { name: 'Answer as' }).selectOption('eva@example.com')
    await room().getByRole('button', { name: 'Message the bot' }).click()
    await room().getByRole('button', { name: 'chats', exact: true }).click()
    await room().getByRole('button', { name: 'Send' }).click()
    await room().getByRole('log').getByText(reference).waitFor()
    await keep(page, '47-direct-space')
    expect(complained).toEqual([])
  })
})
