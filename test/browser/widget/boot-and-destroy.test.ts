import { describe, expect, it } from 'vitest'
import { listen, tell } from '../support/host-api.ts'
import { hostPage } from '../support/host-page.ts'
import { converse } from '../support/panel.ts'
import { visits } from '../support/visit.ts'

const at = visits()

/** A page without the widget, which knows what it had of its own. */
async function bare(): Promise<void> {
  at.api.serve('/shop', hostPage({ tag: null, body: '<button data-frontroom-open>Ask us</button>' }))
  await at.page.goto(`${at.api.origin}/shop`)
}

function addTag(): Promise<void> {
  return at.page.evaluate(
    () =>
      new Promise<void>((done) => {
        const script = document.createElement('script')
        script.src = '/widget.js'
        script.onload = () => done()
        document.head.append(script)
      }),
  )
}

/** Everything a page can see of somebody who was there. */
async function traces() {
  const page = await at.page.evaluate(() => ({
    names: Object.getOwnPropertyNames(window).sort(),
    onDocument: Object.getOwnPropertyNames(document).sort(),
    elements: Array.from(document.querySelectorAll('*'), ({ localName }) => localName).filter(
      (name) => name !== 'script',
    ),
    attributes: document.documentElement.getAttributeNames(),
    title: document.title,
    stored: Object.keys(localStorage),
  }))
  return { ...page, listeners: await listeners() }
}

async function listeners(): Promise<string[]> {
  const session = await at.context.newCDPSession(at.page)
  const all: string[] = []
  for (const expression of ['window', 'document', 'document.documentElement', 'document.body']) {
    const { result } = await session.send('Runtime.evaluate', { expression })
    const found = await session.send('DOMDebugger.getEventListeners', { objectId: result.objectId ?? '' })
    all.push(...found.listeners.map(({ type }) => `${expression} ${type}`))
  }
  await session.detach()
  return all.sort()
}

describe('the loader', () => {
  it('run again and again is one widget, which says once that it is ready', async () => {
    const heard = await listen(at.page)
    await bare()
    for (let n = 0; n < 3; n++) await addTag()
    expect(await at.page.locator('frontroom-chat').count()).toBe(1)
    expect(await heard()).toEqual(['ready'])
    await converse(at.panel, at.api)
    expect(at.api.calls.filter((call) => call === 'POST /chats').length).toBe(1)
  })

  it('overwrites nothing of the page', async () => {
    await bare()
    const before = await at.page.evaluate(snapshot)
    await addTag()
    await converse(at.panel, at.api)
    const after = await at.page.evaluate(snapshot)
    expect(after.filter((name) => !before.includes(name))).toEqual(['window.Frontroom'])
    expect(before.filter((name) => !after.includes(name))).toEqual([])
  })
})

/** Names of what the page's globals and their prototypes have; what was replaced is named otherwise than before. */
function snapshot(): string[] {
  const page = window as unknown as { known?: Map<unknown, number> }
  const known = page.known ?? new Map<unknown, number>()
  // Not enumerable, and of the test: it is there in both.
  Object.defineProperty(window, 'known', { value: known, configurable: true, enumerable: false })
  const identity = (value: unknown) => {
    if (typeof value !== 'function') return ''
    if (!known.has(value)) known.set(value, known.size)
    return ` is ${known.get(value)}`
  }
  const places = {
    window,
    document,
    Array: Array.prototype,
    Object: Object.prototype,
    JSON,
    Promise,
    history,
  }
  return Object.entries(places).flatMap(([place, object]) =>
    Object.entries(Object.getOwnPropertyDescriptors(object))
      .filter(([name]) => name !== 'known' && !/^\d+$/.test(name))
      .map(([name, { value }]) => `${place}.${name}${name === 'Frontroom' ? '' : identity(value)}`),
  )
}

describe('destroy', () => {
  it.each([
    ['before it was ever opened', async () => {}],
    ['with its panel open', () => at.panel.open()],
    [
      'in the middle of a chat',
      async () => {
        await at.panel.start()
        await at.panel.write('Hello')
        await expect.poll(() => at.api.lines.length).toBe(1)
        await at.panel.part('minimise').click()
        at.api.say('agent', 'Unread')
        await at.page.getByRole('button', { name: /1 unread/ }).waitFor()
      },
    ],
  ])('%s leaves nothing behind, and nothing acts any more', async (name, act) => {
    await at.page.clock.install()
    await bare()
    at.api.become('live')
    const before = await traces()
    await addTag()
    await act()
    await tell(at.page, 'destroy')
    const { stored, ...after } = await traces()
    const { stored: _, ...clean } = before
    expect(after).toEqual(clean)
    // A chat under way can be gone on with by a later tag; nothing else is ever stored.
    expect(stored).toEqual(name.includes('chat') ? ['frontroom'] : [])
    await expect.poll(() => at.api.polling.length).toBe(0)
    const calls = at.api.calls.length
    const heard = await listenNow()
    for (const event of ['online', 'pagehide', 'pageshow', 'storage', 'focus'])
      await at.page.evaluate((type) => void dispatchEvent(new Event(type)), event)
    await at.page.evaluate(() => void document.dispatchEvent(new Event('visibilitychange')))
    await at.page.getByText('Ask us').click()
    at.api.say('agent', 'To nobody')
    await at.page.clock.runFor(120_000)
    await at.page.waitForLoadState('networkidle')
    expect(at.api.calls.slice(calls)).toEqual([])
    expect(await heard()).toEqual([])
    expect(at.complained).toEqual([])
  })

  it('lets a later tag begin anew, also in a chat that is under way', async () => {
    await bare()
    at.api.become('live')
    await addTag()
    await at.panel.start()
    await at.panel.write('Hello')
    await expect.poll(() => at.api.lines.length).toBe(1)
    await tell(at.page, 'destroy')
    expect(await at.page.locator('frontroom-chat').count()).toBe(0)
    await addTag()
    await at.panel.bubble.waitFor()
    await at.panel.shows('Hello')
    at.api.say('agent', 'Welcome back')
    await at.panel.shows('Welcome back')
    expect(at.api.mostPolling).toBe(1)
  })

  it('is safe while the chat is still being fetched, and twice', async () => {
    await bare()
    await addTag()
    await at.page.evaluate(() => {
      const { Frontroom } = window as unknown as { Frontroom(command: string): void }
      Frontroom('open')
      Frontroom('destroy')
      Frontroom('destroy')
      Frontroom('open')
    })
    await at.page.waitForLoadState('networkidle')
    expect(await at.page.locator('frontroom-chat').count()).toBe(0)
    expect(at.api.calls.filter((call) => call.includes('/config'))).toEqual([])
    expect(at.complained).toEqual([])
  })
})

async function listenNow(): Promise<() => Promise<string[]>> {
  await at.page.evaluate(() => {
    const late: string[] = []
    Object.assign(window, { late })
    for (const name of ['ready', 'open', 'close', 'start', 'message', 'unread', 'end', 'error'])
      document.addEventListener(`frontroom:${name}`, () => late.push(name))
  })
  return () => at.page.evaluate(() => (window as unknown as { late: string[] }).late)
}
