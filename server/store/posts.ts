/** Which posts of ours stand, by the desk's id: a copy of the same line under another id is not meant to be there. */
import type { Knex } from 'knex'
import type { Db } from './database.ts'

interface Row {
  id: string
  chat_id: string
  marker: string
}

/** Harmless when it is known already. @param marker `12`, `12b`, or what names a notice */
export async function add(trx: Knex.Transaction, chatId: string, marker: string, id: string): Promise<void> {
  await trx<Row>('posts').insert({ id, chat_id: chatId, marker }).onConflict('id').ignore()
}

/** Those of these markers that stand, with the ids they stand under. */
export async function standing(
  db: Db,
  chatId: string,
  markers: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Set<string>>()
  for (let from = 0; from < markers.length; from += 500) {
    const rows = await db<Row>('posts')
      .where({ chat_id: chatId })
      .whereIn('marker', markers.slice(from, from + 500))
      .select('id', 'marker')
    for (const { id, marker } of rows) found.set(marker, (found.get(marker) ?? new Set()).add(id))
  }
  return found
}
