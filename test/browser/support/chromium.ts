/** The machine's own Chromium; screenshots are kept beside the reports. */
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type LaunchOptions, type Page } from 'playwright-core'

const SHOTS = fileURLToPath(new URL('../../../test-results/screenshots/', import.meta.url))

export function launch(options: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--no-first-run',
    ],
    ...options,
  })
}

export async function keep(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true })
  await page.screenshot({ path: `${SHOTS}${name}.png` })
}

/** Everything the page complained of: errors of scripts, and of its Content-Security-Policy. */
export function complaints(page: Page): string[] {
  const all: string[] = []
  page.on('pageerror', (error) => all.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') all.push(message.text())
  })
  return all
}
