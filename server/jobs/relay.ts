/**
 * Empties the outbox. Each chat's lane is worked off by one run at a time, which keeps its order; lanes take turns, so that a
 * busy or stuck one holds up no other. Woken by whoever wrote a row, and by the clock for what a restart left behind.
 */

import type { LaneState } from '../chat/deliver.ts'
import type { Log } from '../chat/deps.ts'
import { createTurns } from './turns.ts'

export interface Relay {
  /** Something is owed for this chat. Resolves, never rejects, when nothing more can be done for it now. */
  wake(chatId: string): Promise<void>
  /** Wakes every lane that is due by the database. */
  wakeDue(): Promise<void>
  /** Lets posts under way finish, begins no new one. */
  stop(): Promise<void>
}

/** Lanes worked on at once: enough to keep latency low, few enough to leave Webex its rate. */
const AT_ONCE = 16
const DUE_BATCH = 500

export function createRelay(options: {
  deliverHead: (chatId: string) => Promise<LaneState>
  dueLanes: (limit: number) => Promise<readonly { chatId: string }[]>
  now: () => number
  log: Log
}): Relay {
  const { deliverHead, dueLanes, now, log } = options
  const runs = new Map<string, { again: boolean; done: Promise<void> }>()
  const timers = new Map<string, NodeJS.Timeout>()
  const turns = createTurns(AT_ONCE)
  let stopped = false

  function wakeAt(chatId: string, instant: number): void {
    clearTimeout(timers.get(chatId))
    const timer = setTimeout(
      () => {
        timers.delete(chatId)
        void wake(chatId)
      },
      Math.max(0, instant - now()),
    )
    timers.set(chatId, timer.unref())
  }

  async function run(chatId: string, me: { again: boolean }): Promise<void> {
    for (;;) {
      me.again = false
      let state: LaneState
      const done = await turns.take()
      try {
        state = stopped ? 'empty' : await deliverHead(chatId)
      } catch (error) {
        // The database is away, or we have a bug; either way the row is still there for the clock to find.
        log.error({ err: error }, 'a delivery broke off')
        state = now() + 5_000
      } finally {
        done()
      }
      if (state === 'again') continue
      if (me.again && !stopped) continue
      // In the same breath as the look at `again`: a wake a moment later must start a new run.
      runs.delete(chatId)
      if (typeof state === 'number') wakeAt(chatId, state)
      return
    }
  }

  function wake(chatId: string): Promise<void> {
    if (stopped) return Promise.resolve()
    const running = runs.get(chatId)
    if (running) {
      running.again = true
      return running.done
    }
    const me = { again: false, done: Promise.resolve() }
    runs.set(chatId, me)
    me.done = run(chatId, me)
    return me.done
  }

  return {
    wake,
    async wakeDue() {
      for (const { chatId } of await dueLanes(DUE_BATCH)) void wake(chatId)
    },
    async stop() {
      stopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      await Promise.all([...runs.values()].map((run) => run.done))
    },
  }
}
