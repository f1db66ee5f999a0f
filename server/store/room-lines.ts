/** Lines of rooms that were taken in, by the desk's message id. */
import type { Knex } from 'knex'

interface Row {
  id: string
  chat_id: string
  seq: number | null
  at: number
}

/** Which of these ids are known already. */
export async function known(trx: Knex.Transaction, ids: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (let from = 0; from < ids.length; from += 500) {
    const rows = await trx<Row>('room_lines')
      .whereIn('id', ids.slice(from, from + 500))
      .select('id')
    for (const row of rows) found.add(row.id)
  }
  return found
}

export async function add(
  trx: Knex.Transaction,
  chatId: string,
  lines: readonly Readonly<{ id: string; seq: number | null; at: number }>[],
): Promise<void> {
  for (let from = 0; from < lines.length; from += 100) {
    await trx<Row>('room_lines').insert(
      lines.slice(from, from + 100).map((line) => ({ ...line, chat_id: chatId })),
    )
  }
}
