import type { Page, Request } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { keep } from '../support/chromium.ts'
import { hostPage, POLICY } from '../support/host-page.ts'
import { expectLines, type Panel, panelOn } from '../support/panel.ts'
import { visits } from '../support/visit.ts'

const at = visits()

/** Counts every sound that a page makes, whichever way it makes it; notes that are set off together are one. */
function hear(): void {
  Object.assign(window, { sounds: 0 })
  let isCounted = false
  const count = () => {
    if (isCounted) return
    ;(window as unknown as { sounds: number }).sounds++
    isCounted = true
    setTimeout(() => {
      isCounted = false
    })
  }
  for (const kind of [AudioScheduledSourceNode, OscillatorNode, AudioBufferSourceNode]) {
    if (!Object.hasOwn(kind.prototype, 'start')) continue
    const { start } = kind.prototype
    kind.prototype.start = function (this: AudioScheduledSourceNode, when?: number) {
      count()
      return start.call(this, when)
    }
  }
  const { play } = HTMLMediaElement.prototype
  HTMLMediaElement.prototype.play = function () {
    count()
    return play.call(this)
  }
}

/**
 * Pages whose poll is on its way, and the most there ever were at once. Counted in the browser: of two requests for the same
 * address Chromium keeps one back until the other is answered, so a server never sees both.
 */
function watchPolls(): { now(): Page[]; most(): number } {
  const held = new Map<Request, Page>()
  let most = 0
  const now = () => [...new Set(held.values())].filter((page) => !page.isClosed())
  at.context.on('request', (request) => {
    if (!/\/events\?.*wait=[1-9]/.test(request.url())) return
    const page = request.frame().page()
    held.set(request, page)
    page.on('crash', () => held.delete(request))
    most = Math.max(most, now().length)
  })
  at.context.on('requestfinished', (request) => held.delete(request))
  at.context.on('requestfailed', (request) => held.delete(request))
  return { now, most: () => most }
}

const sounds = (page: Page) => page.evaluate(() => (window as unknown as { sounds: number }).sounds)

async function tab(name: string): Promise<Panel> {
  const page = name === 'a' ? at.page : await at.context.newPage()
  await page.addInitScript(hear)
  at.api.serve(`/${name}`, hostPage(), { 'Content-Security-Policy': POLICY })
  await page.goto(`${at.api.origin}/${name}`)
  return panelOn(page)
}

/** A chat in three tabs, begun in the first. */
async function three() {
  const polls = watchPolls()
  at.api.become('live')
  const a = await tab('a')
  await a.start()
  await a.write('From a')
  await expect.poll(() => at.api.lines.length).toBe(1)
  const b = await tab('b')
  await b.shows('From a')
  const c = await tab('c')
  await c.shows('From a')
  await expect.poll(() => polls.now().length).toBe(1)
  return { a, b, c, tabs: [a, b, c], polls }
}

describe('three tabs', () => {
  it('poll as one, and show the same lines, wherever they were written', async () => {
    const { a, b, c, tabs, polls } = await three()
    await b.write('From b')
    await a.shows('From b')
    await c.write('From c')
    await expect.poll(() => at.api.lines.length).toBe(3)
    at.api.say('agent', 'To all')
    const all = ['visitor: From a', 'visitor: From b', 'visitor: From c', 'agent: To all']
    for (const panel of tabs) await expectLines(panel, at.api, all)
    await expect.poll(() => polls.now().length).toBe(1)
    expect(polls.most()).toBe(1)
    await keep(c.page, 'widget-third-tab')
  })

  it('show the same words in the box, the last written', async () => {
    const { a, b, c, tabs } = await three()
    await a.box.pressSequentially('Half a sent')
    for (const { box } of [b, c]) await expect.poll(() => box.inputValue()).toBe('Half a sent')
    // As a tab leaves it that has not heard of the last words yet.
    await b.page.evaluate(() => {
      const saved = JSON.parse(localStorage.frontroom)
      localStorage.frontroom = JSON.stringify({ ...saved, draft: 'Half', drafted: saved.drafted - 1 })
    })
    await expect.poll(() => b.page.evaluate(() => localStorage.frontroom)).toContain('Half a sent')
    await b.box.press('End')
    await b.box.pressSequentially('ence')
    for (const { box } of [a, c]) await expect.poll(() => box.inputValue()).toBe('Half a sentence')
    await c.box.press('Enter')
    for (const { box } of tabs) await expect.poll(() => box.inputValue()).toBe('')
    expect(at.api.lines).toEqual(['visitor: From a', 'visitor: Half a sentence'])
  })

  it('show the same words in the box while the clock is set back', async () => {
    const { a, b } = await three()
    await a.box.pressSequentially('Hello')
    await expect.poll(() => b.box.inputValue()).toBe('Hello')
    for (const { page } of [a, b]) {
      await page.evaluate(() => {
        const { now } = Date
        Date.now = () => Math.floor(now() / 100) * 100 - 60_000
      })
    }
    await a.box.pressSequentially(' there')
    await expect.poll(() => b.box.inputValue()).toBe('Hello there')
    await a.box.press('Enter')
    await expect.poll(() => b.box.inputValue()).toBe('')
    expect(await a.box.inputValue()).toBe('')
  })

  it('take what was not sent along into the next chat', async () => {
    const { a, b } = await three()
    at.api.answer('POST /chats/c1/messages', [413, { code: 'payload_too_large' }])
    await a.write('Refused')
    await a.log.getByRole('button', { name: 'Try again' }).waitFor()
    await a.box.pressSequentially('half')
    await expect.poll(() => b.box.inputValue()).toBe('half')
    at.api.become('closed', 'agent_closed')
    for (const panel of [a, b]) await panel.part('again').waitFor()
    at.api.forget()
    at.api.become('live')
    await a.part('again').click()
    await a.part('start').waitFor()
    expect(await a.page.evaluate('localStorage.length')).toBe(0)
    await b.part('again').click()
    await b.part('start').click()
    await a.box.waitFor()
    for (const { box } of [a, b]) await expect.poll(() => box.inputValue()).toBe('Refused\nhalf')
    await a.page.reload()
    await expect.poll(() => a.box.inputValue()).toBe('Refused\nhalf')
  })

  it('keep the words of one visitor from the next', async () => {
    const { a, b } = await three()
    await a.box.pressSequentially('My number is 1234')
    await expect.poll(() => b.box.inputValue()).toBe('My number is 1234')
    await a.page.evaluate("Frontroom('reset')")
    await b.part('again').waitFor()
    at.api.forget()
    at.api.become('live')
    await a.start()
    await b.box.waitFor()
    await a.box.pressSequentially('Hello')
    await expect.poll(() => b.box.inputValue()).toBe('Hello')
    expect(await a.box.inputValue()).toBe('Hello')
  })

  it('go on when the one that polls is closed, without losing a line', async () => {
    const { tabs, polls } = await three()
    const [page] = polls.now()
    const [first, second] = tabs.filter((panel) => panel.page !== page)
    if (!page || !first || !second) throw new Error('nobody polls')
    await page.close()
    at.api.say('agent', 'Anybody there?')
    for (const panel of [first, second]) await panel.shows('Anybody there?')
    await first.write('Still two')
    const all = ['visitor: From a', 'agent: Anybody there?', 'visitor: Still two']
    for (const panel of [first, second]) await expectLines(panel, at.api, all)
    await expect.poll(() => polls.now().length).toBe(1)
    await first.page.close()
    at.api.say('agent', 'And now?')
    await second.shows('And now?')
    await expect.poll(() => polls.now()).toEqual([second.page])
  })

  it('go on when the one that polls crashes', async () => {
    const { tabs, polls } = await three()
    const [page] = polls.now()
    if (!page) throw new Error('nobody polls')
    const session = await at.context.newCDPSession(page)
    const crashed = page.waitForEvent('crash')
    session.send('Page.crash').catch(() => undefined)
    await crashed
    at.api.say('agent', 'Hello?')
    for (const panel of tabs) if (panel.page !== page) await panel.shows('Hello?')
    expect(at.api.lines).toEqual(['visitor: From a', 'agent: Hello?'])
  })

  it('make one sound for one line, and only when it was asked for', async () => {
    const { a, c, tabs } = await three()
    const heard = async () =>
      (await Promise.all(tabs.map(({ page }) => sounds(page)))).reduce((x, y) => x + y)
    at.api.say('agent', 'Quiet')
    for (const panel of tabs) await panel.shows('Quiet')
    expect(await heard()).toBe(0)
    const button = c.part('sound')
    expect(await button.getAttribute('aria-pressed')).toBe('false')
    await button.click()
    expect(await button.getAttribute('aria-pressed')).toBe('true')
    const before = await heard()
    at.api.say('agent', 'Ding')
    for (const panel of tabs) await panel.shows('Ding')
    await expect.poll(heard).toBe(before + 1)
    // Not for one's own.
    await a.write('Mine')
    for (const panel of tabs) await panel.shows('Mine')
    expect(await heard()).toBe(before + 1)
    await button.click()
    at.api.say('agent', 'Quiet again')
    for (const panel of tabs) await panel.shows('Quiet again')
    expect(await heard()).toBe(before + 1)
  })

  it('end together, and leave nothing stored', async () => {
    const { a, b, c, polls } = await three()
    await b.end()
    for (const panel of [a, c]) await panel.part('again').waitFor()
    expect(await a.page.evaluate(() => localStorage.length)).toBe(0)
    await expect.poll(() => polls.now().length).toBe(0)
  })

  it('join a chat that is begun in one of them while all stand open', async () => {
    at.api.become('live')
    const [a, b] = [await tab('a'), await tab('b')]
    await b.open()
    await b.part('start').waitFor()
    await a.start()
    await a.write('Begun here')
    await b.shows('Begun here')
    await b.write('Gone on there')
    for (const panel of [a, b])
      await expectLines(panel, at.api, ['visitor: Begun here', 'visitor: Gone on there'])
    expect(at.api.calls.filter((call) => call === 'POST /chats').length).toBe(1)
    expect(at.api.calls.filter((call) => call === 'POST /sessions').length).toBe(1)
  })
})

describe('what is not seen', () => {
  it('is counted on the bubble and in the title, marked when it is shown, and forgotten then', async () => {
    at.api.become('live')
    const a = await tab('a')
    await a.start()
    await a.part('minimise').click()
    at.api.say('agent', 'One')
    at.api.say('agent', 'Two')
    await a.page.getByRole('button', { name: 'Open chat, 2 unread' }).waitFor()
    await expect.poll(() => a.page.title()).toBe('(2) Shop')
    // The page may go on changing its title.
    await a.page.evaluate(() => {
      document.title = '(7) Bikes'
    })
    at.api.say('agent', 'Three')
    await expect.poll(() => a.page.title()).toBe('(3) (7) Bikes')
    await a.open()
    await a.shows('Three')
    await expect.poll(() => a.page.title()).toBe('(7) Bikes')
    const first = a.page.locator('frontroom-chat [data-new]')
    expect(await first.count()).toBe(1)
    expect(await first.textContent()).toContain('One')
  })

  it('is also that the chat will be closed', async () => {
    at.api.become('live')
    const a = await tab('a')
    await a.start()
    await a.part('minimise').click()
    at.api.warn(new Date(Date.now() + 60_000).toISOString())
    await a.page.getByRole('button', { name: 'Open chat, 1 unread' }).click()
    await a.part('here').click()
    await a.part('minimise').click()
    await a.page.getByRole('button', { name: 'Open chat', exact: true }).waitFor()
  })
})
