import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { continentOf } from '../server/continents.ts'
import { createGeo } from '../server/geo.ts'
import type { Geo } from '../server/ports.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
// Node 20 runs no TypeScript in a Worker, so it is built as it is shipped; inside node_modules its packages are found.
let folder = ''
let real: URL

beforeAll(async () => {
  await mkdir(`${root}node_modules/.cache`, { recursive: true })
  folder = mkdtempSync(`${root}node_modules/.cache/geo-`)
  const outfile = `${folder}/geo-worker.mjs`
  await build({
    entryPoints: [`${root}server/geo-worker.ts`],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  })
  real = pathToFileURL(outfile)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const open: Geo[] = []
function geoWith(options: Parameters<typeof createGeo>[0]): Geo {
  const geo = createGeo(options)
  open.push(geo)
  return geo
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((geo) => geo.close()))
})

/** A worker of a few lines in the place of the real one. */
function fake(body: string): URL {
  const file = `${folder}/fake-${Math.random().toString(36).slice(2)}.mjs`
  writeFileSync(file, `import { parentPort, threadId } from 'node:worker_threads'\n${body}`)
  return pathToFileURL(file)
}

const answering = () =>
  fake(
    "parentPort.on('message', ({ id }) => parentPort.postMessage({ id, place: { city: String(threadId) } }))",
  )

const nowhere = new URL('file:///nowhere/geo-worker.mjs')

describe('geolocation', () => {
  it('tells where an address is', async () => {
    const geo = geoWith({ worker: real, timeoutMs: 30_000 })
    const gdansk = { continent: 'Europe', country: 'Poland', region: 'Pomerania', city: 'Gdansk' }
    expect(await geo.locate('37.47.248.93')).toEqual(gdansk)
    expect(await geo.locate('::ffff:37.47.248.93')).toEqual(gdansk)
    expect(await geo.locate('8.8.8.8')).toEqual({ continent: 'North America', country: 'United States' })
    expect(await geo.locate('2001:4860:4860::8888')).toMatchObject({ country: 'United States' })
  })

  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '192.168.1.1',
    '::1',
    'fe80::1',
    'fd00::1',
    '',
    'nonsense',
    '37.47.248.0/24',
  ])('knows nothing of %j, and does not even start its thread for it', async (ip) => {
    const warnings: object[] = []
    const geo = geoWith({ worker: nowhere, log: { warn: (fields) => warnings.push(fields) } })
    expect(await geo.locate(ip)).toBeNull()
    expect(warnings).toEqual([])
  })

  it('keeps its thread between lookups, lets it go when idle, and starts another when needed', async () => {
    const worker = answering()
    const patient = geoWith({ worker, timeoutMs: 30_000 })
    const first = await patient.locate('8.8.8.8')
    expect(first?.city).toMatch(/^\d+$/)
    expect(await patient.locate('8.8.4.4')).toEqual(first)

    const hasty = geoWith({ worker, timeoutMs: 30_000, idleMs: 50 })
    const before = await hasty.locate('8.8.8.8')
    expect(before?.city).toMatch(/^\d+$/)
    await expect.poll(() => hasty.locate('8.8.8.8'), { interval: 200, timeout: 10_000 }).not.toEqual(before)
  })

  it('gives each of many questions its own answer', async () => {
    const worker = fake(`
      const held = []
      parentPort.on('message', ({ id, ip }) => {
        held.push({ id, place: { city: ip } })
        if (held.length === 3) for (const answer of held.reverse()) parentPort.postMessage(answer)
      })`)
    const geo = geoWith({ worker, timeoutMs: 30_000 })
    const ips = ['8.8.8.8', '8.8.4.4', '1.1.1.1']
    const places = await Promise.all(ips.map((ip) => geo.locate(ip)))
    expect(places.map((place) => place?.city)).toEqual(ips)
  })
})

describe('broken geolocation', () => {
  it.each<[what: string, body: string]>([
    ['crashes at its start', 'throw new Error("no data")'],
    ['crashes at a question', "parentPort.on('message', () => { throw new Error('boom') })"],
    ['ends', "parentPort.on('message', () => process.exit(1))"],
  ])('gives null when the thread %s', async (_, body) => {
    const geo = geoWith({ worker: fake(body), timeoutMs: 30_000 })
    expect(await Promise.all([geo.locate('8.8.8.8'), geo.locate('8.8.4.4')])).toEqual([null, null])
    expect(await geo.locate('8.8.8.8')).toBeNull()
  })

  it('gives null when its file is missing, and says so', async () => {
    const warnings: string[] = []
    const geo = geoWith({
      worker: nowhere,
      timeoutMs: 30_000,
      log: { warn: (_, message) => warnings.push(message) },
    })
    expect(await geo.locate('8.8.8.8')).toBeNull()
    expect(warnings).toHaveLength(1)
  })

  it('gives null when an answer is late, and replaces a thread that hangs', async () => {
    const worker = fake(`
      parentPort.on('message', ({ id, ip }) => {
        if (ip === '1.1.1.1') for (;;);
        parentPort.postMessage({ id, place: { city: String(threadId) } })
      })`)
    const geo = geoWith({ worker, timeoutMs: 500 })
    const answer = async () => {
      // A thread that is late only because it starts is kept, so asking again is enough.
      await expect.poll(() => geo.locate('8.8.8.8'), { timeout: 15_000 }).not.toBeNull()
      return geo.locate('8.8.8.8')
    }
    const before = await answer()
    expect(await geo.locate('1.1.1.1')).toBeNull()
    expect(await answer()).not.toEqual(before)
  })

  it('answers what is open, and nothing more, once closed', async () => {
    const geo = geoWith({ worker: fake("parentPort.on('message', () => {})"), timeoutMs: 30_000 })
    const held = geo.locate('8.8.8.8')
    await geo.close()
    expect(await held).toBeNull()
    expect(await geo.locate('8.8.8.8')).toBeNull()
  })
})

describe('continents', () => {
  it('are known for every country of ISO 3166-1', () => {
    // CLDR also names groups of countries, parts of them, and codes for tests.
    const others = 'AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ'.split(' ')
    const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
    const countries = letters
      .flatMap((a) => letters.map((b) => a + b))
      .filter((code) => names.of(code) !== undefined && !others.includes(code))
      // An old code is read as its heir: DE for DD.
      .filter((code) => new Intl.Locale(`und-${code}`).region === code)
    expect(countries.filter((code) => !continentOf(code))).toEqual([])
    expect(countries).toHaveLength(250)
  })

  it('are unknown for what is none', () => {
    expect([continentOf(''), continentOf('ZZ'), continentOf('pl')]).toEqual([undefined, undefined, undefined])
  })
})
