import { describe, expect, it } from 'vitest'
import { hostPage, STRICT } from '../support/host-page.ts'
import { visits } from '../support/visit.ts'

const at = visits()

/** A page with something in it that could be pushed about. */
const SHOP = hostPage({
  tag: 'nonce="r4nd0m"',
  body: `<main><h1>Shop</h1>${'<p>Steel frames, quiet drivetrains.</p>'.repeat(60)}</main>`,
})

interface Seen {
  shift: number
  long: number
  broken: string[]
}

/** Runs before anything else in a page. */
function watch(): void {
  const seen: Seen = { shift: 0, long: 0, broken: [] }
  Object.assign(window, { seen })
  const observe = (type: string, each: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true })
  observe('layout-shift', (entry) => {
    seen.shift += (entry as unknown as { value: number }).value
  })
  observe('longtask', () => seen.long++)
  addEventListener('securitypolicyviolation', (event) => seen.broken.push(event.violatedDirective))
}

const seen = () => at.page.evaluate(() => (window as unknown as { seen: Seen }).seen)

/** The names of whatever is kept, wherever a page can keep something. */
async function stored(): Promise<string[]> {
  const inPage = await at.page.evaluate(async () => [
    ...Object.keys(localStorage),
    ...Object.keys(sessionStorage),
    ...(await indexedDB.databases()).map(({ name }) => name ?? ''),
    // Not every address has any.
    ...(await caches.keys().catch(() => [])),
  ])
  return [...inPage, ...(await at.context.cookies()).map(({ name }) => name)]
}

async function load(): Promise<string[]> {
  const requests: string[] = []
  at.page.on('request', (request) => requests.push(new URL(request.url()).pathname))
  at.api.serve('/shop', SHOP, { 'Content-Security-Policy': STRICT })
  await at.page.goto(`${at.api.origin}/shop`)
  await at.panel.bubble.waitFor()
  await at.page.waitForLoadState('networkidle')
  return requests
}

describe('before a click', () => {
  it('costs one request, moves nothing, blocks nothing, and breaks no rule of a strict policy', async () => {
    await at.page.addInitScript(watch)
    expect(await load()).toEqual(['/shop', '/widget.js'])
    const { shift, broken, long } = await seen()
    expect({ shift, broken }).toEqual({ shift: 0, broken: [] })
    // On shared cores a task may be long because something else ran: one quiet load of three is proof enough.
    const tasks = [long]
    while (tasks.length < 3 && tasks.at(-1)) {
      await load()
      tasks.push((await seen()).long)
    }
    expect(Math.min(...tasks)).toBe(0)
    expect(at.api.reports).toEqual([])
    expect(at.complained).toEqual([])
  })

  it('stores nothing, sets no cookie, loads no font', async () => {
    await load()
    expect(await stored()).toEqual([])
    expect(await at.page.evaluate(() => document.fonts.size)).toBe(0)
  })

  it('stores nothing either when the panel was only opened and closed', async () => {
    await load()
    await at.panel.open()
    await at.panel.part('start').waitFor()
    await at.page.keyboard.press('Escape')
    expect(await stored()).toEqual([])
    expect(at.api.calls.filter((call) => call.includes('sessions'))).toEqual([])
    expect(at.complained).toEqual([])
  })

  it('adds one name to the page’s window, and one element beside its body', async () => {
    at.api.serve('/without', hostPage({ tag: null }))
    at.api.serve('/with', hostPage())
    await at.page.goto(`${at.api.origin}/without`)
    const names = () => at.page.evaluate(() => Object.getOwnPropertyNames(window))
    const elements = () =>
      at.page.evaluate(() => Array.from(document.querySelectorAll('*'), (element) => element.localName))
    const [namesBefore, elementsBefore] = [await names(), await elements()]
    await at.page.goto(`${at.api.origin}/with`)
    await at.panel.bubble.waitFor()
    expect((await names()).filter((name) => !namesBefore.includes(name))).toEqual(['Frontroom'])
    const added = (await elements()).filter((name) => name !== 'script')
    expect(added).toEqual([...elementsBefore, 'frontroom-chat'])
    expect(await at.page.evaluate(() => document.documentElement.lastElementChild?.localName)).toBe(
      'frontroom-chat',
    )
  })
})

describe('the first press', () => {
  it('draws one panel, and that only when there is something in it', async () => {
    await load()
    const drawn = await at.page.evaluateHandle(() => {
      const root = document.querySelector('frontroom-chat')?.shadowRoot as ShadowRoot
      const sheets = root.adoptedStyleSheets.length
      const panels: { asks: number; sheets: number }[] = []
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes) {
          for (const node of addedNodes) {
            if (!(node instanceof HTMLDialogElement)) continue
            const asks = node.querySelectorAll('[type=radio]').length
            panels.push({ asks, sheets: root.adoptedStyleSheets.length - sheets })
          }
        }
      }).observe(root, { childList: true })
      return panels
    })
    await at.panel.bubble.click()
    await at.panel.dialog.waitFor()
    expect(await drawn.jsonValue()).toEqual([{ asks: 1, sheets: 2 }])
  })

  it('is answered by a mark while the file is on its way', async () => {
    await load()
    let arrive = () => {}
    await at.page.route('**/widget/chat.*.js', async (route) => {
      await new Promise<void>((done) => {
        arrive = done
      })
      await route.continue()
    })
    await at.panel.bubble.click()
    const marked = at.page.locator('frontroom-chat [data-badge="..."]')
    await marked.waitFor()
    arrive()
    await at.panel.dialog.waitFor()
    expect(await marked.count()).toBe(0)
  })
})
