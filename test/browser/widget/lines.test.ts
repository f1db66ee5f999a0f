import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { expectLines, panelOn } from '../support/panel.ts'
import { visits } from '../support/visit.ts'

const at = visits()

async function begin(): Promise<void> {
  at.api.become('live')
  await at.page.goto(at.api.origin)
  await at.panel.start()
}

/** A page of the same visitor, after the last one has died without a word. */
async function crash(): Promise<Page> {
  const next = await at.context.newPage()
  const session = await at.context.newCDPSession(at.page)
  const crashed = at.page.waitForEvent('crash')
  // Nobody is left to answer this.
  session.send('Page.crash').catch(() => undefined)
  await crashed
  return next
}

const kick = () => at.page.evaluate(() => void dispatchEvent(new Event('online')))
const messages = () =>
  at.api.requests.filter(({ what }) => what.endsWith('/messages')).map(({ body }) => body.clientId)
const saved = (page: Page) => page.evaluate(() => JSON.parse(localStorage.getItem('frontroom') ?? 'null'))

describe('lines', () => {
  it('written by both sides while there is no connection arrive once and in order when it is back', async () => {
    await begin()
    await at.panel.write('One')
    await expect.poll(() => at.api.lines.length).toBe(1)
    await at.context.setOffline(true)
    await at.panel.write('Two')
    await at.panel.write('Three')
    await at.panel.shows('Three')
    at.api.say('agent', 'Four')
    at.api.say('agent', 'Five')
    await at.panel.status.filter({ hasText: /connection/i }).waitFor()
    await at.context.setOffline(false)
    await expectLines(at.panel, at.api, [
      'visitor: One',
      'agent: Four',
      'agent: Five',
      'visitor: Two',
      'visitor: Three',
    ])
    await expect.poll(() => at.panel.status.textContent()).toBe('')
  })

  it('go through a slow line of which every twentieth call fails, before or after it had its effect', async () => {
    const session = await at.context.newCDPSession(at.page)
    await session.send('Network.enable')
    const kbit = (400 * 1024) / 8
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 400,
      downloadThroughput: kbit,
      uploadThroughput: kbit,
    })
    at.api.failEvery(20)
    await begin()
    const wanted: string[] = []
    // Until both kinds of failure have happened.
    for (let n = 1; at.api.failures < 2 && n <= 40; n++) {
      await at.panel.write(`Line ${n}`)
      wanted.push(`visitor: Line ${n}`)
      if (n % 4) continue
      await expect.poll(() => at.api.lines.length, { timeout: 20_000 }).toBe(wanted.length)
      at.api.say('agent', `Answer ${n}`)
      wanted.push(`agent: Answer ${n}`)
    }
    at.api.failEvery(0)
    at.api.say('agent', 'The last')
    wanted.push('agent: The last')
    await at.panel.shows('The last')
    await expectLines(at.panel, at.api, wanted)
    expect(at.api.failures).toBe(2)
  })

  it('are sent once when each was refused and its answer lost, under one id each', async () => {
    await begin()
    for (const text of ['One', 'Two', 'Three']) {
      at.api.answer('POST /chats/c1/messages', [503])
      at.api.loseAnswer('POST /chats/c1/messages')
      await at.panel.write(text)
      await at.panel.shows(text)
      // Back-off is for servers; who is told that the network is there tries at once.
      await expect.poll(() => kick().then(() => at.api.lines.at(-1))).toBe(`visitor: ${text}`)
    }
    at.api.say('agent', 'Four')
    await at.panel.shows('Four')
    await kick()
    await expect.poll(() => messages().length).toBe(9)
    await expectLines(at.panel, at.api, ['visitor: One', 'visitor: Two', 'visitor: Three', 'agent: Four'])
    expect(new Set(messages()).size).toBe(3)
  })

  it('on their way are waited for by who ends the chat', async () => {
    await begin()
    at.api.answer('POST /chats/c1/messages', [503])
    await at.panel.write('Thank you!')
    await at.panel.end()
    await expectLines(at.panel, at.api, ['visitor: Thank you!'])
    expect(await at.panel.log.getByRole('button').count()).toBe(0)
  })

  it('keep their order when several are written at once by both sides', async () => {
    await begin()
    for (let n = 0; n < 10; n++) {
      await at.panel.write(`Mine ${n}`)
      at.api.say('agent', `Theirs ${n}`)
    }
    await expect.poll(() => at.api.lines.length).toBe(20)
    await expectLines(at.panel, at.api, at.api.lines)
    const mine = at.api.lines.filter((line) => line.startsWith('visitor'))
    expect(mine).toEqual(Array.from({ length: 10 }, (_, n) => `visitor: Mine ${n}`))
  })
})

describe('what was typed', () => {
  it('stands in the box again after a reload, and after a crash', async () => {
    await begin()
    await at.panel.box.pressSequentially('I was just about to')
    await expect.poll(async () => (await saved(at.page)).draft).toBe('I was just about to')
    await at.page.reload()
    await at.panel.log.waitFor()
    await expect.poll(() => at.panel.box.inputValue()).toBe('I was just about to')
    const next = await crash()
    const panel = panelOn(next)
    await next.goto(at.api.origin)
    await panel.log.waitFor()
    await expect.poll(() => panel.box.inputValue()).toBe('I was just about to')
    await panel.box.press('Enter')
    await expectLines(panel, at.api, ['visitor: I was just about to'])
    // What was sent is no draft any more.
    await expect.poll(async () => (await saved(next)).draft ?? '').toBe('')
  })

  it('and not sent yet is sent by the next page, once and in order, after a crash as well', async () => {
    await begin()
    await at.panel.write('One')
    await expect.poll(() => at.api.lines.length).toBe(1)
    at.api.down(true)
    await at.panel.write('Two')
    await at.panel.write('Three')
    await at.panel.shows('Three')
    await expect.poll(async () => (await saved(at.page)).unsent?.length).toBe(2)
    const next = await crash()
    at.api.down(false)
    at.api.say('agent', 'Are you still there?')
    await next.goto(at.api.origin)
    const panel = panelOn(next)
    await panel.shows('Three')
    await expectLines(panel, at.api, [
      'visitor: One',
      'agent: Are you still there?',
      'visitor: Two',
      'visitor: Three',
    ])
    await expect.poll(async () => (await saved(next)).unsent ?? []).toEqual([])
  })

  it('is not sent twice when only the answer was lost with the page', async () => {
    await begin()
    let release = () => {}
    const never = new Promise<void>((resolve) => {
      release = resolve
    })
    at.api.loseAnswer('POST /chats/c1/messages', never)
    await at.panel.write('Once')
    await expect.poll(() => at.api.lines).toEqual(['visitor: Once'])
    const next = await crash()
    release()
    await next.goto(at.api.origin)
    const panel = panelOn(next)
    await panel.shows('Once')
    await expectLines(panel, at.api, ['visitor: Once'])
    await expect.poll(async () => (await saved(next)).unsent ?? []).toEqual([])
  })

  it('leaves nothing in the storage when the chat has ended', async () => {
    await begin()
    await at.panel.write('Hello')
    await expect.poll(() => at.api.lines.length).toBe(1)
    expect(await at.page.evaluate(() => Object.keys(localStorage))).toEqual(['frontroom'])
    await at.panel.end()
    expect(await at.page.evaluate(() => localStorage.length)).toBe(0)
    expect(await at.context.cookies()).toEqual([])
  })

  it('but not sent when the chat ended stands in the box of the next one, and nowhere else', async () => {
    await begin()
    await at.panel.box.fill('One more thing')
    await expect.poll(async () => (await saved(at.page)).draft).toBe('One more thing')
    at.api.become('closed', 'agent_closed')
    await at.panel.part('again').click()
    expect(await at.page.evaluate(() => localStorage.length)).toBe(0)
    at.api.forget()
    await at.panel.part('start').click()
    await at.panel.log.waitFor()
    await expect.poll(() => at.panel.box.inputValue()).toBe('One more thing')
  })

  it('into a form is kept when the panel is closed and another topic is looked at', async () => {
    const fields = [{ id: 'name', type: 'text', required: true, label: 'Your name' }]
    const topic = (id: string) => ({ id, title: `About ${id}`, open: true, form: { fields } })
    at.api.configure({ topics: [topic('sales'), topic('repairs')] })
    await at.page.goto(at.api.origin)
    await at.panel.open()
    await at.page.getByRole('radio', { name: 'sales' }).check()
    await at.page.getByLabel('Your name').fill('Anna')
    await at.panel.part('minimise').click()
    await at.panel.open()
    await at.page.getByRole('radio', { name: 'repairs' }).check()
    expect(await at.page.getByLabel('Your name').inputValue()).toBe('Anna')
  })

  it('and chosen by mistake can be taken back', async () => {
    const options = [{ value: 's', label: 'Small' }]
    const fields = [{ id: 'size', type: 'select', required: true, label: 'Size', options }]
    at.api.configure({ topics: [{ id: 'sales', title: 'Sales', open: true, form: { fields } }] })
    await at.page.goto(at.api.origin)
    await at.panel.open()
    const size = at.page.getByLabel('Size')
    expect(await size.evaluate((box: HTMLSelectElement) => box.selectedOptions[0]?.label)).toBe(
      'Please choose',
    )
    await size.selectOption('Small')
    await size.selectOption('Please choose')
    await at.panel.part('start').click()
    await at.page.getByText('Please fill').waitFor()
    expect(at.api.calls.filter((call) => call.startsWith('POST'))).toEqual([])
  })

  describe('into a form that is another one by now', () => {
    const name = { id: 'name', type: 'text', required: true, label: 'Your name' }
    const story = { id: 'story', type: 'textarea', required: false, label: 'Story' }
    const news = { id: 'news', type: 'checkbox', required: false, label: 'Write to me' }
    const terms = (version: string) => ({
      id: 'terms',
      type: 'consent',
      required: true,
      version,
      label: `I agree to terms ${version}.`,
    })
    const ask = (...fields: object[]) =>
      at.api.configure({ topics: [{ id: 'sales', title: 'Sales', open: true, form: { fields } }] })
    const refuse = (path: string) =>
      at.api.answer('POST /chats', [400, { code: 'invalid', errors: [{ path, message: 'In English.' }] }])
    const box = (label: string) => at.page.getByRole('checkbox', { name: label })

    it('stays, and what is new is asked for', async () => {
      ask(name, news, terms('1'), story)
      await at.page.goto(at.api.origin)
      await at.panel.open()
      await at.page.getByLabel('Your name').fill('Anna')
      await box('Write to me').check()
      await box('terms 1').check()
      ask(name, news, terms('2'), story)
      refuse('fields.terms')
      let release = () => {}
      at.api.answer('GET /config', null, new Promise<void>((resolve) => (release = resolve)))
      await at.panel.part('start').click()
      await at.page.getByText('Please fill this in.').waitFor()
      // Who writes on meanwhile is not moved into a box that a blank would tick.
      await at.page.getByLabel('Story').pressSequentially('It')
      release()
      await box('terms 2').waitFor()
      await at.page.keyboard.type(' squeaks')
      expect(await at.page.getByLabel('Story').inputValue()).toBe('It squeaks')
      expect(await at.page.getByLabel('Your name').inputValue()).toBe('Anna')
      expect(await box('Write to me').isChecked()).toBe(true)
      expect(await box('terms 2').isChecked()).toBe(false)
      await box('terms 2').check()
      await at.panel.part('start').click()
      await at.panel.log.waitFor()
      const { body } = at.api.requests.filter(({ what }) => what === 'POST /chats').at(-1) ?? {}
      expect(body).toMatchObject({ name: 'Anna', fields: { news: 'yes', terms: '2', story: 'It squeaks' } })
    })

    it('is refused aloud, also where the form has lost what was refused', async () => {
      ask(name, story)
      await at.page.goto(at.api.origin)
      await at.panel.open()
      await at.page.getByLabel('Your name').fill('Anna')
      await at.page.getByLabel('Story').fill('It squeaks')
      ask(name)
      refuse('fields.story')
      await at.panel.part('start').click()
      await at.panel.status.filter({ hasText: 'This did not work' }).waitFor()
      await at.panel.part('start').click()
      await at.panel.log.waitFor()
    })

    it('is asked for in the visitor’s words where a field has become required', async () => {
      ask(story)
      await at.page.goto(at.api.origin)
      await at.panel.open()
      ask({ ...story, required: true })
      refuse('fields.story')
      await at.panel.part('start').click()
      await at.page.getByText('Please fill this in.').waitFor()
    })
  })
})
