/** Every change of the schema, in order. Append only: what has run somewhere is never edited. */
import type { Knex } from 'knex'
import { initial } from './001-initial.ts'
import { privacy } from './002-privacy.ts'
import { bot } from './003-bot.ts'
import { pauses } from './004-pauses.ts'
import { delivery } from './005-delivery.ts'
import { leases } from './006-leases.ts'

export interface Migration {
  readonly name: string
  up(db: Knex.Transaction): Promise<void>
  down(db: Knex.Transaction): Promise<void>
}

export const migrations: readonly Migration[] = [initial, privacy, bot, pauses, delivery, leases]
