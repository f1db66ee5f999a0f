/**
 * Bundles the server (packages stay outside) and the widget, and copies languages and the sandbox's pages into `dist/`. Half
 * a second. `--if-stale` leaves a `dist/` alone that is younger than every source: commands beside a running server must not
 * take its files away.
 */
import { existsSync } from 'node:fs'
import { cp, readdir, rename, rm, stat } from 'node:fs/promises'
import { build } from 'esbuild'
import { buildWidget } from './widget/build.js'

const SOURCES = ['server', 'migrations', 'texts', 'widget', 'sandbox', 'bench', 'build.js', 'package.json']

/** @returns {Promise<boolean>} */
async function isFresh() {
  const built = await stat('dist/server/main.js').catch(() => null)
  if (!built) return false
  for (const source of SOURCES) {
    const inside = (await stat(source)).isDirectory() ? await readdir(source, { recursive: true }) : ['']
    for (const name of inside)
      if ((await stat(`${source}/${name}`.replace(/\/$/, ''))).mtimeMs > built.mtimeMs) return false
  }
  return true
}

if (process.argv.includes('--if-stale') && (await isFresh())) process.exit()

// Made aside and put in place at once, so that there is never half a `dist/`.
const out = `dist-${process.pid}`

/** @type {import('esbuild').BuildOptions} */
const forNode = {
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
}

await Promise.all([
  build({
    ...forNode,
    entryPoints: {
      main: 'server/main.ts',
      'geo-worker': 'server/geo-worker.ts',
      'bot-identity-worker': 'server/webex/bot-identity-worker.ts',
      settings: 'server/cli/settings.ts',
      webex: 'server/cli/webex.ts',
      erase: 'server/cli/erase.ts',
    },
    outdir: `${out}/server`,
  }),
  build({
    ...forNode,
    entryPoints: { main: 'bench/main.ts', widget: 'bench/widget/main.ts' },
    outdir: `${out}/bench`,
  }),
  // Images are built without the tests.
  existsSync('test/chaos/main.ts') &&
    build({
      ...forNode,
      entryPoints: { main: 'test/chaos/main.ts', sandbox: 'test/chaos/sandbox-process.ts' },
      outdir: `${out}/chaos`,
    }),
  build({
    ...forNode,
    entryPoints: { main: 'sandbox/main.ts', dialogflow: 'sandbox/dialogflow/main.ts' },
    outdir: `${out}/sandbox`,
  }),
  buildWidget(`${out}/widget`),
  cp('texts', `${out}/texts`, { recursive: true }),
  cp('sandbox/view', `${out}/sandbox/view`, { recursive: true }),
  cp('sandbox/demo', `${out}/demo`, { recursive: true }),
  cp('sandbox/demo-agent', `${out}/demo-agent`, { recursive: true }),
])

const old = `${out}-old`
await rename('dist', old).catch(() => undefined)
await rename(out, 'dist')
await rm(old, { recursive: true, force: true })
