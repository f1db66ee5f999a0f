import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { complaints, keep, launch } from './support/chromium.ts'

let browser: Browser
let server: TestServer
let context: BrowserContext
let page: Page
let complained: string[]

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())
beforeEach(async () => {
  server = await startServer()
  context = await browser.newContext({ viewport: { width: 1360, height: 820 } })
  page = await context.newPage()
  complained = complaints(page)
})
afterEach(async () => {
  await context.close()
  await server.close()
})

const openDemo = () => page.goto(`${server.origin}/demo/`)
const bubble = () => page.getByRole('button', { name: /open chat/i })
const room = () => page.frameLocator('iframe')

async function startChat(topic = 'Sales'): Promise<void> {
  await bubble().click()
  await page.getByRole('radio', { name: topic }).check()
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.getByRole('log', { name: 'Conversation' }).waitFor()
}

const say = async (text: string) => {
  await page.getByRole('textbox', { name: /message/i }).fill(text)
  await page.keyboard.press('Enter')
}

describe('the demo page', () => {
  it('carries a visitor and staff through a whole chat, side by side', async () => {
    await openDemo()
    await keep(page, '1-demo')
    await bubble().click()
    const start = page.getByRole('button', { name: 'Start chat' })
    await start.waitFor()
    expect(await start.isDisabled()).toBe(true)
    await keep(page, '2-topics')
    await page.getByRole('radio', { name: 'Sales' }).check()
    await start.click()

    await say('Hello, do you have this bike in green?')
    await room().getByText('Hello, do you have this bike in green?').waitFor()
    await room().getByText('Geolocation: unknown').waitFor()
    await keep(page, '3-room-shows-the-line')

    await room()
      .getByRole('textbox', { name: /message|write|answer/i })
      .first()
      .fill('Yes, two of them!')
    await page.keyboard.press('Enter')
    const log = page.getByRole('log', { name: 'Conversation' })
    await log.getByText('Yes, two of them!').waitFor()
    await keep(page, '4-answered')

    await page.reload()
    await page.getByRole('log', { name: 'Conversation' }).getByText('Yes, two of them!').waitFor()
    await say('Great, thanks')
    await room().getByText('Great, thanks').waitFor()

    await page.getByRole('button', { name: 'End chat' }).first().click()
    await page.getByRole('button', { name: 'End chat' }).last().click()
    await page.getByText('You ended the chat.').waitFor()
    await room()
      .getByText(/visitor ended the chat/i)
      .waitFor()
    await keep(page, '5-ended')
    expect(complained).toEqual([])
  })

  it('asks for the form of a topic, and goes to the first wrong field', async () => {
    await openDemo()
    await bubble().click()
    await page.getByRole('radio', { name: 'Billing' }).check()
    await page.getByRole('button', { name: 'Start chat' }).click()
    const name = page.getByRole('textbox', { name: /your name/i })
    expect(await name.evaluate((field) => field.getRootNode() instanceof ShadowRoot)).toBe(true)
    await keep(page, '6-form')
    await name.fill('Anna Nowak')
    await page.getByRole('textbox', { name: /e-mail/i }).fill('anna@example.org')
    await page.getByRole('button', { name: 'Start chat' }).click()
    await page.getByRole('log', { name: 'Conversation' }).waitFor()
    await room().getByText('E-mail: anna@example.org').waitFor()
    expect((await server.staff.theRoom()).title).toContain('Billing · Anna Nowak')
  })

  it('asks for consent with a box, and keeps the version that was agreed to', async () => {
    const terms = {
      id: 'terms',
      type: 'consent',
      required: true,
      version: '2026-11',
      label: { en: 'I agree to the [terms](https://www.example.com/terms).' },
    }
    await server.settings({ form: { mode: 'identified', fields: [terms] } })
    await openDemo()
    await bubble().click()
    await page.getByRole('radio', { name: 'Sales' }).check()
    const start = page.getByRole('button', { name: 'Start chat' })
    await start.click()
    await page.getByText('Please fill this in.').waitFor()
    const box = page.getByRole('checkbox', { name: 'I agree to the terms.' })
    const link = page.getByRole('link', { name: 'terms' })
    expect(await link.getAttribute('href')).toBe('https://www.example.com/terms')
    const other = page.waitForEvent('popup')
    await link.click()
    await (await other).close()
    // To read is not yet to agree.
    expect(await box.isChecked()).toBe(false)
    await box.check()
    await keep(page, '11-consent')
    await start.click()
    await page.getByRole('log', { name: 'Conversation' }).waitFor()
    await room().getByText('I agree to the terms.: 2026-11').waitFor()
  })

  it('says that we are closed, and stores nothing before a click', async () => {
    await server.settings({
      calendar: { hours: [{ days: ['mon'], from: '08:00', to: '16:00' }], override: { open: false } },
    })
    await openDemo()
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])).toEqual([
      0,
      0,
      '',
    ])
    await bubble().click()
    await page.getByText(/we are closed/i).waitFor()
    await keep(page, '7-closed')
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
  })

  it('notices that the doors close and open while the panel is open, and keeps what was typed until then', async () => {
    // The page's clock runs ahead; the server's settings change in between.
    await page.clock.install()
    await openDemo()
    await bubble().click()
    await page.getByRole('radio', { name: 'Billing' }).check()
    await page.getByRole('textbox', { name: /your name/i }).fill('Anna')
    await page.clock.runFor(45_000)
    expect(await page.getByRole('textbox', { name: /your name/i }).inputValue()).toBe('Anna')
    const always = {
      hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' }],
    }
    await server.settings({ calendar: { ...always, override: { open: false, name: 'Fire drill' } } })
    await page.clock.runFor(45_000)
    await page.getByText(/we are closed/i).waitFor()
    await server.settings({ calendar: always })
    await page.clock.runFor(45_000)
    await page.getByRole('radio', { name: 'Sales' }).waitFor()
  })

  it('sends again by itself what a lost connection held back, once and in order', async () => {
    await openDemo()
    await startChat()
    await context.setOffline(true)
    await say('one')
    await say('two')
    await context.setOffline(false)
    await room().getByText('two').waitFor()
    const said = (await server.staff.theRoom()).messages
      .slice(1)
      .map((message) => message.text?.split('\n')[1])
    expect(said).toEqual(['one', 'two'])
  })

  it('starts again after a start that failed, in the same session', async () => {
    await openDemo()
    await server.staff.fault({ method: 'POST', path: '/webhooks', answer: { status: 503 }, effect: 'none' })
    await bubble().click()
    await page.getByRole('radio', { name: 'Sales' }).check()
    await page.getByRole('button', { name: 'Start chat' }).click()
    const again = page.getByRole('button', { name: /try again/i })
    await again.waitFor()
    await keep(page, '8-start-failed')
    await expect.poll(() => again.isEnabled(), { timeout: 15_000 }).toBe(true)
    await again.click()
    await page.getByRole('log', { name: 'Conversation' }).waitFor()
    expect((await server.staff.rooms()).length).toBe(1)
  })
})
