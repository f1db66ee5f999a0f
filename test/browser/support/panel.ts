/** What a visitor does with the widget on a page, and what they see of it. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { VisitorApi } from './visitor-api.ts'

export type Panel = ReturnType<typeof panelOn>

export function panelOn(page: Page) {
  const part = (name: string) => page.locator(`frontroom-chat [part=${name}]`)
  const panel = {
    page,
    part,
    bubble: part('button'),
    dialog: part('panel'),
    status: part('status'),
    log: page.getByRole('log', { name: 'Conversation' }),
    box: part('composer').locator('textarea'),
    /** The texts of the conversation, first to last. */
    lines: () => page.locator('frontroom-chat [part=message] [dir=auto]').allTextContents(),
    async open(): Promise<void> {
      await panel.bubble.click()
      await panel.dialog.waitFor()
    },
    /** A chat without a form, in the one topic there is. */
    async start(): Promise<void> {
      await panel.open()
      await part('start').click()
      await panel.log.waitFor()
    },
    async write(text: string): Promise<void> {
      await panel.box.fill(text)
      await panel.box.press('Enter')
    },
    shows: (text: string) => panel.log.getByText(text, { exact: true }).last().waitFor(),
    async end(): Promise<void> {
      await part('end').click()
      await part('confirm-end').click()
      await part('again').waitFor()
    },
    /** `part` or tag name of what has the focus in the widget; of the page's, its tag: `<a>`. */
    focused: () =>
      page.evaluate(() => {
        const host = document.activeElement
        const element = host?.shadowRoot?.activeElement
        return element ? (element.getAttribute('part') ?? element.tagName) : `<${host?.localName}>`
      }),
  }
  return panel
}

/** How a line of the conversation reads when it was said by `from`. */
const textOf = (line: string) => line.replace(/^\w+: /, '')

/** Both sides have the same lines in the same order, and these. */
export async function expectLines(panel: Panel, api: VisitorApi, wanted: readonly string[]): Promise<void> {
  await expect.poll(() => panel.lines(), { timeout: 15_000 }).toEqual(wanted.map(textOf))
  await expect.poll(() => api.lines, { timeout: 15_000 }).toEqual(wanted)
}

/** A whole conversation, from the bubble to the end; nothing of it may be lost, doubled or out of order. */
export async function converse(panel: Panel, api: VisitorApi): Promise<void> {
  api.become('live')
  await panel.start()
  await panel.write('Do you have it in green?')
  await expect.poll(() => api.lines, { timeout: 15_000 }).toEqual(['visitor: Do you have it in green?'])
  api.say('agent', 'Two of them.')
  await panel.shows('Two of them.')
  api.say('agent', 'Shall I keep one?')
  await panel.shows('Shall I keep one?')
  await panel.write('Yes, please.')
  await panel.shows('Yes, please.')
  const all = [
    'visitor: Do you have it in green?',
    'agent: Two of them.',
    'agent: Shall I keep one?',
    'visitor: Yes, please.',
  ]
  await expect.poll(() => api.lines, { timeout: 15_000 }).toEqual(all)
  await panel.end()
  await expectLines(panel, api, all)
}
