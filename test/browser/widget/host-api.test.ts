import { describe, expect, it } from 'vitest'
import { listen, STUB, tell } from '../support/host-api.ts'
import { type HostPage, hostPage } from '../support/host-page.ts'
import { expectLines } from '../support/panel.ts'
import { visits } from '../support/visit.ts'

const at = visits()

const topic = (id: string) => ({ id, title: `About ${id}`, open: true, form: { fields: [] } })

async function visit(page: HostPage = {}): Promise<void> {
  at.api.become('live')
  at.api.serve('/shop', hostPage(page))
  await at.page.goto(`${at.api.origin}/shop`)
  await at.panel.bubble.waitFor({ state: 'attached' })
}

const begun = () => at.panel.log.waitFor()
const call = (what: string) => at.api.requests.filter((request) => request.what === what)
/** How the widget stands there: what it says of its language, and how its panel looks. */
const host = () =>
  at.page.evaluate(() => {
    const element = document.querySelector('frontroom-chat') as HTMLElement
    const panel = element.shadowRoot?.querySelector('[part=panel]')
    const [red = 255] = panel ? (getComputedStyle(panel).backgroundColor.match(/\d+/g) ?? []).map(Number) : []
    const isLeft = element.getBoundingClientRect().left < innerWidth / 2
    return { lang: element.lang, theme: red < 128 ? 'dark' : 'light', position: isLeft ? 'left' : 'right' }
  })

describe('commands', () => {
  it('given before the loader came are done in their order', async () => {
    at.api.configure({ topics: [topic('sales'), topic('billing')] })
    const heard = await listen(at.page)
    const early = `<script>
      Frontroom('on', 'open', () => document.title += ' opened')
      Frontroom('set', { theme: 'dark', position: 'left' })
      Frontroom('open', 'billing')
    </script>`
    await visit({ head: STUB + early })
    await at.page.getByRole('radio', { name: 'billing' }).waitFor()
    expect(await at.page.getByRole('radio', { name: 'billing' }).isChecked()).toBe(true)
    expect(await at.page.title()).toBe('Shop opened')
    expect(await host()).toMatchObject({ theme: 'dark', position: 'left' })
    expect((await heard()).filter((name) => /ready|open/.test(name)).sort()).toEqual(['open', 'ready'])
  })

  it('open, close and toggle the panel; an unknown one does nothing', async () => {
    await visit()
    await tell(at.page, 'open')
    await at.panel.part('start').waitFor()
    await tell(at.page, 'close')
    await at.panel.dialog.waitFor({ state: 'hidden' })
    await tell(at.page, 'toggle')
    await at.panel.dialog.waitFor()
    await tell(at.page, 'toggle')
    await at.panel.dialog.waitFor({ state: 'hidden' })
    await tell(at.page, 'fly', 'away')
    await tell(at.page, 'toString')
    expect(at.complained).toEqual([])
  })

  it('hide the bubble and what stands open, show it again, and open the panel without it', async () => {
    await visit()
    await at.panel.open()
    await tell(at.page, 'hide')
    await at.panel.bubble.waitFor({ state: 'hidden' })
    expect(await at.panel.dialog.isVisible()).toBe(false)
    await tell(at.page, 'open')
    await at.panel.part('start').waitFor()
    expect(await at.panel.bubble.isVisible()).toBe(false)
    await tell(at.page, 'show')
    await at.panel.bubble.waitFor()
  })

  it('set the theme, the side and the language while it runs', async () => {
    await visit()
    await at.panel.open()
    await tell(at.page, 'set', { theme: 'dark', position: 'left', lang: 'ar' })
    await expect.poll(host).toMatchObject({ theme: 'dark', position: 'left' })
    await expect.poll(() => at.api.asked.at(-1)?.get('lang')).toBe('ar')
    await at.panel.part('start').waitFor()
    await tell(at.page, 'set', { theme: 'auto', position: 'right' })
    await expect.poll(host).toMatchObject({ theme: 'light', position: 'right' })
    await at.page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(host).toMatchObject({ theme: 'dark' })
  })

  it('say the language of what stands there, which is not always the one asked for', async () => {
    await visit({ lang: 'cs' })
    await at.panel.open()
    await at.panel.part('start').waitFor()
    await expect.poll(host).toMatchObject({ lang: 'en' })
    await tell(at.page, 'set', { theme: 'dark' })
    await expect.poll(host).toMatchObject({ lang: 'en', theme: 'dark' })
    await tell(at.page, 'set', { lang: 'ar' })
    await expect.poll(() => at.api.asked.at(-1)?.get('lang')).toBe('ar')
    await expect.poll(host).toMatchObject({ lang: 'en' })
  })

  it('send a text: kept until a chat has begun, then its first line; at once in a chat that runs', async () => {
    await visit()
    await tell(at.page, 'send', 'I have a question about the Fjord')
    await at.panel.part('start').waitFor()
    expect(at.api.calls.filter((each) => each.startsWith('POST'))).toEqual([])
    await at.panel.part('start').click()
    await begun()
    await at.panel.shows('I have a question about the Fjord')
    await at.panel.write('Does it come in green?')
    await tell(at.page, 'close')
    await tell(at.page, 'send', 'And in blue?')
    await at.panel.shows('And in blue?')
    expect(await at.panel.dialog.isVisible()).toBe(true)
    await expectLines(at.panel, at.api, [
      'visitor: I have a question about the Fjord',
      'visitor: Does it come in green?',
      'visitor: And in blue?',
    ])
  })

  it('send a text from the next page of a chat that runs, before the conversation is there', async () => {
    await visit()
    await at.panel.start()
    at.api.serve('/cart', hostPage({ head: `${STUB}<script>Frontroom('send', 'I am at the till')</script>` }))
    await at.page.goto(`${at.api.origin}/cart`)
    await expectLines(at.panel, at.api, ['visitor: I am at the till'])
  })

  it('close and reset leave the focus where the visitor writes', async () => {
    await visit({ body: '<main><label>Search <input></label></main>' })
    for (const command of ['close', 'hide', 'reset']) {
      await tell(at.page, 'show')
      await tell(at.page, 'open')
      await at.panel.part('start').waitFor()
      await at.page.getByLabel('Search').pressSequentially('bik')
      await tell(at.page, command)
      await at.panel.dialog.waitFor({ state: 'hidden' })
      expect(await at.panel.focused()).toBe('<input>')
    }
  })

  it('reset while a chat is being started leaves the form, not a chat that has ended', async () => {
    await visit()
    await at.panel.open()
    await at.panel.part('start').waitFor()
    const answered = at.page.waitForResponse(/\/chats$/)
    let answer = () => {}
    const late = new Promise<void>((done) => {
      answer = done
    })
    at.api.answer('POST /chats', null, late)
    await at.panel.part('start').click()
    await expect.poll(() => call('POST /chats').length).toBe(1)
    await tell(at.page, 'reset')
    answer()
    await answered
    await at.panel.open()
    await at.panel.part('start').waitFor()
    expect(await at.panel.status.textContent()).toBe('')
  })

  it('reset at a logout: the session ends, nothing is remembered, and the next chat is another visitor’s', async () => {
    const fields = [{ id: 'name', type: 'text', required: true, label: 'Your name' }]
    at.api.configure({ topics: [{ ...topic('sales'), form: { fields } }] })
    await visit()
    await at.panel.open()
    await at.page.getByLabel('Your name').fill('Anna Nowak')
    await at.panel.part('start').click()
    await begun()
    await at.panel.write('My order is 4711')
    await expect.poll(() => at.api.lines.length).toBe(1)
    await at.panel.box.fill('My password is')
    await tell(at.page, 'reset')
    await at.panel.dialog.waitFor({ state: 'hidden' })
    await expect.poll(() => call('DELETE /session').length).toBe(1)
    expect(await at.page.evaluate(() => localStorage.length)).toBe(0)
    at.api.forget()
    await at.panel.open()
    await at.page.getByLabel('Your name').waitFor()
    expect(await at.page.getByLabel('Your name').inputValue()).toBe('')
    await at.page.getByLabel('Your name').fill('Ben')
    await at.panel.part('start').click()
    await begun()
    expect(await at.panel.box.inputValue()).toBe('')
    expect(await at.panel.lines()).toEqual([])
    expect(call('POST /sessions').length).toBe(2)
  })
})

describe('events', () => {
  it('tell what happens and how much is unread, and not a word of the conversation', async () => {
    const heard = await listen(at.page)
    const counts = `<script>
      var counts = []
      Frontroom('on', 'unread', ({ detail }) => counts.push(detail))
    </script>`
    await visit({ head: STUB + counts })
    await at.panel.start()
    await at.panel.write('My secret')
    at.api.say('agent', 'Our secret')
    await at.panel.shows('Our secret')
    await at.panel.part('minimise').click()
    at.api.say('agent', 'Another secret')
    at.api.say('agent', 'A third secret')
    await at.page.getByRole('button', { name: /2 unread/ }).waitFor()
    await at.panel.open()
    await at.panel.end()
    const all = await heard()
    expect(all.filter((event) => !/^(message|unread)/.test(event))).toEqual([
      'ready',
      'open',
      'start',
      'close',
      'open',
      'end',
    ])
    expect(all.filter((event) => event.startsWith('unread')).slice(-2)).toEqual(['unread 2', 'unread 0'])
    expect(all.filter((event) => event.startsWith('message')).length).toBeGreaterThanOrEqual(2)
    expect(all.join(' ')).not.toContain('secret')
    expect(
      JSON.stringify(await at.page.evaluate(() => (window as unknown as { counts: number[] }).counts)),
    ).toBe(
      JSON.stringify(
        all.filter((event) => event.startsWith('unread')).map((event) => Number(event.slice(7))),
      ),
    )
  })

  it('are heard by on until off, a listener that fails harms nobody', async () => {
    await visit()
    const count = () => at.page.evaluate(() => (window as unknown as { count: number }).count)
    await at.page.evaluate(() => {
      const page = window as unknown as {
        Frontroom(...all: unknown[]): unknown
        count: number
        add(): void
      }
      page.count = 0
      page.add = () => {
        page.count++
      }
      page.Frontroom('on', 'open', () => {
        throw new Error('not ours')
      })
      page.Frontroom('on', 'open', page.add)
      page.Frontroom('on', 'close', page.add)
      page.Frontroom('off', 'close', page.add)
    })
    await at.panel.open()
    await expect.poll(count).toBe(1)
    await tell(at.page, 'close')
    await at.panel.dialog.waitFor({ state: 'hidden' })
    expect(await count()).toBe(1)
    await at.page.evaluate(() => {
      const page = window as unknown as { Frontroom(...all: unknown[]): unknown; add(): void }
      page.Frontroom('off', 'open', page.add)
    })
    await at.panel.open()
    await at.panel.part('start').waitFor()
    expect(await count()).toBe(1)
  })

  it('tell of an error when the chat cannot be had, and the next click has it', async () => {
    const heard = await listen(at.page)
    at.api.lose('chat')
    await visit()
    await at.panel.bubble.click()
    await expect.poll(heard).toEqual(['ready', 'error'])
    await at.panel.bubble.click()
    await at.panel.part('start').waitFor()
  })
})

describe('what the page says of itself', () => {
  it('is taken from the tag: language, topic, theme, side', async () => {
    at.api.configure({ topics: [topic('sales'), topic('billing')] })
    await visit({ tag: 'data-lang="de" data-topic="billing" data-theme="light" data-position="left"' })
    expect(await host()).toMatchObject({ lang: 'de', position: 'left' })
    await at.page.emulateMedia({ colorScheme: 'dark' })
    await at.panel.open()
    await at.page.getByRole('radio', { name: 'billing' }).waitFor()
    expect(await host()).toMatchObject({ theme: 'light' })
    expect(await at.page.getByRole('radio', { name: 'billing' }).isChecked()).toBe(true)
    expect(at.api.asked.at(-1)?.get('lang')).toBe('de')
  })

  it('opens the topic that an element of it names', async () => {
    at.api.configure({ topics: [topic('sales'), topic('billing')] })
    await visit({ body: '<button data-frontroom-open="billing"><b>My bill</b></button>' })
    await at.page.getByText('My bill').click()
    await at.page.getByRole('radio', { name: 'billing' }).waitFor()
    expect(await at.page.getByRole('radio', { name: 'billing' }).isChecked()).toBe(true)
  })

  it('opens beside a dialog of the page that keeps all else from being used', async () => {
    const body = '<dialog id="cart"><button data-frontroom-open>Help</button></dialog>'
    await visit({ body })
    await at.page.evaluate(() => document.querySelector<HTMLDialogElement>('#cart')?.showModal())
    await at.page.getByText('Help').click()
    await at.panel.part('start').click()
    await begun()
    await at.panel.write('In the middle of something')
    await expectLines(at.panel, at.api, ['visitor: In the middle of something'])
    await at.page.keyboard.press('Escape')
    await at.panel.dialog.waitFor({ state: 'hidden' })
    expect(await at.panel.focused()).toBe('<button>')
    await at.page.keyboard.press('Escape')
    expect(await at.page.evaluate(() => document.querySelector(':modal'))).toBe(null)
  })

  it('leaves a link to whoever wants it in another tab', async () => {
    await visit({ body: '<a href="/help" data-frontroom-open>Help</a>' })
    at.api.serve('/help', hostPage({ tag: null }))
    const other = at.context.waitForEvent('page')
    await at.page.getByText('Help').click({ modifiers: ['ControlOrMeta'] })
    expect(new URL((await other).url()).pathname).toBe('/help')
    expect(await at.panel.dialog.count()).toBe(0)
  })

  it('opens on a double click, too', async () => {
    await visit()
    await at.panel.open()
    await at.panel.part('start').waitFor()
    await at.panel.part('minimise').click()
    await at.panel.bubble.dblclick()
    await at.panel.part('start').waitFor()
    expect(await at.panel.dialog.isVisible()).toBe(true)
  })

  it('goes with the session: what the tag says and what was set last, and by PATCH what is set later', async () => {
    await visit({ tag: 'data-param-shop="north"' })
    await tell(at.page, 'set', { parameters: { customer: '4711' } })
    await tell(at.page, 'set', { parameters: { basket: '2 bikes' } })
    await at.panel.open()
    await at.panel.part('start').waitFor()
    expect(at.api.calls.filter((each) => /session/.test(each))).toEqual([])
    await at.panel.part('start').click()
    await begun()
    const expected = { shop: 'north', basket: '2 bikes' }
    expect(call('POST /sessions').map(({ body }) => body.parameters)).toEqual([expected])
    await tell(at.page, 'set', { parameters: { basket: '3 bikes' } })
    await expect.poll(() => call('PATCH /session').length).toBe(1)
    expect(call('PATCH /session')[0]?.body.parameters).toMatchObject({ basket: '3 bikes' })
    // Within the bounds of the API, whatever a page says, and from a tag that is run again as well.
    await tell(at.page, 'set', { parameters: { basket: 4 }, paramPage: 'x'.repeat(300) })
    await expect.poll(() => call('PATCH /session').length).toBe(2)
    expect(call('PATCH /session')[1]?.body.parameters).toEqual({ basket: '4', page: 'x'.repeat(256) })
    // Something else that is set is none of the server's business.
    await tell(at.page, 'set', { theme: 'dark' })
    await at.panel.write('Hello')
    await expect.poll(() => at.api.lines.length).toBe(1)
    expect(call('PATCH /session').length).toBe(2)
  })
})
