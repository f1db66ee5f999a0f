/** Bundles the server (one folder, packages stay outside), the widget, and copies the sandbox's pages: `dist/`. Half a second. */
import { cp, rm } from 'node:fs/promises'
import { build } from 'esbuild'
import { buildWidget } from './widget/build.js'

await rm('dist', { recursive: true, force: true })
await Promise.all([
  build({
    entryPoints: {
      main: 'server/main.ts',
      'geo-worker': 'server/geo-worker.ts',
      settings: 'server/cli/settings.ts',
      webex: 'server/cli/webex.ts',
    },
    outdir: 'dist/server',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  }),
  buildWidget('dist/widget'),
  cp('sandbox/view', 'dist/sandbox/view', { recursive: true }),
  cp('sandbox/demo', 'dist/demo', { recursive: true }),
])
