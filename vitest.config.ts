import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

/** Debian's; a machine without it runs everything else and says so. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const browser = existsSync(CHROMIUM)
if (!browser) {
  if (process.env.CI)
    throw new Error(`the browser lane needs ${CHROMIUM}: apt-get install chromium, or set CHROMIUM`)
  process.stderr.write(`\n  LEFT OUT: browser tests (no ${CHROMIUM}; install chromium or set CHROMIUM)\n\n`)
}

const lane = (name: string, include: string[], options: object = {}) => ({
  test: { name, include, environment: 'node', ...options },
})

export default defineConfig({
  test: {
    globalSetup: process.env.NOBUILD ? [] : ['test/support/build.ts'],
    testTimeout: 20_000,
    // A journey runs a whole server; two cores carry two of them.
    maxWorkers: 2,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'test-results/vitest.json' }]]
      : ['default'],
    projects: [
      {
        extends: true,
        ...lane('rules', [
          'test/*.test.ts',
          'test/{core,chat,jobs,routes,store,webex,sandbox,widget}/**/*.test.ts',
        ]),
      },
      { extends: true, ...lane('contracts', ['test/contracts/**/*.test.ts']) },
      { extends: true, ...lane('journeys', ['test/journeys/**/*.test.ts'], { testTimeout: 40_000 }) },
      ...(browser
        ? [
            {
              extends: true as const,
              ...lane('browser', ['test/browser/**/*.test.ts'], { testTimeout: 60_000 }),
            },
          ]
        : []),
    ],
  },
})
