import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { findMysql } from './test/support/mysql-server.ts'

/** What a machine lacks is left out, in one visible line; on CI that is a failure. */
function leftOut(lane: string, why: string): void {
  if (process.env.CI) throw new Error(`the ${lane} lane cannot run: ${why}`)
  process.stderr.write(`\n  LEFT OUT: ${lane} tests (${why})\n\n`)
}

const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'
const browser = existsSync(chromium)
if (!browser) leftOut('browser', `no ${chromium}; install chromium or set CHROMIUM`)

const mysql = await findMysql()
if (mysql === null)
  leftOut('MySQL', 'no server on 127.0.0.1:3306, no mariadbd; install one or set TEST_MYSQL_URL')
else process.env.FRONTROOM_TEST_MYSQL = mysql

const lane = (name: string, include: string[], options: object = {}) => ({
  extends: true as const,
  test: { name, include, environment: 'node' as const, ...options },
})
const journeys = { testTimeout: 60_000 }

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // A journey runs a whole server; two cores carry two of them.
    maxWorkers: 2,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'test-results/vitest.json' }]]
      : ['default'],
    projects: [
      lane('rules', [
        'test/*.test.ts',
        'test/{core,chat,jobs,routes,store,webex,local-bot,dialogflow,http-bot,sandbox,widget}/**/*.test.ts',
        'test/chaos/*.test.ts',
      ]),
      lane('contracts', ['test/contracts/**/*.test.ts']),
      lane('journeys', ['test/journeys/**/*.test.ts'], journeys),
      lane('chaos', ['test/chaos/journeys/**/*.test.ts'], { testTimeout: 120_000 }),
      ...(mysql === null
        ? []
        : [
            lane('mysql-contracts', ['test/contracts/**/*.mysql.ts']),
            lane('mysql-journeys', ['test/journeys/**/*.test.ts'], {
              ...journeys,
              env: { FRONTROOM_TEST_ENGINE: 'mysql' },
            }),
          ]),
      ...(browser ? [lane('browser', ['test/browser/**/*.test.ts'], { testTimeout: 60_000 })] : []),
    ],
  },
})
