/** The files of an exported agent, from a folder or a zip. Nothing is ever written, and nothing is read without a bound. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { ConfigError } from '../core/errors.ts'

export const MAX_BYTES = 20 * 1024 * 1024
export const MAX_FILES = 10_000

/** Paths inside the agent (`intents/Hello.json`), in one order on every machine. */
export type AgentFiles = ReadonlyMap<string, Uint8Array>

const refuse = (path: string, message: string) =>
  new ConfigError('The agent cannot be read.', [{ path, message }])

function createBudget(path: string) {
  let files = 0
  let bytes = 0
  return (size: number) => {
    files++
    bytes += size
    if (files > MAX_FILES) throw refuse(path, `has more than ${MAX_FILES} files`)
    if (bytes > MAX_BYTES) throw refuse(path, `has more than ${MAX_BYTES / 1024 / 1024} MB unpacked`)
  }
}

async function readFolder(path: string): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  const spend = createBudget(path)
  // Only where an export has its files: the rest of a working copy (functions, node_modules) is not the agent's.
  for (const folder of ['', 'intents', 'entities']) {
    const entries = await readdir(join(path, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (folder !== '' && (error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    })
    for (const entry of entries) {
      if (!entry.name.endsWith('.json')) continue
      const file = join(path, folder, entry.name)
      const about = await stat(file)
      if (!about.isFile()) continue
      spend(about.size)
      found.set(folder === '' ? entry.name : `${folder}/${entry.name}`, await readFile(file))
    }
  }
  return found
}

function readZip(path: string, zip: Uint8Array): Map<string, Uint8Array> {
  const spend = createBudget(path)
  const packed = createBudget(path)
  let unpacked: Record<string, Uint8Array>
  try {
    unpacked = unzipSync(zip, {
      // Sizes are what the archive claims; fflate unpacks into a buffer of that size and no further.
      filter: ({ name, size, originalSize }) => {
        packed(size)
        spend(Math.max(size, originalSize))
        return name.endsWith('.json') && !name.startsWith('__MACOSX/')
      },
    })
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw refuse(path, 'is no zip archive that can be read')
  }
  const names = Object.keys(unpacked)
  const bad = names.find((name) => /^[/\\]|\\|(?:^|\/)\.\.(?:\/|$)|^[a-z]:/i.test(name))
  if (bad !== undefined) throw refuse(path, `names a file outside of itself: ${JSON.stringify(bad)}`)
  const agent = names
    .filter((name) => /(?:^|\/)agent\.json$/.test(name))
    .sort((a, b) => a.length - b.length)[0]
  // A folder around it all is fine: many pack the folder and not what is in it.
  const root = agent?.slice(0, -'agent.json'.length) ?? ''
  return new Map(
    Object.entries(unpacked).flatMap(([name, bytes]) =>
      name.startsWith(root) ? [[name.slice(root.length), bytes] as const] : [],
    ),
  )
}

/** @param path a folder, or a zip. @throws ConfigError when there is none, or when it is too large. */
export async function readAgentFiles(path: string): Promise<AgentFiles> {
  let found: Map<string, Uint8Array>
  try {
    const { size, isDirectory } = await stat(path).then((s) => ({
      size: s.size,
      isDirectory: s.isDirectory(),
    }))
    if (!isDirectory && size > MAX_BYTES) throw refuse(path, `is larger than ${MAX_BYTES / 1024 / 1024} MB`)
    found = isDirectory ? await readFolder(path) : readZip(path, await readFile(path))
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw refuse(path, error instanceof Error ? error.message : String(error))
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
