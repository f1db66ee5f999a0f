import { join } from 'node:path'
import { createStore, type Store } from '../../server/store/index.ts'
import { temporaryFolder } from '../support/process.ts'
import { throttleContract } from './throttle.ts'
import { tokenStoreContract } from './token-store.ts'

/** One server has a SQLite database to itself; these two share it all the same, as a login beside a server does. */
const shared = (store: Store): Store => Object.create(store, { exclusive: { value: false } })

async function open() {
  const folder = temporaryFolder()
  const file = join(folder.path, 'test.db')
  const [first, second] = [createStore({ engine: 'sqlite', file }), createStore({ engine: 'sqlite', file })]
  await first.migrate()
  const drop = () => Promise.all([first.close(), second.close()]).then(folder.remove, folder.remove)
  return { first: shared(first), second: shared(second), drop }
}

tokenStoreContract('SQLite', open)
throttleContract('SQLite', open)
