/** Looks at states of the widget as people do who see it in all sorts of ways. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { violations } from './axe.ts'
import { complaints, keep, launch } from './chromium.ts'
import { panelOn } from './panel.ts'
import type { View } from './states.ts'
import { startVisitorApi, type VisitorApi } from './visitor-api.ts'
import { words } from './words.ts'

const SCREENS = [
  { width: 1280, height: 800, colours: ['light', 'dark', 'forced'] },
  { width: 768, height: 1024, colours: ['light', 'dark'] },
  { width: 320, height: 568, colours: ['light', 'dark'] },
  // 1280 by 1024 at 400 %: what has no room here has none in any colours.
  { width: 320, height: 256, colours: ['light'] },
] as const
const MEDIA = {
  light: { colorScheme: 'light', forcedColors: 'none' },
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  forced: { colorScheme: 'dark', forcedColors: 'active' },
} as const

/** Declares a test for each view on each screen: no rule of accessibility is broken in any colours, nothing is cut off. */
export function lookAt(views: readonly View[]): void {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  describe.each(SCREENS)('on $width x $height', ({ width, height, colours }) => {
    let context: BrowserContext
    let page: Page
    let complained: string[]
    let api: VisitorApi

    beforeAll(async () => {
      context = await browser.newContext({
        viewport: { width, height },
        reducedMotion: 'reduce',
        locale: 'en-US',
        timezoneId: 'UTC',
      })
      context.setDefaultTimeout(10_000)
      page = await context.newPage()
      complained = complaints(page)
    })
    afterAll(() => context.close())
    beforeEach(async () => {
      // A new address each time, so that nothing is stored from the state before.
      api = await startVisitorApi(words)
      complained.length = 0
      await page.emulateMedia(MEDIA.light)
      await page.goto(api.origin)
    })
    afterEach(async () => {
      await page.goto('about:blank')
      await api.close()
    })

    it.each(views)('$name', async ({ name, arrange }) => {
      const undo = await arrange(panelOn(page), api)
      for (const colour of colours) {
        await page.emulateMedia(MEDIA[colour])
        await keep(page, `widget-${name}-${width}x${height}-${colour}`)
        expect.soft(await violations(page), `${name} in ${colour}`).toEqual([])
      }
      expect.soft(await page.evaluate(outside), 'stands outside the screen').toEqual([])
      if (typeof undo === 'function') undo()
      // A call that a test has answered 4xx or 5xx is told by the browser itself.
      expect(complained.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([])
    })
  })
}

/** Parts of the widget that stick out of the window where nobody can scroll to: sideways, or beside what scrolls. */
function outside(): string[] {
  const all = document.querySelector('frontroom-chat')?.shadowRoot?.querySelectorAll('*') ?? []
  return Array.from(all).flatMap((element) => {
    const { left, right, top, bottom, width } = element.getBoundingClientRect()
    let scroller = element.parentElement
    while (scroller && !/auto|scroll/.test(getComputedStyle(scroller).overflowY))
      scroller = scroller.parentElement
    const isHigh = !scroller && (top < -1 || bottom > innerHeight + 1)
    if (width && isHigh) return [`${element.tagName} ${element.getAttribute('part')} ${top}..${bottom} high`]
    if (!width || (left >= -1 && right <= innerWidth + 1) || getComputedStyle(element).clipPath !== 'none')
      return []
    return [`${element.tagName} ${element.getAttribute('part') ?? element.className} ${left}..${right}`]
  })
}
