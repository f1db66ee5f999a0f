/** Visits of a host page, each in a fresh profile: what the page has to do before a click, and for the click. */
import type { Browser, CDPSession, Page } from 'playwright-core'
import type { Host, Traffic } from './host.ts'
import { noted } from './noted.ts'

const VIEWPORT = { width: 1280, height: 800 }
export const CPU_SLOWDOWN = 4
/** A slow phone's line: 1.6 Mbit/s down, 150 ms there and back. */
const SLOW = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 93_750 }
const STEP_MS = 200
/** The same for every page, so that what an idle page does counts in all alike. */
const LEAST_STEPS = 4
const MOST_STEPS = 60
/** Main-thread time of a step in which nothing happens. */
const QUIET_MS = 6
const STEP_LIMIT_MS = 15_000
/** A widget's files are compressed when they are first asked for, which takes seconds for megabytes. */
const LOAD_LIMIT_MS = 60_000

/** Time a core spent on a task, or time that passed: where other programs want the cores, too, they differ. */
export type Clock = 'threadTicks' | 'timeTicks'

export interface Share extends Traffic {
  /** In tasks of the main thread, the frames of the page's own origin included. */
  readonly taskMs: number
  /** Tasks that took 50 ms or more. */
  readonly longTasks: number
}

export interface FirstView extends Share {
  readonly shift: number
  readonly cookies: number
  /** Entries of localStorage and sessionStorage, databases and caches. */
  readonly stored: number
  /** Requests to other hosts; none is let through. */
  readonly elsewhere: number
}

interface Visited {
  readonly page: Page
  readonly cdp: CDPSession
}

async function inFreshProfile<T>(
  browser: Browser,
  host: Host,
  clock: Clock,
  use: (v: Visited) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({ viewport: VIEWPORT })
  try {
    context.setDefaultTimeout(STEP_LIMIT_MS)
    context.setDefaultNavigationTimeout(LOAD_LIMIT_MS)
    const page = await context.newPage()
    const cdp = await context.newCDPSession(page)
    await cdp.send('Performance.enable', { timeDomain: clock })
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN })
    // The browser's own start is no widget's doing: it has shown a page before. The counter begins anew with each page.
    await page.goto(`${host.origin}/blank`)
    await settle(cdp, host)
    host.take()
    return await use({ page, cdp })
  } finally {
    await context.close()
  }
}

async function taskMs(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics')
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1000
}

/** Until the network and the main thread have come to rest; nothing is asked of the page's scripts meanwhile. */
async function settle(cdp: CDPSession, host: Host): Promise<number> {
  let last = await taskMs(cdp)
  let quiet = 0
  for (let step = 0; step < MOST_STEPS && (step < LEAST_STEPS || quiet < 2); step++) {
    await new Promise((resolve) => setTimeout(resolve, STEP_MS))
    const now = await taskMs(cdp)
    quiet = now - last < QUIET_MS && !host.busy() ? quiet + 1 : 0
    last = now
  }
  return last
}

export interface Visit {
  readonly first: FirstView
  /** On the press; absent where there is nothing to press. */
  readonly opened: Share | undefined
}

export const visit = (browser: Browser, host: Host, clock: Clock): Promise<Visit> =>
  inFreshProfile(browser, host, clock, async ({ page, cdp }) => {
    const { candidate } = host
    let elsewhere = 0
    page.on('request', (request) => {
      if (/^https?:/.test(request.url()) && !request.url().startsWith(host.origin)) elsewhere++
    })
    await page.goto(host.origin)
    const shown = await settle(cdp, host)
    const traffic = host.take()
    // Looked at only now, as looking is work for the page.
    const { longTasks, shift, stored } = await noted(page)
    const cookies = (await page.context().cookies()).length
    const first = { ...traffic, taskMs: shown, longTasks, shift, stored, cookies, elsewhere }
    const button = candidate.seen(page)
    await button.waitFor()
    if (!candidate.opened) return { first, opened: undefined }
    const box = await button.boundingBox()
    if (!box) throw new Error('nothing to press')
    host.take()
    const unpressed = await taskMs(cdp)
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
    const pressed = await settle(cdp, host)
    const fetched = host.take()
    await candidate.opened(page).waitFor()
    const after = await noted(page)
    return {
      first,
      opened: { ...fetched, taskMs: pressed - unpressed, longTasks: after.longTasks - longTasks },
    }
  })

/** Largest contentful paint, in ms, on a slow line. */
export const paintOnSlowLine = (browser: Browser, host: Host, clock: Clock): Promise<number> =>
  inFreshProfile(browser, host, clock, async ({ page, cdp }) => {
    await cdp.send('Network.enable')
    await cdp.send('Network.emulateNetworkConditions', SLOW)
    await page.goto(host.origin)
    await settle(cdp, host)
    return (await noted(page)).paintMs
  })

/** Directives that were broken on a page of a strict policy before a click and on it, one for each report. */
export const complaints = (browser: Browser, host: Host, clock: Clock): Promise<string[]> =>
  inFreshProfile(browser, host, clock, async ({ page, cdp }) => {
    await page.addInitScript(() => {
      const told: string[] = []
      Object.assign(window, { told })
      document.addEventListener('securitypolicyviolation', (event) => told.push(event.effectiveDirective))
    })
    await page.goto(`${host.origin}/strict`)
    await settle(cdp, host)
    if (host.candidate.opened) {
      await host.candidate
        .seen(page)
        .click({ timeout: 3_000 })
        .catch(() => undefined)
      await settle(cdp, host)
    }
    return page.evaluate(() => (window as unknown as { told: string[] }).told)
  })

/** What it costs to put the widget into a page at rest: little of it can hide behind the page's own work, or be lost in it. */
export const placedAtRest = (browser: Browser, host: Host, clock: Clock): Promise<number> =>
  inFreshProfile(browser, host, clock, async ({ page, cdp }) => {
    await page.goto(`${host.origin}/empty`)
    const placed = async (snippet: string) => {
      const before = await settle(cdp, host)
      await page.evaluate(
        (html) => document.body.append(document.createRange().createContextualFragment(html)),
        snippet,
      )
      return (await settle(cdp, host)) - before
    }
    // What an empty script costs is the page's and the ruler's share.
    const ruler = await placed('<script async src="/nothing.js"></script>')
    return (await placed(host.candidate.snippet(''))) - ruler
  })
