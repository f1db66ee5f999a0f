import { describe, expect, it } from 'vitest'
import { hostPage, STRICT } from '../support/host-page.ts'
import { converse, expectLines } from '../support/panel.ts'
import { visits } from '../support/visit.ts'

const NOT_IN_TESTS = { ignoreDefaultArgs: ['--disable-back-forward-cache'] }
const at = visits({}, NOT_IN_TESTS)

const NONCE = 'nonce="r4nd0m"'
const policy = { 'Content-Security-Policy': STRICT }

async function visit(headers: Record<string, string> = policy): Promise<void> {
  at.api.become('live')
  at.api.serve('/shop', hostPage({ tag: NONCE }), headers)
  await at.page.goto(`${at.api.origin}/shop`)
  await at.panel.bubble.waitFor()
}

/** What Turbo does when a link is followed: the next page's parts in the place of these, and its scripts run. (No policy of
 * Trusted Types would let it.) */
function swap(parts: 'body' | 'head and body'): Promise<void> {
  return at.page.evaluate((which) => {
    const copy = (element: Element) => element.cloneNode(true) as HTMLElement
    const [head, body] = [copy(document.head), copy(document.body)]
    // A script that was cloned does not run again, one that is made anew does.
    for (const old of body.querySelectorAll('script')) {
      const script = document.createElement('script')
      for (const { name, value } of old.attributes) script.setAttribute(name, value)
      old.replaceWith(script)
    }
    history.pushState({}, '', '/shop?page=2')
    if (which === 'body') document.body.replaceWith(body)
    else document.documentElement.replaceChildren(head, body)
    return new Promise<void>((done) => body.querySelector('script')?.addEventListener('load', () => done()))
  }, parts)
}

const elements = () => at.page.evaluate(() => document.querySelectorAll('frontroom-chat').length)

describe.each(['body', 'head and body'] as const)('a page whose %s is swapped', (parts) => {
  it('keeps one bubble, and one chat going on', async () => {
    await visit({})
    await at.page.evaluate(() => {
      const events: string[] = []
      Object.assign(window, { events })
      for (const name of ['ready', 'open', 'start', 'end'])
        document.addEventListener(`frontroom:${name}`, () => events.push(name))
    })
    await swap(parts)
    expect(await elements()).toBe(1)
    await at.panel.start()
    await at.panel.write('Before')
    await expect.poll(() => at.api.lines.length).toBe(1)
    await at.panel.box.fill('Half a sent')
    await swap(parts)
    expect(await elements()).toBe(1)
    expect(await at.panel.box.inputValue()).toBe('Half a sent')
    expect(await at.panel.dialog.isVisible()).toBe(true)
    at.api.say('agent', 'After')
    await at.panel.shows('After')
    await at.panel.write('And on')
    await expectLines(at.panel, at.api, ['visitor: Before', 'agent: After', 'visitor: And on'])
    expect(at.api.mostPolling).toBe(1)
    const events = () => at.page.evaluate(() => (window as unknown as { events: string[] }).events)
    expect(await events()).toEqual(['open', 'start'])
    expect([at.complained, at.api.reports]).toEqual([[], []])
  })

  it('still fills a phone’s screen afterwards', async () => {
    await at.page.setViewportSize({ width: 320, height: 568 })
    await visit({})
    await at.panel.start()
    await swap(parts)
    expect(await at.panel.dialog.boundingBox()).toMatchObject({ x: 0, y: 0, width: 320, height: 568 })
    await at.panel.write('Still here')
    await expect.poll(() => at.api.lines).toEqual(['visitor: Still here'])
  })
})

describe('a single-page app', () => {
  it('is told to staff by the address it has when the chat starts, without query and fragment', async () => {
    await visit()
    await at.page.evaluate(() => {
      history.pushState({}, '', '/shop/bikes/fjord?session=secret#top')
      document.title = 'Fjord'
    })
    await at.panel.start()
    const { body } = at.api.requests.find(({ what }) => what === 'POST /chats') ?? {}
    expect(body?.page).toMatchObject({ url: `${at.api.origin}/shop/bikes/fjord`, title: 'Fjord' })
    // And the chat goes on while its pages change.
    at.api.say('agent', 'One')
    await at.panel.shows('One')
    await at.page.evaluate(() => history.pushState({}, '', '/shop/bikes/hafen'))
    await at.page.evaluate(() => history.back())
    at.api.say('agent', 'Two')
    await expectLines(at.panel, at.api, ['agent: One', 'agent: Two'])
    expect(at.api.mostPolling).toBe(1)
  })

  it('may open it by any of its elements, also those that come later', async () => {
    await visit()
    await at.page.evaluate(() => {
      const link = document.createElement('a')
      link.href = '/elsewhere'
      link.dataset.frontroomOpen = 'sales'
      const inner = document.createElement('b')
      inner.textContent = 'Chat now'
      link.append(inner)
      document.body.append(link)
    })
    await at.page.getByText('Chat now').click()
    await at.panel.part('start').waitFor()
    expect(new URL(at.page.url()).pathname).toBe('/shop')
  })
})

describe('the back/forward cache', () => {
  it('takes a page with a chat, and gives it back with what came meanwhile', async () => {
    at.api.serve('/next', hostPage({ tag: null }))
    await visit()
    await at.page.evaluate(() => {
      const shown: boolean[] = []
      Object.assign(window, { shown })
      addEventListener('pageshow', (event) => shown.push(event.persisted))
    })
    await at.panel.start()
    await at.panel.write('I am just going to look')
    await expect.poll(() => at.api.lines.length).toBe(1)
    await expect.poll(() => at.api.polling.length).toBe(1)
    await at.page.goto(`${at.api.origin}/next`)
    // Nothing is held for a page that nobody sees, and staff are told.
    await expect.poll(() => at.api.polling.length).toBe(0)
    await expect.poll(() => presence()).toContain('away')
    at.api.say('agent', 'Take your time')
    await at.page.evaluate(() => history.back()).catch(() => undefined)
    await expect
      .poll(() => at.page.evaluate(() => (window as unknown as { shown?: boolean[] }).shown))
      .toEqual([true])
    await at.panel.shows('Take your time')
    await expect.poll(() => presence().at(-1)).toBe('here')
    await at.panel.write('Here I am')
    await expectLines(at.panel, at.api, [
      'visitor: I am just going to look',
      'agent: Take your time',
      'visitor: Here I am',
    ])
    expect(at.api.mostPolling).toBe(1)
  })

  it('goes on in a page that was not kept, too', async () => {
    at.api.serve('/next', hostPage({ tag: NONCE }), policy)
    await visit()
    await at.panel.start()
    await at.panel.write('One')
    await expect.poll(() => at.api.lines.length).toBe(1)
    await at.page.goto(`${at.api.origin}/next`)
    await at.panel.shows('One')
    at.api.say('agent', 'Two')
    await at.panel.shows('Two')
    await at.panel.write('Three')
    await expectLines(at.panel, at.api, ['visitor: One', 'agent: Two', 'visitor: Three'])
  })
})

const presence = () =>
  at.api.requests.filter(({ what }) => what.endsWith('/presence')).map(({ body }) => body.state)

it('has a whole conversation where the tag stands in the head of the page', async () => {
  at.api.serve('/head', hostPage({ tag: null, head: `<script src="/widget.js" ${NONCE}></script>` }), policy)
  await at.page.goto(`${at.api.origin}/head`)
  await converse(at.panel, at.api)
  expect([at.complained, at.api.reports]).toEqual([[], []])
})
