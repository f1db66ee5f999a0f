/** What outlives the page: one localStorage key, or memory where storage is forbidden (private windows, sandboxed frames). */
import { STORAGE_KEY } from '../shared.ts'
import type { Unsent } from './outbox.ts'

export interface Saved {
  readonly token: string
  /** Missing while the first start has not succeeded. */
  readonly chatId?: string | undefined
  readonly open: boolean
  /** The highest `seq` the visitor has had in view. */
  readonly seen: number
  /** Whether the visitor wants to hear new lines. */
  readonly sound?: boolean
  /** What stands in the composer. */
  readonly draft?: string
  /** When that was written: ms since the epoch, or just after all that was there already. */
  readonly drafted?: number
  /** Lines that the server has not yet answered for, oldest first. */
  readonly unsent?: readonly Unsent[]
}

export interface Store {
  read(): Partial<Saved> | undefined
  /** Adds to what is there, as another tab may have left it; `null` leaves nothing. */
  write(change: Partial<Saved> | null): void
}

/**
 * `storage` is a function, as merely looking at `localStorage` may throw. What was saved for another server (`base`) is not
 * read: its token is none of this server's business.
 */
export function createStore(
  storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  base: string,
): Store {
  let memory: string | null = null

  function read(): Partial<Saved> | undefined {
    try {
      memory = storage().getItem(STORAGE_KEY)
    } catch {}
    let saved: (Saved & { base: string }) | null = null
    try {
      // A first exception is dear, and mostly there is nothing.
      saved = memory && JSON.parse(memory)
    } catch {}
    return saved?.base === base ? saved : undefined
  }

  return {
    read,
    write(change) {
      memory = change && JSON.stringify({ base, ...read(), ...change })
      try {
        if (memory) storage().setItem(STORAGE_KEY, memory)
        else storage().removeItem(STORAGE_KEY)
      } catch {}
    },
  }
}
