import { afterEach, describe, expect, it } from 'vitest'
import { keep } from '../support/chromium.ts'
import { type HostPage, hostPage, STRICT } from '../support/host-page.ts'
import { converse } from '../support/panel.ts'
import { visits } from '../support/visit.ts'

const at = visits()
afterEach(() => expect(at.complained).toEqual([]))

const HOSTILE_CSS = `
  * { all: unset !important; letter-spacing: 1em !important; }
  html { font-size: 62.5% !important; }
  head, script, style, title { display: none !important; }
  body { transform: scale(0.5) rotate(3deg); filter: blur(1px); overflow: hidden; height: 100vh; }
  div, dialog, button, textarea, span, p { display: none !important; }
  button { position: fixed !important; inset: 0 !important; }
  :focus { outline: none !important; }
  frontroom-chat {
    display: none !important; visibility: hidden !important; opacity: 0 !important; pointer-events: none !important;
    position: static !important; transform: translateX(9999px) !important; zoom: 3 !important; z-index: -1 !important;
    font: 5px fantasy !important; line-height: 0 !important; color: red !important; clip-path: inset(50%) !important;
    width: 1px !important; height: 1px !important; overflow: hidden !important; contain: strict !important;
    text-transform: uppercase !important; user-select: none !important; cursor: none !important;
  }`
const OVERLAY = `<div style="all:revert!important;display:block!important;position:fixed!important;inset:0!important;
  z-index:2147483647!important;background:#fdd8!important">Cookies?</div>`

const PATCHED = `<script>
  // As old libraries do: names on every array and object, arrays that turn themselves into text, a home-made Promise.
  Array.prototype.last = function () { return this[this.length - 1] }
  Array.prototype.toJSON = function () { return 'an array' }
  Object.prototype.extend = function () { return this }
  String.prototype.strip = function () { return this.trim() }
  window.__proto__.each = 1
  const real = window.fetch
  window.fetched = 0
  window.Promise = class extends Promise { static withResolvers = undefined; static try = undefined }
  window.fetch = function (input, init) {
    window.fetched++
    return new window.Promise((resolve, reject) => real(input, init).then((answer) => {
      answer.clone().text().catch(() => {})
      resolve(answer)
    }, reject))
  }
  const { parse, stringify } = JSON
  window.JSON = { parse: (text) => parse(text), stringify: (value) => stringify(value) }
  window.requestIdleCallback = undefined
  window.name = 'frontroom'
</script>`

/** Where everything of the panel stands, so that two hosts can be compared. */
function layout(): Promise<unknown> {
  return at.page.evaluate(() => {
    const all = document.querySelector('frontroom-chat')?.shadowRoot?.querySelectorAll('*') ?? []
    return Array.from(all, (element) => {
      const { left, top, width, height } = element.getBoundingClientRect()
      const { fontSize, color, letterSpacing, direction, textTransform } = getComputedStyle(element)
      const place = [left, top, width, height].map(Math.round).join(' ')
      return `${element.tagName} ${place} ${fontSize} ${color} ${letterSpacing} ${direction} ${textTransform}`
    })
  })
}

async function visit(page: HostPage, headers: Record<string, string> = {}): Promise<void> {
  at.api.serve('/host', hostPage(page), headers)
  await at.page.goto(`${at.api.origin}/host`)
}

async function topicsOn(page: HostPage): Promise<unknown> {
  const topic = (id: string) => ({ id, title: `About ${id}`, open: true, form: { fields: [] } })
  at.api.configure({ topics: [topic('sales'), topic('billing')] })
  await visit(page)
  await at.panel.bubble.focus()
  await at.page.keyboard.press('Enter')
  await at.page.getByRole('radio', { name: 'sales' }).waitFor()
  return layout()
}

describe('a whole conversation', () => {
  it.each<[string, HostPage, Record<string, string>]>([
    [
      'under hostile CSS',
      {
        head: `<style>${HOSTILE_CSS} * { direction: rtl !important }</style>`,
        body: `<main>Shop</main>${OVERLAY}`,
      },
      {},
    ],
    [
      'under a strict policy with Trusted Types',
      { tag: 'nonce="r4nd0m"' },
      { 'Content-Security-Policy': STRICT },
    ],
    ['from right to left', { lang: 'ar', dir: 'rtl', body: '<main><h1>متجر</h1></main>' }, {}],
    ['in quirks mode', { doctype: '' }, {}],
    ['on a page that patches what it finds', { head: PATCHED }, {}],
    [
      'in an old encoding',
      { head: '<meta http-equiv="Content-Type" content="text/html; charset=windows-1250">' },
      {},
    ],
  ])('goes on %s', async (name, page, headers) => {
    await visit(page, headers)
    await converse(at.panel, at.api)
    await keep(at.page, `widget-host-${name.replaceAll(' ', '-')}`)
    expect(at.api.reports).toEqual([])
  })

  it('goes on where storage is forbidden, and leaves nothing to resume', async () => {
    await at.page.addInitScript(() => {
      for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException('denied', 'SecurityError')
          },
        })
    })
    await visit({})
    await converse(at.panel, at.api)
  })

  it('goes on in a frame of no origin, without storage, locks or channels', async () => {
    await visit({}, { 'Content-Security-Policy': 'sandbox allow-scripts allow-forms' })
    await converse(at.panel, at.api)
  })

  it('goes on in a browser without locks and channels', async () => {
    await at.page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })
      Object.assign(window, { BroadcastChannel: undefined })
    })
    await visit({})
    await converse(at.panel, at.api)
  })
})

describe('a page’s own style', () => {
  it.each<[string, HostPage]>([
    ['hostile CSS', { head: `<style>${HOSTILE_CSS}</style>`, body: `<main>Shop</main>${OVERLAY}` }],
    ['quirks mode', { doctype: '' }],
    ['another size and colour', { head: '<style>html{font:italic 32px/2 serif;color:red;zoom:1}</style>' }],
  ])('moves nothing in the panel: %s', async (_name, page) => {
    const plain = await topicsOn({})
    expect(await topicsOn(page)).toEqual(plain)
  })

  it('covers neither bubble nor panel', async () => {
    await visit({ body: `<main>Shop</main>${OVERLAY}` })
    await at.panel.start()
    const onTop = await at.page.evaluate(() => {
      const root = document.querySelector('frontroom-chat')?.shadowRoot
      return Array.from(root?.querySelectorAll('[part=button],[part=send],[part=end]') ?? [], (element) => {
        const { left, top, width, height } = element.getBoundingClientRect()
        return element.contains(root?.elementFromPoint(left + width / 2, top + height / 2) ?? null)
      })
    })
    expect(onTop).toEqual([true, true, true])
  })

  it('may theme it by the custom properties and parts that are meant for it', async () => {
    await visit({
      head: `<style>frontroom-chat { --fr-accent: rgb(120, 0, 80); --fr-on-accent: rgb(255, 255, 0) }
        frontroom-chat::part(header) { text-transform: uppercase }</style>`,
    })
    await at.panel.open()
    const look = await at.panel.part('header').evaluate((header) => {
      const { backgroundColor, color, textTransform } = getComputedStyle(header)
      return [backgroundColor, color, textTransform]
    })
    expect(look).toEqual(['rgb(120, 0, 80)', 'rgb(255, 255, 0)', 'uppercase'])
  })
})
