/** A chat's log. Rows are written under the chat's row lock, so numbers are in commit order and have no gaps. */
import type { Knex } from 'knex'
import type { ChatEvent } from '../core/events.ts'
import type { Db } from './database.ts'

interface Row {
  chat_id: string
  seq: number
  at: number
  type: ChatEvent['type']
  body: string
  client_id: string | null
}

const toEvent = (row: Pick<Row, 'seq' | 'at' | 'type' | 'body'>): ChatEvent =>
  ({
    seq: row.seq,
    at: new Date(row.at).toISOString(),
    type: row.type,
    ...(JSON.parse(row.body) as object),
  }) as ChatEvent

/** @throws a duplicate (see `isDuplicate`) when a `clientId` was used in this chat before. */
export async function append(
  trx: Knex.Transaction,
  chatId: string,
  events: readonly ChatEvent[],
): Promise<void> {
  const rows = events.map(({ seq, at, type, ...body }): Row => {
    const clientId = 'message' in body ? body.message.clientId : undefined
    return {
      chat_id: chatId,
      seq,
      at: Date.parse(at),
      type,
      body: JSON.stringify(body),
      // A UUID is the same in capitals.
      client_id: clientId?.toLowerCase() ?? null,
    }
  })
  if (rows.length > 0) await trx<Row>('events').insert(rows)
}

/** Events after `after`, in order, at most `limit`. */
export async function list(db: Db, chatId: string, after: number, limit: number): Promise<ChatEvent[]> {
  const rows = await db<Row>('events')
    .where({ chat_id: chatId })
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .select('seq', 'at', 'type', 'body')
  return rows.map(toEvent)
}

export async function findByClientId(db: Db, chatId: string, clientId: string): Promise<ChatEvent | null> {
  const row = await db<Row>('events').where({ chat_id: chatId, client_id: clientId.toLowerCase() }).first()
  return row ? toEvent(row) : null
}
