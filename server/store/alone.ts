/** One process at a time, by a lease that ends with its holder. */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { DeliveryError } from '../core/errors.ts'
import type { Store } from './index.ts'

/** Kept up while its holder lives; whoever waits outlasts a holder that died. */
const LEASE_MS = 12_000
const PATIENCE_MS = 15_000
const ASK_AGAIN_MS = 100

/**
 * Waits for the lease of that name, and gives it back after the work.
 * @throws DeliveryError `no` when it could not be had in time: the work was not begun
 */
export async function alone<T>(
  store: Store,
  name: string,
  work: () => Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  // Of this call, not of this process: two calls here are no closer to each other than two processes.
  const owner = randomUUID()
  const take = () => store.jobs.leaseFor(store.db, name, owner, LEASE_MS)
  // Not the clock of the day, which may be set meanwhile.
  const until = performance.now() + patienceMs
  while (!(await take())) {
    if (performance.now() >= until)
      throw new DeliveryError(`${name}: another process is at it for too long`, {
        effect: 'no',
        retryAfter: 1,
      })
    // Those who wait do not ask in step.
    await setTimeout(ASK_AGAIN_MS * (1 + 2 * Math.random()))
  }
  let kept: Promise<unknown> = Promise.resolve()
  const keeping = setInterval(() => {
    kept = take().catch(() => undefined)
  }, LEASE_MS / 4)
  try {
    return await work()
  } finally {
    clearInterval(keeping)
    // It must not be taken again after it was given back.
    await kept
    // Without a database it ends by itself.
    await store.jobs.release(store.db, name, owner).catch(() => undefined)
  }
}
