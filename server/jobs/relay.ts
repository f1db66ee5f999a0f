/**
 * Empties the outbox. Each lane (a chat's desk, a chat's bot) is worked off by one run at a time, which keeps its order; lanes take turns, so that a
 * busy or stuck one holds up no other. Woken by whoever wrote a row, and by the clock for what a restart left behind.
 */

import type { LaneState } from '../chat/deliver.ts'
import type { Log } from '../chat/deps.ts'
import type { Lane } from '../core/chat.ts'
import { createTurns } from './turns.ts'

export interface Relay {
  /** Something is owed on this lane. Resolves, never rejects, when nothing more can be done for it now. */
  wake(chatId: string, lane: Lane): Promise<void>
  /** Wakes every lane that is due by the database. */
  wakeDue(): Promise<void>
  /** Lets posts under way finish, begins no new one. */
  stop(): Promise<void>
}

/** Lanes worked on at once: enough to keep latency low, few enough to leave Webex its rate. */
const AT_ONCE = 16
const DUE_BATCH = 500

export function createRelay(options: {
  /** Does the first thing a lane owes. */
  work: (chatId: string, lane: Lane) => Promise<LaneState>
  dueLanes: (limit: number) => Promise<readonly { chatId: string; lane: Lane }[]>
  now: () => number
  log: Log
}): Relay {
  const { work, dueLanes, now, log } = options
  const runs = new Map<string, { again: boolean; done: Promise<void> }>()
  const timers = new Map<string, NodeJS.Timeout>()
  const turns = createTurns(AT_ONCE)
  let stopped = false

  const keyOf = (chatId: string, lane: Lane) => `${lane} ${chatId}`

  function wakeAt(chatId: string, lane: Lane, instant: number): void {
    const key = keyOf(chatId, lane)
    clearTimeout(timers.get(key))
    const timer = setTimeout(
      () => {
        timers.delete(key)
        void wake(chatId, lane)
      },
      Math.max(0, instant - now()),
    )
    timers.set(key, timer.unref())
  }

  async function run(chatId: string, lane: Lane, me: { again: boolean }): Promise<void> {
    for (;;) {
      me.again = false
      let state: LaneState
      const done = await turns.take()
      try {
        state = stopped ? 'empty' : await work(chatId, lane)
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
      runs.delete(keyOf(chatId, lane))
      if (typeof state === 'number') wakeAt(chatId, lane, state)
      return
    }
  }

  function wake(chatId: string, lane: Lane): Promise<void> {
    if (stopped) return Promise.resolve()
    const key = keyOf(chatId, lane)
    const running = runs.get(key)
    if (running) {
      running.again = true
      return running.done
    }
    const me = { again: false, done: Promise.resolve() }
    runs.set(key, me)
    me.done = run(chatId, lane, me)
    return me.done
  }

  return {
    wake,
    async wakeDue() {
      for (const { chatId, lane } of await dueLanes(DUE_BATCH)) void wake(chatId, lane)
    },
    async stop() {
      stopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      await Promise.all([...runs.values()].map((run) => run.done))
    },
  }
}
