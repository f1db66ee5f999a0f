/** Settings between a file and the database. */
import { readFileSync } from 'node:fs'
import { ConfigError } from './core/errors.ts'
import type { Settings } from './core/settings.ts'
import type { Clock } from './ports.ts'
import { exportSettings, parseSettings } from './settings/index.ts'
import type { Store } from './store/index.ts'

/** @throws ConfigError naming every mistake, or that the file cannot be read. */
export function readSettingsFile(path: string): Settings {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigError('The settings file cannot be read.', [{ path, message: why }])
  }
  return parseSettings(text, path)
}

/** All or nothing. @throws ConfigError when a topic names the account that posts the visitors' lines. */
export async function importSettings(store: Store, settings: Settings, clock: Clock): Promise<void> {
  const ours = new Set(await store.settings.accounts(store.db))
  const mistakes = settings.topics.flatMap((topic, t) =>
    (['participants', 'supervisors'] as const).flatMap((role) =>
      topic[role].flatMap((email, p) =>
        ours.has(email)
          ? [
              {
                path: `topics[${t}].${role}[${p}]`,
                message: "is the integration account: what it writes is ours, not staff's",
              },
            ]
          : [],
      ),
    ),
  )
  if (mistakes.length > 0) throw new ConfigError('The settings were not imported.', mistakes)
  await store.tx((trx) => store.settings.save(trx, exportSettings(settings), clock.now()))
}

/** `FRONTROOM_SETTINGS`: imported when there are none yet. */
export async function importFirstSettings(store: Store, path: string | null, clock: Clock): Promise<void> {
  if (path === null || (await store.settings.importedAt(store.db)) !== null) return
  await importSettings(store, readSettingsFile(path), clock)
}
