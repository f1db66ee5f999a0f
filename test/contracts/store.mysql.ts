import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStore, type Store } from '../../server/store/index.ts'
import { createDatabase, type TestDatabase } from '../support/mysql.ts'
import { storeContract } from './store.ts'

storeContract('MySQL', async () => {
  const database = await createDatabase()
  const store = createStore({ engine: 'mysql', url: database.url })
  return { store, drop: () => store.close().finally(database.drop) }
})

/** For so many milliseconds: anybody else may have it at once. */
const OVER = -1_000

describe('MySQL', () => {
  let database: TestDatabase
  let store: Store
  beforeEach(async () => {
    database = await createDatabase()
    store = createStore({ engine: 'mysql', url: database.url })
    await store.migrate()
  })
  afterEach(() => store.close().finally(database.drop))

  it('runs a transaction again as a whole when it loses a deadlock', async () => {
    for (const name of ['a', 'b']) await store.jobs.leaseFor(store.db, name, 'nobody', OVER)
    let runs = 0
    let met = () => {}
    const both = new Promise<void>((resolve) => {
      let arrived = 0
      met = () => {
        if (++arrived === 2) resolve()
      }
    })
    const touch = (first: string, second: string) =>
      store.tx(async (trx) => {
        runs++
        await store.jobs.leaseFor(trx, first, first, OVER)
        met()
        // Each holds one row and wants the other's.
        await both
        await store.jobs.leaseFor(trx, second, first, OVER)
      })
    await Promise.all([touch('a', 'b'), touch('b', 'a')])
    expect(runs).toBe(3)
  })

  it('refuses a value that does not fit instead of cutting it, and tells ids apart by their case', async () => {
    const session = (id: string, lang: string) => ({ id, lang, page: {}, parameters: {} })
    await expect(store.sessions.create(store.db, session('s', 'x'.repeat(36)), 'h', 1)).rejects.toThrow(
      /lang/,
    )
    await store.sessions.create(store.db, session('s', 'en'), 'h', 1)
    await store.sessions.create(store.db, session('S', 'en'), 'H', 1)
    expect(await store.sessions.idOfToken(store.db, 'H')).toBe('S')
  })
})
