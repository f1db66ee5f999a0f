import { createStore } from '../../server/store/index.ts'
import { createDatabase } from '../support/mysql.ts'
import { throttleContract } from './throttle.ts'
import { tokenStoreContract } from './token-store.ts'

async function open() {
  const database = await createDatabase()
  const [first, second] = [
    createStore({ engine: 'mysql', url: database.url }),
    createStore({ engine: 'mysql', url: database.url }),
  ]
  await first.migrate()
  const drop = () => Promise.all([first.close(), second.close()]).then(database.drop, database.drop)
  return { first, second, drop }
}

tokenStoreContract('MySQL', open)
throttleContract('MySQL', open)
