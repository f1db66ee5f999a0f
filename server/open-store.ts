/** The database that the environment names. */
import type { Config } from './config.ts'
import { ConfigError } from './core/errors.ts'
import { createStore, type Store } from './store/index.ts'

/** @throws ConfigError that names the variable when the database does not answer: whoever starts us can do something about it. */
export async function openStore(database: Config['database']): Promise<Store> {
  try {
    const store = createStore(database)
    await store.now()
    return store
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigError('The database cannot be used.', [{ path: 'DATABASE_URL', message: why }])
  }
}
