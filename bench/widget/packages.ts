/** Rivals come from the npm registry into a temporary folder when they are asked for: never part of the project. */
import { execFile } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const run = promisify(execFile)
const PATIENCE_MS = 120_000

/** A package as it was published, without what it depends on; its folder. */
export async function unpack(spec: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await run('npm', ['pack', spec], { cwd: folder, timeout: PATIENCE_MS })
  const archive = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? ''
  await run('tar', ['xzf', archive], { cwd: folder, timeout: PATIENCE_MS })
  return join(folder, 'package')
}

/** Packages and what they depend on; nothing of them is run. */
async function install(specs: readonly string[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{"private":true}')
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps']
  await run('npm', ['install', ...quiet, ...specs], { cwd: folder, timeout: PATIENCE_MS })
}

/** Where a rival is a library, the page's script is what a site owner's own bundler would make of it. */
export async function bundle(
  specs: readonly string[],
  source: string,
  folder: string,
): Promise<{ script: string; style: string }> {
  await install(specs, folder)
  const { outputFiles } = await build({
    stdin: { contents: source, loader: 'jsx', resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    outdir: folder,
    legalComments: 'none',
    logLevel: 'error',
  })
  const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
  return { script: text('.js'), style: text('.css') }
}
