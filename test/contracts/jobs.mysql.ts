import { createStore } from '../../server/store/index.ts'
import { createDatabase } from '../support/mysql.ts'
import { jobsContract } from './jobs.ts'

jobsContract('MySQL', async () => {
  const database = await createDatabase()
  const open = () => createStore({ engine: 'mysql', url: database.url })
  const [first, second] = [open(), open()]
  await first.migrate()
  const drop = () => Promise.all([first.close(), second.close()]).then(database.drop, database.drop)
  return { first, second, drop }
})
