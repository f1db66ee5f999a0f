import { createStore } from '../../server/store/index.ts'
import { lanesContract } from './lanes.ts'

/** One server has a SQLite database to itself: its one connection stands for both. The code is the same. */
lanesContract('SQLite', async () => {
  const store = createStore({ engine: 'sqlite', file: ':memory:' })
  await store.migrate()
  return { first: store, second: store, drop: store.close }
})
