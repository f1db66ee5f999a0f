/**
 * Empties the outbox. Each lane (a chat's desk, a chat's bot) is worked off by one run at a time, which keeps its order; lanes take turns, so that a
 * busy or stuck one holds up no other. Woken by whoever wrote a row, and by the clock for what a restart left behind.
 */

import type { Log } from '../chat/deps.ts'
import type { Hand, LaneState } from '../chat/hand.ts'
import type { Lane } from '../core/chat.ts'
import { createTurns } from './turns.ts'

export interface Relay {
  /**
   * Something is owed on this lane, perhaps in hand already; `after` goes first, if it is quick. Resolves, never rejects, when
   * nothing more can be done for it now.
   */
  wake(chatId: string, lane: Lane, hand?: Hand, after?: Promise<void>): Promise<void>
  /** Wakes every lane that is due by the database. */
  wakeDue(): Promise<void>
  /** Lets posts under way finish, begins no new one. */
  stop(): Promise<void>
}

/** Lanes worked on at once: enough to keep latency low, few enough to leave Webex its rate. */
const AT_ONCE = 16
const DUE_BATCH = 500
/** How long a lane lets another go first: nothing beside what a desk takes, enough for a bot that knows the answer. */
const HEAD_START_MS = 30

export function createRelay(options: {
  /** Does the first thing a lane owes. */
  work: (chatId: string, lane: Lane, hand?: Hand) => Promise<LaneState>
  dueLanes: (limit: number) => Promise<readonly { chatId: string; lane: Lane }[]>
  now: () => number
  log: Log
}): Relay {
  const { work, dueLanes, now, log } = options
  const runs = new Map<string, { again: boolean; done: Promise<void> }>()
  const timers = new Map<string, NodeJS.Timeout>()
  /** What is in hand until its lane's turn comes. */
  const hands = new Map<string, Hand>()
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

  async function run(
    chatId: string,
    lane: Lane,
    me: { again: boolean },
    after: Promise<void> | undefined,
  ): Promise<void> {
    const key = keyOf(chatId, lane)
    if (after) await headStart(after)
    for (;;) {
      me.again = false
      let state: LaneState
      const done = await turns.take()
      try {
        const hand = hands.get(key)
        hands.delete(key)
        state = stopped ? 'empty' : await work(chatId, lane, hand)
      } catch (error) {
        // The database is away, or we have a bug; either way the row is still there for the clock to find.
        log.error({ err: error }, 'a delivery broke off')
        state = now() + 5_000
      } finally {
        done()
      }
      if (typeof state === 'object') hands.set(key, state)
      if (typeof state === 'object' || state === 'again') continue
      if (me.again && !stopped) continue
      // In the same breath as the look at `again`: a wake a moment later must start a new run.
      runs.delete(key)
      if (typeof state === 'number') wakeAt(chatId, lane, state)
      return
    }
  }

  function wake(chatId: string, lane: Lane, hand?: Hand, after?: Promise<void>): Promise<void> {
    if (stopped) return Promise.resolve()
    const key = keyOf(chatId, lane)
    const running = runs.get(key)
    // A run under way may have found the row by itself: then the hand is to be looked at first.
    if (hand) hands.set(key, running ? { ...hand, since: Number.NEGATIVE_INFINITY } : hand)
    if (running) {
      running.again = true
      return running.done
    }
    const me = { again: false, done: Promise.resolve() }
    runs.set(key, me)
    me.done = run(chatId, lane, me, after)
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

async function headStart(first: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, HEAD_START_MS)
  })
  await Promise.race([first, over])
  clearTimeout(timer)
}
