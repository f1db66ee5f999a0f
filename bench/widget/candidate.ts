/** A widget to be measured: ours or a rival's, each on a host page of its own. */
import type { Locator, Page } from 'playwright-core'

export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Answer {
  readonly status?: number
  /** Media type; decides whether the answer is worth compressing. */
  readonly type: string
  readonly body: string | Buffer
}

export interface Candidate {
  readonly name: string
  readonly version: string
  /** How it is kept apart from the page around it. */
  readonly isolation: string
  /** What its maker tells a site owner to paste; scripts in it carry the nonce. */
  snippet(nonce: string): string
  /** Files and the backend it expects; `undefined` is a 404. */
  answer(asked: Asked): Answer | undefined | Promise<Answer | undefined>
  /** What has to be seen for a run to count: the bubble, or the chat itself where there is no bubble. */
  seen(page: Page): Locator
  /** What a press on `seen` brings up; absent where the chat stands in the page from the start. */
  opened?(page: Page): Locator
  close?(): Promise<void>
}

/** The page without a widget, which every figure is held against. */
export const emptyPage: Candidate = {
  name: 'empty page',
  version: '',
  isolation: '',
  snippet: () => '',
  answer: () => undefined,
  seen: (page) => page.locator('h1'),
  opened: (page) => page.locator('h1'),
}

const BARE = `const host = document.createElement('div')
const button = document.createElement('button')
button.style.cssText = 'position:fixed;right:20px;bottom:20px;width:56px;height:56px;border:0;background:#0b6e4f'
host.attachShadow({ mode: 'open' }).append(button)
document.documentElement.append(host)`

/** The least a widget can cost: one script that puts a button there, which does nothing. */
export const bareButton: Candidate = {
  name: 'a bare button',
  version: '',
  isolation: 'shadow root',
  snippet: (nonce) => `<script async src="/bare.js" nonce="${nonce}"></script>`,
  answer: ({ url }) => (url.pathname === '/bare.js' ? { type: 'text/javascript', body: BARE } : undefined),
  seen: (page) => page.locator('button'),
}
