import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import en from '../../texts/en.json' with { type: 'json' }
import { violations } from './support/axe.ts'
import { complaints, keep, launch } from './support/chromium.ts'
import { startVisitorApi, type VisitorApi } from './support/visitor-api.ts'

const BIKES = [
  'The Fjord',
  'The Hafen',
  'Something else entirely, as long as it has four panniers and a belt',
]

let browser: Browser
let api: VisitorApi
let context: BrowserContext
let page: Page
let complained: string[]

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())
beforeEach(async () => {
  api = await startVisitorApi(en.widget)
  context = await browser.newContext({ viewport: { width: 620, height: 720 }, reducedMotion: 'reduce' })
  context.setDefaultTimeout(10_000)
  page = await context.newPage()
  complained = complaints(page)
})
afterEach(async () => {
  await context.close()
  await api.close()
})

const log = () => page.getByRole('log')
const choices = () => page.getByRole('group', { name: 'Suggested answers' })
const choice = (name: string) => choices().getByRole('button', { name })
const person = () => page.getByRole('button', { name: 'Talk to a person' })
const status = () => page.locator('[part=status]')
const box = () => page.getByRole('textbox')
const focused = () =>
  page.evaluate(() => {
    const element = document.activeElement?.shadowRoot?.activeElement
    return element?.getAttribute('part') ?? element?.tagName
  })

async function start(at = api): Promise<void> {
  await page.goto(at.origin)
  await page.getByRole('button', { name: /open/i }).click()
  await page.locator('[part=start]').click()
  await log().waitFor()
}

describe('a chat with a bot', () => {
  it('says who answers, and fetches what a bot needs only then', async () => {
    api.become('live')
    await start()
    await box().fill('Hello')
    expect(await status().textContent()).toBe('')
    expect(api.calls.filter((call) => call.includes('bot.'))).toEqual([])
    api.become('bot')
    await person().waitFor()
    expect(await status().textContent()).toBe('You are chatting with our assistant.')
    expect(api.calls.filter((call) => call.includes('bot.')).length).toBe(1)
    expect(complained).toEqual([])
  })

  it('is greeted before anything is written, and hears the greeting before what it may answer', async () => {
    api.say('bot', 'Good evening!', BIKES)
    await start()
    await choice('The Fjord').waitFor()
    api.become('closed', 'agent_closed')
    await page.getByRole('button', { name: 'Start a new chat' }).click()
    await page.locator('[part=start]').waitFor()
    // From now on the bot's part is there, and could be quicker than the log, which lets screen readers find it first.
    api.forget()
    api.say('bot', 'Good evening again!', BIKES)
    await page.evaluate(() => {
      const told: (string | null)[] = []
      Object.assign(window, { told })
      const root = document.querySelector('frontroom-chat')?.shadowRoot
      const observer = new MutationObserver((changes) => {
        for (const { addedNodes } of changes)
          for (const node of addedNodes) if (node instanceof Element) told.push(node.getAttribute('part'))
      })
      if (root) observer.observe(root, { childList: true, subtree: true })
    })
    await page.locator('[part=start]').click()
    await choice('The Fjord').waitFor()
    const told = await page.evaluate(() => (window as unknown as { told: (string | null)[] }).told)
    expect(told.filter((part) => part === 'message' || part === 'choices')).toEqual(['message', 'choices'])
    expect(complained).toEqual([])
  })

  it('offers answers below the newest line, sends the one picked as the visitor’s, and takes them away', async () => {
    await start()
    api.say('bot', 'Which bike is it about?', BIKES)
    await choice('The Hafen').waitFor()
    expect(await violations(page)).toEqual([])
    await keep(page, '20-choices')
    const list = await log().ariaSnapshot()
    expect(list.indexOf('Which bike is it about?')).toBeLessThan(list.indexOf('Suggested answers'))
    await choice('The Hafen').click()
    await log().getByText('The Hafen').waitFor()
    await expect.poll(() => api.written).toEqual(['The Hafen'])
    expect(await choices().count()).toBe(0)
    expect(await focused()).toBe('TEXTAREA')
    expect(complained).toEqual([])
  })

  it('takes the answers away when another line comes, from whomever, and when the chat ends', async () => {
    await start()
    api.say('bot', 'Which bike?', BIKES)
    await choice('The Fjord').waitFor()
    api.say('bot', 'Or is it about a repair?', ['Yes', 'No'])
    await choice('Yes').waitFor()
    expect(await choices().getByRole('button').allTextContents()).toEqual(['Yes', 'No'])
    api.say('system', 'You are now talking to: Sales.')
    await log().getByText('You are now talking to: Sales.').waitFor()
    expect(await choices().count()).toBe(0)
    api.say('bot', 'Anything else?', ['Yes', 'No'])
    await choice('No').waitFor()
    api.become('closed', 'agent_closed')
    await page.getByText('Our team ended the chat.').waitFor()
    expect(await choices().count()).toBe(0)
    expect(await person().count()).toBe(0)
  })

  it('is used by keyboard alone: the answers come after the log and before the box', async () => {
    await start()
    api.say('bot', 'Which bike?', BIKES)
    await choice('The Fjord').waitFor()
    await log().focus()
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('choice')
    await page.keyboard.press('Tab')
    api.warn(new Date(Date.now() + 60_000).toISOString())
    await page.getByText(/are you still there/i).waitFor()
    // Drawn again, and still where it was.
    expect(await focused()).toBe('choice')
    await keep(page, '21-choices-keyboard')
    await page.keyboard.press('Enter')
    await log().getByText('The Hafen').waitFor()
    expect(await focused()).toBe('TEXTAREA')
  })

  it('shows as many and as long answers as a bot may have, within the panel', async () => {
    await page.setViewportSize({ width: 320, height: 568 })
    await start()
    const many = Array.from({ length: 13 }, (_, n) => `${n + 1} ${'word'.repeat(n)}<b>&amp;`)
    api.say('bot', 'Which of all these?', many)
    await choices().waitFor()
    expect(await choices().getByRole('button').allTextContents()).toEqual(many)
    const sizes = await choices()
      .getByRole('button')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect()))
    for (const { left, right, height } of sizes) {
      expect([left >= 0, right <= 320, height >= 24]).toEqual([true, true, true])
    }
    // What is asked is not pushed out of sight by its answers.
    const question = await log().getByText('Which of all these?').boundingBox()
    const frame = await log().boundingBox()
    expect(question?.y ?? 0).toBeGreaterThan(frame?.y ?? 0)
    await keep(page, '22-many-choices')
    expect(await violations(page)).toEqual([])
  })

  it('leaves a phone’s keyboard folded when an answer is picked', async () => {
    await context.close()
    context = await browser.newContext({
      viewport: { width: 360, height: 640 },
      hasTouch: true,
      isMobile: true,
    })
    page = await context.newPage()
    await start()
    api.say('bot', 'Which bike?', BIKES)
    await choice('The Fjord').tap()
    await log().getByText('The Fjord').waitFor()
    expect(await focused()).toBe('log')
  })

  it('is mirrored where the language runs from right to left', async () => {
    const arabic = await startVisitorApi({ ...en.widget, talkToPerson: 'التحدث إلى شخص' }, 'ar')
    await start(arabic)
    arabic.say('bot', 'أي دراجة؟', ['فيورد', 'هافن', 'BX-12 (2026)'])
    const first = page.getByRole('button', { name: 'فيورد' })
    await first.waitFor()
    const edge = await first.boundingBox()
    const frame = await log().boundingBox()
    expect((edge?.x ?? 0) + (edge?.width ?? 0)).toBeGreaterThan((frame?.x ?? 0) + (frame?.width ?? 0) - 40)
    await keep(page, '23-choices-rtl')
    expect(await violations(page)).toEqual([])
    await page.goto('about:blank')
    await arabic.close()
  })

  it('looks right in the dark', async () => {
    await page.emulateMedia({ colorScheme: 'dark' })
    await start()
    api.say('bot', 'Which bike?', BIKES)
    await choice('The Fjord').waitFor()
    await keep(page, '24-choices-dark')
    expect(await violations(page)).toEqual([])
  })

  it('goes on without the bot’s part when that cannot be fetched, and fetches it again later', async () => {
    api.lose('bot')
    await start()
    api.say('bot', 'Hello', ['Hi'])
    await log().getByText('Hello').waitFor()
    await box().fill('Good day')
    await page.keyboard.press('Enter')
    await person().waitFor()
    expect(api.written).toEqual(['Good day'])
    api.say('bot', 'Which bike?', BIKES)
    await choice('The Fjord').waitFor()
  })

  it('shows the answers and the way to a person again after a reload', async () => {
    await start()
    api.say('bot', 'Which bike?', BIKES)
    await choice('The Fjord').waitFor()
    await page.reload()
    await choice('The Fjord').waitFor()
    await person().waitFor()
    expect(await focused()).toBeUndefined()
  })
})

describe('the way to a person', () => {
  it('is asked for once, waits, and is gone when somebody will come', async () => {
    await start()
    await person().waitFor()
    await keep(page, '25-bot')
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    api.answer('POST /chats/c1/handover', [202], held)
    await person().click()
    await person().click({ force: true })
    expect(await person().getAttribute('aria-disabled')).toBe('true')
    expect(await focused()).toBe('person')
    expect(await violations(page)).toEqual([])
    release()
    api.say('bot', 'Thank you. I am passing you on to our team.')
    api.become('waiting')
    await page.getByText('We will be with you in a moment.').waitFor()
    expect(await person().count()).toBe(0)
    // Who had pressed it goes on in the box.
    expect(await focused()).toBe('TEXTAREA')
    expect(api.calls.filter((call) => call.endsWith('handover')).length).toBe(1)
    expect(await violations(page)).toEqual([])
    await keep(page, '26-waiting')
    api.say('agent', 'Hello, this is Anna.')
    api.become('live')
    await log().getByText('Hello, this is Anna.').waitFor()
    expect(await status().textContent()).toBe('')
    api.become('bot')
    await person().waitFor()
    expect(await person().getAttribute('aria-disabled')).toBeNull()
  })

  it('can be asked for again when the bot could reach nobody', async () => {
    await start()
    await person().click()
    await expect.poll(() => api.calls.filter((call) => call.endsWith('handover')).length).toBe(1)
    api.say('bot', 'I could not reach our team just now.')
    await log().getByText('I could not reach our team').waitFor()
    await expect.poll(() => person().getAttribute('aria-disabled')).toBeNull()
  })

  it.each([
    [503, {}],
    [404, { code: 'not_found' }],
  ])('says that it did not work when the answer is %i, and works the next time', async (refusal, body) => {
    await start()
    api.answer('POST /chats/c1/handover', [refusal, body])
    await person().click()
    await page.getByText('This did not work. Please try again.').waitFor()
    expect(await violations(page)).toEqual([])
    await keep(page, '27-handover-failed')
    await person().click()
    await page.getByText('You are chatting with our assistant.').waitFor()
    api.become('waiting')
    await page.getByText('We will be with you in a moment.').waitFor()
  })

  it('steps back while the visitor is asked whether to end the chat', async () => {
    await start()
    await person().waitFor()
    await page.getByRole('button', { name: 'End chat' }).click()
    expect(await person().count()).toBe(0)
    await page.getByRole('button', { name: 'Keep chatting' }).click()
    await person().waitFor()
  })
})
