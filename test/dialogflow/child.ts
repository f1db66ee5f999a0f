/** Code in a process of its own: what it loads, and what it prints, is only what the code itself brings. */
import { type ChildProcess, spawn } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { temporaryFolder } from '../support/process.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Child {
  readonly process: ChildProcess
  /** The first line it prints; '' when it ends without one. */
  readonly firstLine: Promise<string>
  readonly ended: Promise<Ended>
}

/** Runs TypeScript that imports relative to this folder, packages left outside as in `dist/`, with nothing of our environment. */
export async function startChild(
  code: string,
  options: { env?: Readonly<Record<string, string>>; args?: readonly string[] } = {},
): Promise<Child> {
  const folder = temporaryFolder()
  const outfile = join(folder.path, 'child.mjs')
  await build({
    stdin: { contents: code, resolveDir: HERE, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    outfile,
    logLevel: 'warning',
  })
  symlinkSync(PACKAGES, join(folder.path, 'node_modules'))
  const child = spawn(process.execPath, [outfile, ...(options.args ?? [])], {
    cwd: folder.path,
    env: { PATH: process.env.PATH ?? '', HOME: folder.path, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString('utf8')
  })
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8')
      if (out.includes('\n')) resolve(out.slice(0, out.indexOf('\n')))
    })
    child.once('close', () => resolve(''))
  })
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (exit) => {
      folder.remove()
      resolve({ code: exit, out, err })
    }),
  )
  return { process: child, firstLine, ended }
}

export async function runInChild(code: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return (await startChild(code, { env })).ended
}
