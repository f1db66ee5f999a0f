/**
 * The lease on a chat, in the chat's own row: whoever holds it works off all its lanes, and nobody else touches what they owe. It is
 * taken and kept by the transactions that write the row anyway, and given back by the one after which nothing is owed:
 * a lease of nobody says that the chat's lanes are empty.
 */
import type { Knex } from 'knex'
import type { StoredChat } from './chat-row.ts'
import { type Db, dbNow } from './database.ts'

export interface LeaseRow {
  lease_owner: string | null
  leased_until: number
  fence: number
}

export interface Lease {
  /** Null: nothing is owed. */
  readonly owner: string | null
  /** Grows whenever somebody takes over from another. */
  readonly fence: number
  /** By the database's clock: those of the machines may differ by minutes. */
  readonly isOver: boolean
}

export interface LockedChat extends StoredChat {
  readonly lease: Lease
}

/** Held from now on, or given back (null): nothing is owed any more. */
export type LeaseChange = Readonly<{ owner: string; fence: number }> | null

/** How long a lease holds: longer than the longest call of a provider, so that whoever made it cannot still be at it. */
export const LEASE_MS = 15_000

export const toLease = (row: LeaseRow, now: number): Lease => ({
  owner: row.lease_owner,
  fence: row.fence,
  isOver: Number(row.leased_until) <= now,
})

export const mayTake = ({ owner, isOver }: Lease, me: string): boolean =>
  owner === null || owner === me || isOver

/** The fence under which `me` goes on; a new one where somebody else, or nobody, had the lease. */
export const fenceFor = ({ owner, fence }: Lease, me: string): number => (owner === me ? fence : fence + 1)

export const leaseColumns = (db: Db, lease: LeaseChange) =>
  lease === null
    ? { lease_owner: null, leased_until: 0 }
    : {
        lease_owner: lease.owner,
        fence: lease.fence,
        // Knex's types know no expression here.
        leased_until: db.raw('? + ?', [dbNow(db), LEASE_MS]) as unknown as number,
      }

/** Under the chat's lock. */
export async function set(trx: Knex.Transaction, chatId: string, lease: LeaseChange): Promise<void> {
  await trx<LeaseRow & { id: string }>('chats').where({ id: chatId }).update(leaseColumns(trx, lease))
}

/** A longer lease for work that takes its time; false when somebody else has it. */
export async function renew(db: Db, chatId: string, owner: string, fence: number): Promise<boolean> {
  const renewed = await db<LeaseRow & { id: string }>('chats')
    .where({ id: chatId, lease_owner: owner, fence })
    .update(leaseColumns(db, { owner, fence }))
  return renewed > 0
}

/** Something is owed again: a chat that was nobody's must say so. Whoever looks first takes it. */
export async function markOwing(trx: Knex.Transaction, chatId: string): Promise<void> {
  await trx<LeaseRow & { id: string }>('chats')
    .where({ id: chatId })
    .whereNull('lease_owner')
    .update({ lease_owner: 'nobody', leased_until: 0 })
}

/** A process that stops lets the others go on at once. */
export async function releaseAll(db: Db, owner: string): Promise<void> {
  await db<LeaseRow & { id: string }>('chats')
    .where({ lease_owner: owner })
    .whereIn('id', db('outbox').select('chat_id'))
    .update({ leased_until: 0 })
}
