/** Databases for tests: `TEST_MYSQL_URL`, or a server on this machine. Only ever `frontroom_test_<random>` is touched. */
import { randomBytes } from 'node:crypto'
import { createConnection } from 'mysql2/promise'

/** Where test databases may be made; set by the vitest configuration when a server was found. */
export const MYSQL_URL = process.env.FRONTROOM_TEST_MYSQL ?? ''

export interface TestDatabase {
  readonly url: string
  drop(): Promise<void>
}

async function asRoot(statement: string): Promise<void> {
  const connection = await createConnection(MYSQL_URL)
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}

export async function createDatabase(): Promise<TestDatabase> {
  const name = `frontroom_test_${randomBytes(6).toString('hex')}`
  await asRoot(`create database ${name}`)
  const url = new URL(MYSQL_URL)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => asRoot(`drop database ${name}`) }
}
