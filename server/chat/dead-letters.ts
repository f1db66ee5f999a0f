/** What was refused for good, or could not be delivered in three days: kept for the operator, who tries again or lets it be. */
import { Problem } from '../core/errors.ts'
import type { DeadLetter } from '../store/outbox.ts'
import type { Deps } from './deps.ts'

export type { DeadLetter }

const LISTED = 200

export const deadLetters = ({ store }: Deps): Promise<DeadLetter[]> =>
  store.outbox.listFailed(store.db, LISTED)

/** @throws Problem `not_found` */
export async function retryDeadLetter({ store, clock, wake }: Deps, id: number): Promise<void> {
  const row = await store.tx((trx) => store.outbox.revive(trx, id, clock.now()))
  if (!row) throw nothingThere()
  void wake(row.chatId, row.lane)
}

/** @throws Problem `not_found` */
export async function skipDeadLetter({ store }: Deps, id: number): Promise<void> {
  if (!(await store.outbox.drop(store.db, id))) throw nothingThere()
}

const nothingThere = () => new Problem('not_found', 'There is no failed delivery of that number.')
