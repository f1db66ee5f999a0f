/** Two processes that share a database, as far as the store is concerned. */
import type { Store } from '../../server/store/index.ts'

export interface TwoStores {
  readonly first: Store
  readonly second: Store
  drop(): Promise<void>
}

/** Something that is waited for until it is given. */
export function signal(): { readonly given: Promise<void>; give(): void } {
  let give = () => {}
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give: () => give() }
}

interface Heard {
  on(event: 'query-response', hear: (response: unknown, query: { sql: string }) => void): void
  removeListener(event: 'query-response', hear: (response: unknown, query: { sql: string }) => void): void
}

/** Resolves when the store was answered to the next statement like that. */
export function heard(store: Store, pattern: RegExp): Promise<void> {
  const knex = store.db as unknown as Heard
  return new Promise((resolve) => {
    const hear = (_response: unknown, { sql }: { sql: string }) => {
      if (!pattern.test(sql)) return
      knex.removeListener('query-response', hear)
      resolve()
    }
    knex.on('query-response', hear)
  })
}
