import { mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Snapshot } from './data.ts'

const DEBOUNCE_MS = 200

/** Fields without which a record would break the world later, far from the file that caused it. */
const REQUIRED = {
  people: ['id', 'email', 'displayName', 'type', 'status', 'created'],
  rooms: ['id', 'type', 'title', 'creatorId', 'created', 'lastActivity'],
  memberships: ['id', 'roomId', 'personId', 'created'],
  messages: ['id', 'roomId', 'personId', 'created', 'content', 'files', 'attachments'],
  webhooks: ['id', 'ownerId', 'resource', 'event', 'name', 'targetUrl', 'status', 'created'],
  tokens: ['token', 'personId'],
  refreshTokens: ['token', 'personId'],
} as const

function assertSnapshot(value: unknown): asserts value is Snapshot {
  const root = value as Record<string, unknown> | null
  if (typeof root !== 'object' || root === null || root.version !== 1) throw new Error('not a sandbox state')
  const accounts = root.accounts as Record<string, unknown> | undefined
  for (const key of ['integrationToken', 'botToken', 'clientId', 'clientSecret', 'refreshToken']) {
    if (typeof accounts?.[key] !== 'string') throw new Error(`accounts.${key} is missing`)
  }
  for (const [name, fields] of Object.entries(REQUIRED)) {
    const list = root[name]
    if (!Array.isArray(list)) throw new Error(`${name} is missing`)
    for (const record of list) {
      for (const field of fields) {
        if (!(record as Record<string, unknown> | null)?.[field])
          throw new Error(`${name}: ${field} is missing`)
      }
    }
  }
  const ids = new Set((root.people as { id: string }[]).map((person) => person.id))
  for (const key of ['integrationId', 'botId']) {
    if (!ids.has(root[key] as string)) throw new Error(`${key} is nobody`)
  }
}

/**
 * Reads the state file. A file that cannot be understood is moved aside, never overwritten: it may be all that is left of
 * somebody's demo.
 */
export async function loadState(
  file: string,
  now: number,
  log: (line: string) => void,
): Promise<Snapshot | null> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    log(`sandbox: the state file ${file} cannot be read (${(error as Error).message}); starting empty`)
    return null
  }
  try {
    const value: unknown = JSON.parse(text)
    assertSnapshot(value)
    return value
  } catch (error) {
    const aside = `${file}.broken-${now}`
    const moved = await rename(file, aside).then(
      () => `moved to ${aside}`,
      () => 'and cannot be moved aside',
    )
    log(`sandbox: the state file ${file} is broken (${(error as Error).message}), ${moved}; starting empty`)
    return null
  }
}

/** Writes the state some time after `changed()`, whole or not at all: a temporary file takes the place of the old one. */
export function createStateWriter(options: {
  file: string | null
  snapshot: () => Snapshot
  log: (line: string) => void
}) {
  const { file, snapshot, log } = options
  let timer: NodeJS.Timeout | undefined
  let dirty = false
  let writing: Promise<void> = Promise.resolve()
  // Under load the whole state is large; writing it every 200 ms would eat the time the calls need.
  let pause = DEBOUNCE_MS

  async function write(path: string): Promise<void> {
    if (!dirty) return
    dirty = false
    const started = performance.now()
    const text = JSON.stringify(snapshot())
    pause = Math.max(DEBOUNCE_MS, (performance.now() - started) * 20)
    const temporary = `${path}.${process.pid}.tmp`
    try {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(temporary, text, { mode: 0o600 })
      await rename(temporary, path)
    } catch (error) {
      log(`sandbox: the state file ${path} cannot be written: ${(error as Error).message}`)
      await unlink(temporary).catch(() => undefined)
    }
  }

  return {
    changed(): void {
      dirty = true
      if (file === null || timer) return
      timer = setTimeout(() => {
        timer = undefined
        writing = writing.then(() => write(file))
      }, pause)
      timer.unref()
    },
    /** Resolves when everything changed so far is in the file. */
    async flush(): Promise<void> {
      clearTimeout(timer)
      timer = undefined
      if (file !== null) writing = writing.then(() => write(file))
      await writing
    },
  }
}
