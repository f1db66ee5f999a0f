/**
 * What this process knows by heart, so that an idle poll touches no database: which session a token belongs to, whose each
 * chat is, how far its log reaches, who is waiting for more, and who gave a sign of life. Everything here can be lost:
 * the database has it too.
 */
import type { ChatState } from '../core/events.ts'
import type { Clock } from '../ports.ts'

export interface KnownChat {
  readonly sessionId: string
  readonly state: ChatState
  readonly lastSeq: number
}

interface Waiter {
  readonly after: number
  readonly finish: () => void
}

export interface Watch {
  sessionOf(tokenHash: string): string | undefined
  rememberSession(tokenHash: string, sessionId: string): void
  /** For good: a look-up that was under way cannot bring it back. */
  forgetSession(sessionId: string): void
  chat(id: string): KnownChat | undefined
  /** Remembers how far a chat is and wakes whoever waits for it. An older state never replaces a newer one. */
  rememberChat(id: string, known: KnownChat): void
  /**
   * Resolves when the chat moves beyond `after`, when `ms` have passed, or when the signal aborts; at once when it has
   * moved already. Registered before it looks, so no wake-up falls in between.
   */
  wait(id: string, after: number, ms: number, signal: AbortSignal): Promise<void>
  /** A sign of life now. */
  beat(id: string): void
  /** From now until the returned function is called the visitor counts as alive. */
  hold(id: string): () => void
  /** Last signs of life (epoch ms) by chat since the last call; of held ones that is now. */
  takeBeats(): ReadonlyMap<string, number>
  /** They could not be written; younger ones stay. */
  giveBack(taken: ReadonlyMap<string, number>): void
  isHeld(id: string): boolean
  /** Chats somebody here waits for. */
  waiting(): readonly string[]
  /** The last sign of life not yet taken, epoch ms; 0 without one. */
  beatOf(id: string): number
  held(): number
  /** Answers every held poll now, and lets none wait any more: the process is about to stop. */
  release(): void
}

const hasMoved = (known: KnownChat, after: number) => known.lastSeq > after || known.state === 'closed'

/** How many tokens and chats are remembered at most; the longest unused are forgotten first. */
const REMEMBERED = 100_000

function createMemory<V>(limit: number) {
  const map = new Map<string, V>()
  return {
    map,
    get(key: string): V | undefined {
      const value = map.get(key)
      if (value !== undefined) {
        map.delete(key)
        map.set(key, value)
      }
      return value
    },
    set(key: string, value: V) {
      map.delete(key)
      map.set(key, value)
      if (map.size > limit) for (const oldest of map.keys()) return void map.delete(oldest)
    },
  }
}

export function createWatch(clock: Clock): Watch {
  const sessions = createMemory<string>(REMEMBERED)
  const tokens = createMemory<string>(REMEMBERED)
  const ended = createMemory<true>(REMEMBERED)
  const chats = createMemory<KnownChat>(REMEMBERED)
  const waiters = new Map<string, Set<Waiter>>()
  const holds = new Map<string, number>()
  const beats = new Map<string, number>()
  let released = false
  let held = 0

  const beat = (id: string) => void beats.set(id, clock.now())

  /** Only whoever waits for what has come: a look at the chat by somebody else ends no poll. */
  const wake = (id: string, known: KnownChat) => {
    for (const waiter of waiters.get(id) ?? []) if (hasMoved(known, waiter.after)) waiter.finish()
  }

  return {
    sessionOf: (tokenHash) => sessions.get(tokenHash),
    rememberSession(tokenHash, sessionId) {
      if (ended.map.has(sessionId)) return
      sessions.set(tokenHash, sessionId)
      tokens.set(sessionId, tokenHash)
    },
    forgetSession(sessionId) {
      ended.set(sessionId, true)
      const tokenHash = tokens.map.get(sessionId)
      if (tokenHash !== undefined) sessions.map.delete(tokenHash)
      tokens.map.delete(sessionId)
    },

    chat: (id) => chats.get(id),
    rememberChat(id, known) {
      const before = chats.map.get(id)
      if (before && before.lastSeq > known.lastSeq) return
      chats.set(id, known)
      wake(id, known)
    },

    wait(id, after, ms, signal) {
      return new Promise<void>((resolve) => {
        const waiting = waiters.get(id) ?? new Set<Waiter>()
        waiters.set(id, waiting)
        const finish = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', finish)
          waiting.delete(waiter)
          if (waiting.size === 0 && waiters.get(id) === waiting) waiters.delete(id)
          resolve()
        }
        const waiter: Waiter = { after, finish }
        const timer = setTimeout(finish, ms)
        waiting.add(waiter)
        signal.addEventListener('abort', finish)
        const known = chats.map.get(id)
        if (released || signal.aborted || (known && hasMoved(known, after))) finish()
      })
    },

    beat,
    hold(id) {
      holds.set(id, (holds.get(id) ?? 0) + 1)
      held++
      beat(id)
      let over = false
      return () => {
        if (over) return
        over = true
        held--
        const left = (holds.get(id) ?? 1) - 1
        if (left > 0) holds.set(id, left)
        else holds.delete(id)
        beat(id)
      }
    },
    takeBeats() {
      for (const id of holds.keys()) beat(id)
      const taken = new Map(beats)
      beats.clear()
      return taken
    },
    giveBack(taken) {
      for (const [id, at] of taken) if ((beats.get(id) ?? 0) < at) beats.set(id, at)
    },
    beatOf: (id) => beats.get(id) ?? 0,
    isHeld: (id) => holds.has(id),
    waiting: () => [...waiters.keys()],
    held: () => held,

    release() {
      released = true
      for (const waiting of [...waiters.values()]) for (const waiter of [...waiting]) waiter.finish()
    },
  }
}
