import { describe, expect, it } from 'vitest'
import { hostPage } from '../support/host-page.ts'
import { visits } from '../support/visit.ts'

const at = visits()

/**
 * Notes what a screen reader would read: what is added to a log that stands in the document already. What stands in the log
 * when it is put there is history, and is not read.
 */
function listen(): void {
  const spoken: string[] = []
  Object.assign(window, { spoken })
  const observer = new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      const inLog = target instanceof Element && target.isConnected && target.closest('[role=log]')
      for (const node of inLog ? addedNodes : [])
        for (const line of linesIn(node)) spoken.push(line.textContent ?? '')
    }
  })
  const linesIn = (node: Node) =>
    node instanceof Element && node.matches('[part=message]') ? node.querySelectorAll('[dir=auto]') : []
  const { attachShadow } = Element.prototype
  Element.prototype.attachShadow = function (options) {
    const root = attachShadow.call(this, options)
    observer.observe(root, { childList: true, subtree: true })
    return root
  }
}

const spoken = () => at.page.evaluate(() => (window as unknown as { spoken: string[] }).spoken)

async function visit(): Promise<void> {
  at.api.serve('/shop', hostPage({ body: '<main><h1>Shop</h1><input aria-label="Search"></main>' }))
  at.api.become('live')
  await at.page.addInitScript(listen)
  await at.page.goto(`${at.api.origin}/shop`)
}

describe('the live region', () => {
  it('stands there before it is filled, is polite, and has a name', async () => {
    await visit()
    at.api.say('agent', 'Good evening!')
    await at.panel.start()
    await at.panel.shows('Good evening!')
    expect(await spoken()).toEqual(['Good evening!'])
    const { role, live, atomic } = await at.panel.log.evaluate((log) => ({
      role: log.getAttribute('role'),
      live: log.getAttribute('aria-live'),
      atomic: log.getAttribute('aria-atomic'),
    }))
    expect(role).toBe('log')
    expect(live ?? 'polite').toBe('polite')
    expect(atomic ?? 'false').toBe('false')
    expect(await at.page.getByRole('log', { name: 'Conversation' }).count()).toBe(1)
  })

  it('reads each new line once, whoever wrote it, and no change of a mark', async () => {
    await visit()
    await at.panel.start()
    await at.panel.write('One')
    at.api.say('agent', 'Two')
    await at.panel.shows('Two')
    await at.panel.write('Three')
    await expect.poll(() => at.api.lines.length).toBe(3)
    at.api.tell('delivered', 'One')
    at.api.tell('edited', 'Two', 'Two, I mean')
    await at.panel.shows('Two, I mean')
    at.api.say('system', 'You are now talking to: Sales.')
    at.api.say('agent', 'Four')
    at.api.tell('deleted', 'Four')
    await at.panel.log.getByText('deleted').waitFor()
    const all = await spoken()
    expect(all.slice(0, 4)).toEqual(['One', 'Two', 'Three', 'You are now talking to: Sales.'])
    // A line that came and went at once may be heard either way, but once.
    expect(all.length).toBe(5)
  })

  it('does not read again what was refused at first and sent later', async () => {
    await visit()
    await at.panel.start()
    at.api.answer('POST /chats/c1/messages', [503])
    await at.panel.write('Once')
    await expect.poll(() => at.api.lines, { timeout: 10_000 }).toEqual(['visitor: Once'])
    at.api.say('agent', 'Twice')
    await at.panel.shows('Twice')
    expect(await spoken()).toEqual(['Once', 'Twice'])
  })

  it('never reads the history: not after a reload, not when the panel is opened again', async () => {
    await visit()
    await at.panel.start()
    await at.panel.write('One')
    at.api.say('agent', 'Two')
    await at.panel.shows('Two')
    await at.page.reload()
    await at.panel.shows('Two')
    expect(await spoken()).toEqual([])
    at.api.say('agent', 'Three')
    await at.panel.shows('Three')
    expect(await spoken()).toEqual(['Three'])
    await at.panel.part('minimise').click()
    await at.panel.bubble.click()
    await at.panel.shows('Three')
    await at.panel.write('Four')
    await expect.poll(() => at.api.lines.length).toBe(4)
    expect(await spoken()).toEqual(['Three', 'Four'])
  })

  it('tells of the connection, of waiting and of the end as a status beside the log', async () => {
    await visit()
    at.api.become('waiting')
    await at.panel.start()
    const status = at.page.getByRole('status')
    expect(await status.count()).toBe(1)
    await status.filter({ hasText: /moment/ }).waitFor()
    at.api.become('closed', 'agent_closed')
    await status.filter({ hasText: /ended/ }).waitFor()
    expect(await spoken()).toEqual([])
  })
})

describe('a line that arrives', () => {
  it('never takes the focus, neither from the page nor from what is being written', async () => {
    await visit()
    await at.panel.start()
    await at.page.getByRole('textbox', { name: 'Search' }).fill('green')
    at.api.say('agent', 'Hello!')
    await at.panel.shows('Hello!')
    expect(await at.panel.focused()).toBe('<input>')
    await at.panel.box.fill('I am wri')
    await at.panel.box.evaluate((box: HTMLTextAreaElement) => box.setSelectionRange(2, 4))
    at.api.say('agent', 'Are you there?', ['Yes'])
    at.api.warn(new Date(Date.now() + 60_000).toISOString())
    await at.panel.part('here').waitFor()
    expect(await at.panel.focused()).toBe('TEXTAREA')
    expect(
      await at.panel.box.evaluate((box: HTMLTextAreaElement) => [
        box.value,
        box.selectionStart,
        box.selectionEnd,
      ]),
    ).toEqual(['I am wri', 2, 4])
    // Neither does the end of the chat, when the visitor is elsewhere.
    await at.page.getByRole('textbox', { name: 'Search' }).focus()
    at.api.become('closed', 'agent_closed')
    await at.panel.part('again').waitFor()
    expect(await at.panel.focused()).toBe('<input>')
  })

  it('leaves who reads further up where they are', async () => {
    await visit()
    await at.panel.start()
    for (let n = 0; n < 40; n++) at.api.say('agent', `Line ${n}`)
    await at.panel.shows('Line 39')
    const first = at.panel.log.getByText('Line 3', { exact: true })
    await first.scrollIntoViewIfNeeded()
    const place = () => first.boundingBox().then((box) => box?.y ?? 0)
    const before = await place()
    at.api.say('agent', 'Something new')
    await at.panel.log.getByText('Something new').waitFor({ state: 'attached' })
    expect(Math.abs((await place()) - before)).toBeLessThan(2)
    // Who writes wants to see it.
    await at.panel.write('My own')
    await expect.poll(() => at.panel.log.getByText('My own').evaluate(isInView)).toBe(true)
  })
})

function isInView(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect()
  const frame = element.closest('[role=log]')?.getBoundingClientRect()
  return !!frame && top >= frame.top - 1 && bottom <= frame.bottom + 1
}
