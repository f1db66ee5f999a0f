/**
 * The time several processes share: that of their database, carried on by a clock that only runs forward. Machines whose own
 * clocks differ by minutes, or jump, then agree on what is due, who is idle, and whose lease is over.
 */
import type { Clock } from './ports.ts'

export interface SharedClock extends Clock {
  /** Asks the database again; what it says is taken over. @throws when it does not answer: the time goes on as it was */
  sync(): Promise<void>
}

/** @param ask the database's clock, epoch ms. @param elapsed milliseconds of a clock that nobody sets */
export async function createSharedClock(
  ask: () => Promise<number>,
  elapsed: () => number = () => performance.now(),
): Promise<SharedClock> {
  let base = 0
  const sync = async () => {
    const before = elapsed()
    const theirs = await ask()
    // It was that time somewhere between question and answer.
    base = theirs - (before + elapsed()) / 2
  }
  await sync()
  return { now: () => Math.round(base + elapsed()), sync }
}
