/** The accounts Frontroom acts as in Webex: a person, so that whole rooms can be read, and perhaps a bot. */
import { z } from 'zod'
import { DeliveryError } from '../core/errors.ts'
import type { WebexClient } from './client.ts'
import { orEmpty } from './shapes.ts'

const Me = z.object({
  id: z.string().min(1),
  emails: z.array(z.string()).default([]),
  displayName: orEmpty,
  nickName: orEmpty,
})
export type Account = z.infer<typeof Me>

export interface Accounts {
  readonly integration: Account
  readonly bot: Account | null
  /** Ids of both: what they wrote is never a line of staff. */
  readonly ids: ReadonlySet<string>
}

/** Asks who we are once, and again after a failure. @throws DeliveryError */
export function createAccounts(integration: WebexClient, bot: WebexClient | null): () => Promise<Accounts> {
  let asked: Promise<Accounts> | null = null
  return () => {
    asked ??= Promise.all([
      integration.call('GET', '/people/me', Me),
      // A bot token that is refused is no bot: its lines are written by the other account.
      bot ? bot.call('GET', '/people/me', Me).catch(unless(401)) : null,
    ]).then(
      ([ours, bots]) => ({
        integration: ours,
        bot: bots ?? null,
        ids: new Set(bots ? [ours.id, bots.id] : [ours.id]),
      }),
      (error: unknown) => {
        asked = null
        throw error
      },
    )
    return asked
  }
}

/** For `catch`: this status is as good as done. */
export const unless =
  (...statuses: readonly number[]) =>
  (error: unknown): undefined => {
    const status = error instanceof DeliveryError ? error.outcome.status : undefined
    if (status !== undefined && statuses.includes(status)) return undefined
    throw error
  }
