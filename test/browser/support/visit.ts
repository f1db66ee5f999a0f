/** A browser for a file of tests, and for each test a fresh context, a page, and a site of its own. */
import type { Browser, BrowserContext, BrowserContextOptions, LaunchOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { complaints, launch } from './chromium.ts'
import { type Panel, panelOn } from './panel.ts'
import { startVisitorApi, type VisitorApi } from './visitor-api.ts'
import { words } from './words.ts'

export interface Visit {
  readonly browser: Browser
  readonly context: BrowserContext
  readonly page: Page
  readonly panel: Panel
  readonly api: VisitorApi
  /** What the page complained of: errors of scripts, broken policies, failed requests. */
  readonly complained: readonly string[]
}

/** The same object at every test, with that test's own insides. */
export function visits(options: BrowserContextOptions = {}, launching: LaunchOptions = {}): Visit {
  const visit = {} as { -readonly [key in keyof Visit]: Visit[key] }
  beforeAll(async () => {
    visit.browser = await launch(launching)
  })
  afterAll(() => visit.browser.close())
  beforeEach(async () => {
    visit.api = await startVisitorApi(words)
    visit.context = await visit.browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
      locale: 'en-US',
      timezoneId: 'UTC',
      ...options,
    })
    visit.context.setDefaultTimeout(10_000)
    visit.page = await visit.context.newPage()
    visit.panel = panelOn(visit.page)
    visit.complained = complaints(visit.page)
  })
  afterEach(async () => {
    await visit.context.close()
    await visit.api.close()
  })
  return visit
}
