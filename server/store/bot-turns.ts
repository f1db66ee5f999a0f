/** Every turn of a bot, with what it understood: for staff, and for whoever trains it. */
import type { Knex } from 'knex'
import type { Db } from './database.ts'

export interface BotTurnRecord {
  readonly chatId: string
  /** The visitor's line; null for an event. */
  readonly seq: number | null
  readonly event: string | null
  readonly at: number
  readonly ms: number
  /** `reply`, or the kind of the failure. */
  readonly outcome: string
  readonly intent: string | null
  readonly confidence: number | null
  readonly fallback: boolean
}

interface Row {
  chat_id: string
  seq: number | null
  event: string | null
  at: number
  ms: number
  outcome: string
  intent: string | null
  confidence: number | null
  fallback: boolean | 0 | 1
}

export async function add(trx: Knex.Transaction, turn: BotTurnRecord): Promise<void> {
  const { chatId, intent, ...same } = turn
  await trx<Row>('bot_turns').insert({ chat_id: chatId, intent: intent?.slice(0, 255) ?? null, ...same })
}

export async function list(db: Db, chatId: string): Promise<BotTurnRecord[]> {
  const rows = await db<Row & { id: number }>('bot_turns').where({ chat_id: chatId }).orderBy('id')
  return rows.map((row) => ({
    chatId: row.chat_id,
    seq: row.seq,
    event: row.event,
    at: Number(row.at),
    ms: row.ms,
    outcome: row.outcome,
    intent: row.intent,
    confidence: row.confidence,
    fallback: Boolean(row.fallback),
  }))
}
