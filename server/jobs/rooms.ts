/**
 * Reads rooms that moved. A webhook is only a hint and may be lost, doubled or out of order: hints of one room melt into one
 * read at a time, and every open room is read by the clock as well.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Log } from '../chat/deps.ts'
import { DeliveryError } from '../core/errors.ts'
import { backOff } from '../core/outbox.ts'
import { createTurns } from './turns.ts'

export interface Rooms {
  /** This room may have moved. An echo of our own says nothing new, mostly: several of them are one read, a moment later. */
  hint(roomId: string, isEcho?: boolean): void
  /** Reads rooms whose turn it is by the clock. */
  readDue(): Promise<void>
  stop(): Promise<void>
}

const AT_ONCE = 8
/** Rooms one turn of the clock reads at most; more rooms take several turns. */
const A_ROUND = 150
const TRIES = 5
/** By then what we posted is known to stand, and a copy of it is told apart. */
const ECHO_MS = 1_000

export function createRooms(options: {
  /** Takes in what is new in a room. @throws DeliveryError when the room cannot be read. */
  read: (roomId: string) => Promise<unknown>
  /** Rooms whose turn it is, at most `limit`. */
  due: (limit: number) => Promise<readonly string[]>
  log: Log
}): Rooms {
  const { read, due, log } = options
  const runs = new Map<string, { again: boolean; done: Promise<void> }>()
  const echoes = new Map<string, NodeJS.Timeout>()
  const turns = createTurns(AT_ONCE)
  const stopping = new AbortController()
  // As many rooms wait as are in trouble; Node warns of more than ten.
  setMaxListeners(0, stopping.signal)
  let stopped = false

  /** A hint that cannot be followed now is followed soon: nobody will send it again. */
  async function readUntilDone(roomId: string): Promise<void> {
    for (let attempt = 1; attempt <= TRIES && !stopped; attempt++) {
      const done = await turns.take()
      try {
        if (!stopped) await read(roomId)
        return
      } catch (error) {
        done()
        const { retryAfter = undefined, permanent = false } =
          error instanceof DeliveryError ? error.outcome : {}
        log.warn({ err: error, attempt }, 'a room could not be read')
        if (permanent) return
        // Without a turn: a room that cannot be read keeps no other waiting.
        await pause(retryAfter === undefined ? backOff(attempt, Math.random()) : retryAfter * 1000)
      } finally {
        done()
      }
    }
  }

  const pause = (ms: number) => pauseFor(ms, undefined, { signal: stopping.signal }).catch(() => undefined)

  async function run(roomId: string, me: { again: boolean }): Promise<void> {
    do {
      me.again = false
      await readUntilDone(roomId)
    } while (me.again && !stopped)
    // In the same breath as the look at `again`: a hint a moment later must start a new run.
    runs.delete(roomId)
  }

  function hint(roomId: string, isEcho = false): void {
    if (stopped) return
    if (isEcho) {
      echo(roomId)
      return
    }
    const running = runs.get(roomId)
    if (running) {
      running.again = true
      return
    }
    const me = { again: false, done: Promise.resolve() }
    runs.set(roomId, me)
    me.done = run(roomId, me)
  }

  function echo(roomId: string): void {
    if (echoes.has(roomId)) return
    const timer = setTimeout(() => {
      echoes.delete(roomId)
      hint(roomId)
    }, ECHO_MS)
    echoes.set(roomId, timer.unref())
  }

  return {
    hint,
    async readDue() {
      // While there is a queue the clock adds nothing: hints come first.
      if (stopped || turns.waiting() > 0) return
      for (const roomId of await due(A_ROUND)) if (!runs.has(roomId)) hint(roomId)
    },
    async stop() {
      stopped = true
      stopping.abort()
      for (const timer of echoes.values()) clearTimeout(timer)
      await Promise.all([...runs.values()].map((run) => run.done))
    },
  }
}
