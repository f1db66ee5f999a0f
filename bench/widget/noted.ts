/** What the browser noted down about a page without anybody asking it to. */
import type { Page } from 'playwright-core'

export interface Noted {
  readonly longTasks: number
  readonly paintMs: number
  readonly shift: number
  readonly stored: number
}

export const noted = (page: Page): Promise<Noted> =>
  page.evaluate(async () => {
    const entries = (type: string) =>
      new Promise<(PerformanceEntry & { value?: number })[]>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries())).observe({ type, buffered: true })
        setTimeout(() => resolve([]), 200)
      })
    const [tasks, paints, shifts] = await Promise.all([
      entries('longtask'),
      entries('largest-contentful-paint'),
      entries('layout-shift'),
    ])
    const kept = [await indexedDB.databases(), await caches.keys(), localStorage, sessionStorage]
    return {
      longTasks: tasks.length,
      paintMs: paints.at(-1)?.startTime ?? Number.NaN,
      shift: shifts.reduce((sum, { value = 0 }) => sum + value, 0),
      stored: kept.reduce((sum, { length }) => sum + length, 0),
    }
  })
