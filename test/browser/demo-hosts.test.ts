import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { violations } from './support/axe.ts'
import { complaints, keep, launch } from './support/chromium.ts'
import { panelOn } from './support/panel.ts'

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
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
  context.setDefaultTimeout(10_000)
  page = await context.newPage()
  complained = complaints(page)
})
afterEach(async () => {
  await context.close()
  await server.close()
})

async function begin(): Promise<void> {
  await page.getByRole('radio', { name: 'Sales' }).check()
  await page.getByRole('button', { name: 'Start chat' }).click()
  await panelOn(page).log.waitFor()
}

async function answer(text: string): Promise<void> {
  const room = await server.staff.theRoom()
  await server.staff.write(room.id, 'anna@example.com', text)
}

const roomSays = async () => (await server.staff.theRoom()).messages.map(({ text }) => text ?? '').join('\n')

describe('the demo with a strict policy', () => {
  it('is led to by the shop, and carries a whole chat without breaking a rule', async () => {
    await page.goto(`${server.origin}/demo/`)
    await page.getByRole('link', { name: 'page with a strict policy' }).click()
    await page.getByRole('heading', { level: 1 }).waitFor()
    const panel = panelOn(page)
    await panel.open()
    await begin()
    await panel.write('Do I break a rule? https://www.example.com/')
    await expect.poll(roomSays).toContain('Do I break a rule?')
    await answer('Not that we know of.')
    await panel.shows('Not that we know of.')
    expect(await violations(page)).toEqual([])
    await keep(page, '50-strict-policy')
    await panel.end()
    expect(await page.locator('#broken').textContent()).toBe('0')
    expect(complained).toEqual([])
  })

  it('means it: text does not become HTML here, and the page says that a rule was broken', async () => {
    await page.goto(`${server.origin}/demo/strict-csp.html`)
    const refused = await page.evaluate(() => {
      try {
        document.body.insertAdjacentHTML('beforeend', '<b>in</b>')
        return false
      } catch {
        return true
      }
    })
    expect(refused).toBe(true)
    await expect.poll(() => page.locator('#broken').textContent()).toBe('1')
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await violations(page)).toEqual([])
    await keep(page, '51-strict-policy-dark')
  })
})

describe('the demo as a single-page app', () => {
  it('opens the chat by its own button, keeps it from view to view, and tells staff where one is', async () => {
    await page.goto(`${server.origin}/demo/spa.html`)
    const panel = panelOn(page)
    expect(await violations(page)).toEqual([])
    await keep(page, '52-spa')
    await page.getByRole('link', { name: 'Fjord' }).click()
    await page.getByRole('heading', { name: 'Fjord' }).waitFor()
    expect(await panel.bubble.isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Put it in the basket' }).click()
    await page.getByRole('button', { name: 'Ask about it' }).click()
    await begin()
    await panel.write('Is it there in green?')
    await expect.poll(roomSays).toContain('Is it there in green?')
    expect(await roomSays()).toMatch(/bike: Fjord/)
    expect(await roomSays()).toMatch(/basket: 1/)
    expect(await roomSays()).toContain('/demo/spa.html')
    await page.getByRole('link', { name: 'All bikes' }).click()
    await page.getByRole('link', { name: 'Hafen' }).click()
    await page.goBack()
    await page.getByRole('heading', { name: 'Three bikes, one app.' }).waitFor()
    await answer('Two of them.')
    await panel.shows('Two of them.')
    await keep(page, '53-spa-chat')
    expect(await violations(page)).toEqual([])
    expect((await server.staff.rooms()).length).toBe(1)
    expect(complained).toEqual([])
  })

  it('counts what came unseen on its own button, shows what it hears, and forgets the chat at the logout', async () => {
    await page.goto(`${server.origin}/demo/spa.html`)
    const panel = panelOn(page)
    const launcher = page.locator('#launcher')
    await launcher.click()
    await begin()
    await panel.part('minimise').click()
    expect(await launcher.evaluate((element) => element === document.activeElement)).toBe(true)
    await answer('Are you there?')
    await expect.poll(() => launcher.textContent()).toBe('Ask us (1)')
    await launcher.click()
    await panel.shows('Are you there?')
    await expect.poll(() => launcher.textContent()).toBe('Ask us')
    const events = await page.locator('#events li').allTextContents()
    expect(events.reverse().filter((name) => /open|start|close/.test(name))).toEqual([
      'open',
      'start',
      'close',
      'open',
    ])
    await page.getByRole('button', { name: 'Log out' }).click()
    await panel.dialog.waitFor({ state: 'hidden' })
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
    await expect.poll(roomSays).toMatch(/logged out|log(ged)? ?out/i)
    expect(complained).toEqual([])
  })
})
