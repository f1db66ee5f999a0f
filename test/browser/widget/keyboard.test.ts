import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { keep } from '../support/chromium.ts'
import { hostPage } from '../support/host-page.ts'
import { visits } from '../support/visit.ts'

const at = visits()

const PAGE = hostPage({
  body: `<main><h1>Shop</h1><a href="#bikes">Bikes</a> <button data-frontroom-open>Ask us</button>
    <label>Search <input id="search"></label></main>`,
})

async function visit(): Promise<void> {
  at.api.serve('/shop', PAGE)
  at.api.become('live')
  await at.page.goto(`${at.api.origin}/shop`)
  await at.panel.bubble.waitFor()
}

const press = (...keys: string[]) =>
  keys.reduce((all, key) => all.then(() => at.page.keyboard.press(key)), Promise.resolve())

/** Tabs until `wanted` has the focus; the stops on the way. */
async function tabTo(wanted: string | null, key = 'Tab'): Promise<(string | null | undefined)[]> {
  const stops: (string | null | undefined)[] = []
  while (stops.length < 25 && stops.at(-1) !== wanted) {
    await at.page.keyboard.press(key)
    stops.push(await at.panel.focused())
  }
  expect(stops.at(-1)).toBe(wanted)
  return stops
}

describe('by keyboard', () => {
  it('finds the bubble after the page’s own, by its name; Enter leads in, Escape back', async () => {
    await visit()
    expect(await tabTo('button')).toEqual(['<a>', '<button>', '<input>', 'button'])
    const bubble = at.page.getByRole('button', { name: 'Open chat', exact: true })
    expect(await bubble.evaluate((element) => element.matches(':focus-visible'))).toBe(true)
    expect(await bubble.getAttribute('aria-expanded')).toBe('false')
    await press('Enter')
    await at.panel.part('start').waitFor()
    await expect.poll(() => inPanel(at.page)).toBe(true)
    expect(await at.panel.bubble.getAttribute('aria-expanded')).toBe('true')
    await press('Escape')
    await at.panel.dialog.waitFor({ state: 'hidden' })
    expect(await at.panel.focused()).toBe('button')
    expect(await at.panel.bubble.getAttribute('aria-expanded')).toBe('false')
  })

  it('gives the focus back to whichever button of the page opened it', async () => {
    await visit()
    const opener = at.page.getByRole('button', { name: 'Ask us' })
    await opener.focus()
    await press('Enter')
    await at.panel.part('start').waitFor()
    await expect.poll(() => inPanel(at.page)).toBe(true)
    await press('Escape')
    await at.panel.dialog.waitFor({ state: 'hidden' })
    expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true)
    // And to the bubble, when that was the one.
    await at.panel.bubble.focus()
    await press('Enter')
    await at.panel.dialog.waitFor()
    await expect.poll(() => inPanel(at.page)).toBe(true)
    await press('Escape')
    expect(await at.panel.focused()).toBe('button')
  })

  it('is no trap: the panel is left forwards and backwards, and stays open', async () => {
    await visit()
    await at.panel.start()
    await at.panel.box.focus()
    // Through the rest of the panel, the bubble and the browser's own, to the page again.
    const stops = await tabTo('<a>')
    expect(stops.slice(0, 2)).toEqual(['send', 'button'])
    await tabTo('TEXTAREA', 'Shift+Tab')
    const back = await tabTo('<input>', 'Shift+Tab')
    expect(back).toContain('log')
    expect(back).toContain('end')
    expect(back).toContain('minimise')
    expect(await at.panel.dialog.isVisible()).toBe(true)
  })

  it('carries a whole conversation without a mouse', async () => {
    await visit()
    await at.panel.bubble.focus()
    await press('Enter')
    await at.panel.part('start').waitFor()
    await tabTo('start')
    await press('Enter')
    await at.panel.log.waitFor()
    await expect.poll(() => at.panel.focused()).toBe('TEXTAREA')
    await at.page.keyboard.type('Hello')
    await press('Shift+Enter')
    await at.page.keyboard.type('you')
    await press('Enter')
    await expect.poll(() => at.api.lines).toEqual(['visitor: Hello\nyou'])
    await tabTo('end', 'Shift+Tab')
    await press('Enter')
    // The question is where one stands; Escape takes it back before it closes anything.
    await expect.poll(() => at.panel.focused()).toBe('confirm-end')
    await press('Escape')
    await at.panel.part('confirm-end').waitFor({ state: 'hidden' })
    expect(await at.panel.dialog.isVisible()).toBe(true)
    await tabTo('end', 'Shift+Tab')
    await press('Enter')
    await expect.poll(() => at.panel.focused()).toBe('confirm-end')
    await press('Enter')
    await at.panel.part('again').waitFor()
    await expect.poll(() => at.panel.focused()).toBe('again')
    expect(at.api.calls).toContain('POST /chats/c1/close')
  })

  it('shows where one is: whatever has the focus looks otherwise than without', async () => {
    await visit()
    await at.panel.start()
    await at.panel.box.focus()
    const plain = new Map<string, string>()
    const parts = ['end', 'minimise', 'log', 'send', 'button']
    const picture = async (name: string) => {
      const box = await at.panel.part(name).boundingBox()
      if (!box) throw new Error(`no ${name}`)
      const clip = { x: box.x - 8, y: box.y - 8, width: box.width + 16, height: box.height + 16 }
      return (await at.page.screenshot({ clip })).toString('base64')
    }
    for (const name of parts) plain.set(name, await picture(name))
    for (const name of parts) {
      await tabTo(name, 'Shift+Tab')
      expect(await picture(name), name).not.toBe(plain.get(name))
      await keep(at.page, `widget-focus-${name}`)
    }
  })

  it('keeps what is pressed in it to itself, and leaves the page’s own keys alone', async () => {
    at.api.serve('/shop', PAGE)
    at.api.become('live')
    await at.page.addInitScript(() => {
      const pressed: string[] = []
      Object.assign(window, { pressed })
      document.addEventListener('keydown', (event) => pressed.push(event.key))
    })
    await at.page.goto(`${at.api.origin}/shop`)
    const pressed = () => at.page.evaluate(() => (window as unknown as { pressed: string[] }).pressed)
    await at.panel.start()
    await at.panel.box.focus()
    await at.page.keyboard.type('?k/')
    expect(await pressed()).toEqual([])
    await at.page.locator('#search').focus()
    await at.page.keyboard.type('k')
    await press('Escape')
    expect(await pressed()).toEqual(['k', 'Escape'])
    expect(await at.panel.dialog.isVisible()).toBe(true)
  })

  it('is modal where it fills the screen, and still left by Escape', async () => {
    await at.page.setViewportSize({ width: 320, height: 568 })
    await visit()
    await at.panel.start()
    expect(await at.panel.dialog.evaluate((element) => element.matches(':modal'))).toBe(true)
    await press('Escape')
    await at.panel.dialog.waitFor({ state: 'hidden' })
    expect(await at.panel.focused()).toBe('button')
  })
})

const inPanel = (page: Page) =>
  page.evaluate(() => {
    const root = document.activeElement?.shadowRoot
    return !!root?.querySelector('[part=panel]')?.contains(root.activeElement)
  })
