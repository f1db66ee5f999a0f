import type { Knex } from 'knex'

/**
 * Exact comparison of every text: ids differ in their case. On MySQL a process killed between two tables leaves the first:
 * what is there is not made again.
 */
export async function createTable(
  db: Knex.Transaction,
  name: string,
  build: (table: Knex.CreateTableBuilder) => void,
) {
  if (await db.schema.hasTable(name)) return
  await db.schema.createTable(name, (table) => {
    if (db.client.driverName === 'mysql2') {
      table.charset('utf8mb4')
      table.collate('utf8mb4_bin')
    }
    build(table)
  })
}
