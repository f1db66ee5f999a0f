/** The settings every start and every widget goes by: looked up in memory, renewed from the database in the background. */
import { ConfigError } from '../core/errors.ts'
import { type Closing, type Settings, withClosings } from '../core/settings.ts'
import type { Clock } from '../ports.ts'
import type { Store } from '../store/index.ts'
import type { Log } from './deps.ts'

export interface SettingsInForce {
  current(): Settings | null
  /** None were ever imported: those of the demo are in force. */
  isFallback(): boolean
  /** Looks whether an import happened, and takes it over. */
  refresh(): Promise<void>
}

/** @param fallback in force while none were ever imported. */
export function createSettingsInForce(
  store: Store,
  read: (stored: unknown) => Settings,
  fallback: Settings | null,
  clock: Clock,
  log: Log,
): SettingsInForce {
  let current = fallback
  let importedAt: number | null = null
  let closings: readonly Closing[] = []
  return {
    current: () => current && withClosings(current, closings, clock.now()),
    isFallback: () => importedAt === null,
    async refresh() {
      closings = await store.settings.closings(store.db)
      const stamp = await store.settings.importedAt(store.db)
      if (stamp === importedAt) return
      const stored = await store.settings.load(store.db)
      if (!stored) return
      importedAt = stored.importedAt
      try {
        current = read(stored.body)
        log.info({ topics: current.topics.length }, 'settings taken over')
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        log.error(
          { err: error },
          'the stored settings cannot be read; those before stay in force. Import them again',
        )
      }
    },
  }
}
