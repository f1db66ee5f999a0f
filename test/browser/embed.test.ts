import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { violations } from './support/axe.ts'
import { complaints, keep, launch } from './support/chromium.ts'

const AGENT = fileURLToPath(new URL('../../sandbox/demo-agent', import.meta.url))

let browser: Browser
let server: TestServer
let site: Server
let siteOrigin: string
let context: BrowserContext
let page: Page

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())
beforeEach(async () => {
  server = await startServer()
  // Another host than the API's: `localhost` is not 127.0.0.1 to a browser.
  site = createServer((_req, res) => {
    res.setHeader('Content-Type', 'text/html; charset=utf-8')
    res.setHeader(
      'Content-Security-Policy',
      `default-src 'none'; script-src ${server.origin}; connect-src ${server.origin}; require-trusted-types-for 'script'`,
    )
    res.end(`<!doctype html><html lang="en"><title>A careful site</title><main><h1>A careful site</h1></main>
      <script async src="${server.origin}/widget.js"></script></html>`)
  })
  await new Promise<void>((resolve) => site.listen(0, 'localhost', resolve))
  siteOrigin = `http://localhost:${(site.address() as AddressInfo).port}`
  context = await browser.newContext({ viewport: { width: 900, height: 700 } })
  page = await context.newPage()
})
afterEach(async () => {
  await context.close()
  site.closeAllConnections()
  site.close()
  await server.close()
})

const bubble = () => page.getByRole('button', { name: /open chat/i })
const log = () => page.getByRole('log', { name: 'Conversation' })

describe('the widget on somebody else’s page', () => {
  it('talks across hosts under a strict policy, and breaks no rule of it or of accessibility in any state', async () => {
    await server.settings({ origins: [siteOrigin] })
    const complained = complaints(page)
    await page.goto(siteOrigin)
    await bubble().waitFor()
    expect(await violations(page)).toEqual([])
    await bubble().click()
    await page.getByRole('radio', { name: 'Billing' }).check()
    await page.getByRole('button', { name: 'Start chat' }).click()
    await page.getByText('Please fill this in.').first().waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('radio', { name: 'Sales' }).check()
    await page.getByRole('button', { name: 'Start chat' }).click()
    await log().waitFor()
    await page.getByRole('textbox', { name: /message/i }).fill('See https://www.example.com/?a=1 <b>now</b>')
    await page.keyboard.press('Enter')
    const room = await server.staff.theRoom()
    await server.staff.write(room.id, 'anna@example.com', '<img src=x onerror=alert(1)> javascript:alert(1)')
    await log().getByText('<img src=x onerror=alert(1)> javascript:alert(1)').waitFor()
    const links = await log()
      .getByRole('link')
      .evaluateAll((all) => all.map((a) => [a.getAttribute('href'), a.getAttribute('rel')]))
    expect(links).toEqual([['https://www.example.com/?a=1', 'noopener noreferrer nofollow']])
    expect(await violations(page)).toEqual([])
    await keep(page, '9-embedded')
    expect(complained).toEqual([])
  })

  it('fetches the bot’s part across hosts, under the same policy', async () => {
    await server.close()
    server = await startServer({ env: { BOT: `local:${AGENT}` }, settings: { origins: [siteOrigin] } })
    const complained = complaints(page)
    await page.goto(siteOrigin)
    await bubble().click()
    await page.getByRole('radio', { name: 'Sales' }).check()
    await page.getByRole('button', { name: 'Start chat' }).click()
    await page.getByRole('group', { name: 'Suggested answers' }).getByRole('button').first().waitFor()
    expect(await violations(page)).toEqual([])
    expect(complained).toEqual([])
  })

  it('does nothing on a site that is not listed, and says so to the visitor', async () => {
    await page.goto(siteOrigin)
    await bubble().click()
    await page.getByRole('button', { name: /try again/i }).waitFor()
    expect(await server.staff.rooms()).toEqual([])
  })

  it('is used with the keyboard alone, gives the focus back, and counts what came meanwhile', async () => {
    await server.settings({ origins: [siteOrigin] })
    await page.goto(siteOrigin)
    await bubble().waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('radio', { name: 'Sales' }).waitFor()
    await page.getByRole('radio', { name: 'Sales' }).focus()
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Start chat' }).press('Enter')
    await log().waitFor()
    await page.keyboard.type('typed without a mouse')
    await page.keyboard.press('Enter')
    await log().getByText('typed without a mouse').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /open chat/i }).waitFor()
    const focused = await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.tagName)
    expect(focused).toBe('BUTTON')
    const room = await server.staff.theRoom()
    await server.staff.write(room.id, 'ben@example.com', 'while you were away')
    await page.getByRole('button', { name: /1 unread/i }).waitFor()
  })

  it('fills a phone’s screen and does not let the page be scrolled sideways', async () => {
    await server.settings({ origins: [siteOrigin] })
    await page.setViewportSize({ width: 320, height: 568 })
    await page.goto(siteOrigin)
    await bubble().click()
    await page.getByRole('radio', { name: 'Sales' }).check()
    await page.getByRole('button', { name: 'Start chat' }).click()
    await log().waitFor()
    await keep(page, '10-phone')
    const box = await page.getByRole('dialog').boundingBox()
    expect(box).toMatchObject({ x: 0, y: 0, width: 320, height: 568 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
  })
})
