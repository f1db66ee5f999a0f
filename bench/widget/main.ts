/**
 * `npm run bench:widget`: what our widget costs the page it stands in, before a click and on it. With `--rivals` others are
 * measured in the same run: those are fetched from the npm registry into a temporary folder. `--json=FILE` keeps the
 * figures, `--wall` counts time passed instead of time on a core. Timings are never tests.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { DIST } from '../server.ts'
import { bareButton, emptyPage } from './candidate.ts'
import { figures } from './figures.ts'
import { type Host, startHost } from './host.ts'
import { ours } from './ours.ts'
import { rivals } from './rivals.ts'
import { measure } from './rounds.ts'
import { table } from './table.ts'
import { CPU_SLOWDOWN } from './visit.ts'

const ROUNDS = 15
const RIVAL_ROUNDS = 5
/** Ten minutes in all, on a busy machine, too: fewer rounds then. */
const RIVALS_UNTIL_MS = 6.5 * 60_000
const UNTIL_MS = 9.5 * 60_000

const { values: asked } = parseArgs({
  options: {
    rivals: { type: 'boolean', default: false },
    wall: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
const began = performance.now()
const { version } = JSON.parse(readFileSync(join(DIST, '../package.json'), 'utf8')) as { version: string }
const folder = mkdtempSync(join(tmpdir(), 'frontroom-rivals-'))
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--disable-background-networking',
    '--no-first-run',
    // Nobody else's server is asked for anything.
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  ],
})
const hosts: Host[] = []
const host = async (...args: Parameters<typeof startHost>) => {
  const started = await startHost(...args)
  hosts.push(started)
  return started
}

try {
  const empty = [await host(emptyPage), await host({ ...emptyPage, name: 'empty page again' })] as const
  const least = await host(bareButton)
  const own = await host(await ours(version))
  const others: Host[] = []
  const missing: string[] = []
  for (const rival of asked.rivals ? rivals : []) {
    try {
      others.push(await host(await rival.prepare(join(folder, String(others.length + missing.length)))))
    } catch (error) {
      missing.push(`${rival.name} ${rival.version}: ${String(error).split('\n')[0]}`)
    }
  }
  const loadBefore = loadavg()[0]
  const measured = await measure({
    browser,
    clock: asked.wall ? 'timeTicks' : 'threadTicks',
    empty,
    least,
    ours: own,
    rivals: others,
    rounds: ROUNDS,
    rivalRounds: RIVAL_ROUNDS,
    rivalsUntil: began + RIVALS_UNTIL_MS,
    until: began + UNTIL_MS,
  })
  const all = [measured.empty[1], measured.least, measured.ours, ...measured.rivals].map((runs) =>
    figures(runs, measured),
  )
  const about = {
    at: new Date().toISOString(),
    machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores`,
    load: [loadBefore, loadavg()[0]].map((load) => load?.toFixed(1)).join(' to '),
    node: process.version,
    chromium: browser.version(),
    cpuSlowdown: CPU_SLOWDOWN,
    clock: asked.wall ? 'time passed' : 'time on a core',
    seconds: Math.round((performance.now() - began) / 1000),
  }
  if (asked.json)
    writeFileSync(asked.json, `${JSON.stringify({ ...about, missing, figures: all }, null, 2)}\n`)
  console.log(
    Object.entries(about)
      .flatMap(([key, value]) => `- ${key}: ${value}`)
      .join('\n'),
  )
  console.log(`\n${table(all)}\n`)
  const placed = all.find(({ placedMs }) => placedMs)?.placedMs
  if (placed) {
    const [median, low, high] = [placed.median, placed.low, placed.high].map((each) => each.toFixed(1))
    console.log(`Placed into a page at rest: ${median} ms (${low}…${high}), runs: ${placed.runs}`)
  }
  for (const each of missing) console.log(`Not measured: ${each}`)
} finally {
  await browser.close()
  for (const each of hosts) await each.close()
  rmSync(folder, { recursive: true, force: true })
}
