import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Found {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

interface Axe {
  run(context: Node, options: object): Promise<{ violations: Found[]; incomplete: Found[] }>
}

/** WCAG A and AA rules broken on the page as it stands, shadow roots included. */
export async function violations(page: Page): Promise<string[]> {
  // Through the debugger: the page's own policy would let no script in.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE)
  const found = [...(await page.evaluate(judgeAll)), ...(await page.evaluate(judgePlaces))]
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

async function judgeAll(): Promise<Found[]> {
  const { axe } = window as unknown as { axe: Axe }
  const { violations } = await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
  })
  return violations
}

/**
 * Contrasts and sizes of the widget. axe knows the places of what stands in the body only; the widget stands beside it, and
 * passes undetermined. So a copy in the body is judged, and what cannot be determined there is no pass.
 */
async function judgePlaces(): Promise<Found[]> {
  const { axe } = window as unknown as { axe: Axe }
  const widget = document.querySelector<HTMLElement>('frontroom-chat')
  const root = widget?.shadowRoot
  if (!root) return []
  const copy = widget.cloneNode() as HTMLElement
  const inside = copy.attachShadow({ mode: 'open' })
  inside.adoptedStyleSheets = root.adoptedStyleSheets
  inside.append(...Array.from(root.childNodes, (node) => node.cloneNode(true)))
  document.body.append(copy)
  const [dialog, twin] = [root, inside].map((each) => each.querySelector('dialog'))
  const isModal = dialog?.matches(':modal')
  const scrolled = (each: ParentNode) => each.querySelectorAll('[part=log], .form, .message')
  scrolled(root).forEach((element, n) => {
    const same = scrolled(inside)[n]
    if (same) same.scrollTop = element.scrollTop
  })
  const focused = root.activeElement as HTMLElement | null
  if (isModal) {
    twin?.removeAttribute('open')
    twin?.showModal()
    // Beneath the panel: axe knows no top layer.
    inside.querySelector('[part=button]')?.remove()
  }
  try {
    const { violations, incomplete } = await axe.run(copy, { runOnly: ['color-contrast', 'target-size'] })
    return [...violations, ...incomplete]
  } finally {
    copy.remove()
    if (isModal) focused?.focus()
  }
}
