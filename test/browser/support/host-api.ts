/** The widget's commands and events, as a site owner's script uses them. */
import type { Page } from 'playwright-core'

/** Put before the loader's tag, as the documentation says. */
export const STUB = `<script>
  window.Frontroom = window.Frontroom || function () { (Frontroom.q = Frontroom.q || []).push(arguments) }
</script>`

const EVENTS = ['ready', 'open', 'close', 'start', 'message', 'unread', 'end', 'error']

/** `Frontroom(…)` in the page. */
export function tell(page: Page, ...call: readonly unknown[]): Promise<void> {
  return page.evaluate((args) => {
    ;(window as unknown as { Frontroom(...all: unknown[]): unknown }).Frontroom(...args)
  }, call)
}

/** From now on, and in every page to come, notes what is told on `document`; `unread` with its count. */
export async function listen(page: Page): Promise<() => Promise<string[]>> {
  const note = (names: string[]) => {
    if ('heard' in window) return
    const heard: string[] = []
    Object.assign(window, { heard })
    for (const name of names)
      document.addEventListener(`frontroom:${name}`, (event) => {
        const { detail } = event as CustomEvent
        heard.push(detail === undefined || detail === null ? name : `${name} ${JSON.stringify(detail)}`)
      })
  }
  await page.addInitScript(note, EVENTS)
  return () => page.evaluate(() => (window as unknown as { heard: string[] }).heard)
}
