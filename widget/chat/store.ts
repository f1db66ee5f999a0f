/** What outlives the page: one localStorage key, or memory where storage is forbidden (private windows, sandboxed frames). */
import { STORAGE_KEY } from '../shared.ts'

export interface Saved {
  readonly token: string
  /** Missing while the first start has not succeeded. */
  readonly chatId?: string | undefined
  readonly open: boolean
  /** The highest `seq` the visitor has had in view. */
  readonly seen: number
}

export interface Store {
  read(): Saved | null
  write(saved: Saved | null): void
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
  return {
    read() {
      try {
        memory = storage().getItem(STORAGE_KEY)
      } catch {}
      try {
        const saved = JSON.parse(memory ?? '')
        return saved.base === base ? saved : null
      } catch {
        return null
      }
    },
    write(saved) {
      memory = saved && JSON.stringify({ base, ...saved })
      try {
        if (memory) storage().setItem(STORAGE_KEY, memory)
        else storage().removeItem(STORAGE_KEY)
      } catch {}
    },
  }
}
