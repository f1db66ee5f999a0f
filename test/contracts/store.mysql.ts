import { createStore } from '../../server/store/index.ts'
import { createDatabase } from '../support/mysql.ts'
import { storeContract } from './store.ts'

storeContract('MySQL', async () => {
  const database = await createDatabase()
  const store = createStore({ engine: 'mysql', url: database.url })
  return { store, drop: () => store.close().finally(database.drop) }
})
