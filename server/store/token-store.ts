/** Provider tokens at rest: AES-256-GCM under a key derived from the operator's secret. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Clock, StoredTokens, TokenStore } from '../ports.ts'
import { alone } from './alone.ts'
import type { Store } from './index.ts'

const NONCE = 12
const TAG = 16

/** What a holder of the lease has seen of its account, as it stands in the database; undefined: it has not looked yet. */
interface Holding {
  readonly account: string
  seen: string | null | undefined
}

/**
 * `save` within `alone` is for what grew from the tokens that `load` gave there: when others stand there by now, saved by somebody
 * who took a frozen holder for dead or by a person who logged in, those stay. No clock is asked which are the younger ones.
 * Elsewhere `save` is the last word.
 * @param secret FRONTROOM_SECRET_KEY, or what stands in for it. Stored tokens cannot be read under another one.
 * @param patienceMs how long `alone` waits for others before it throws a DeliveryError `no`
 */
export function createTokenStore(
  store: Store,
  secret: string,
  clock: Clock,
  patienceMs?: number,
): TokenStore {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'frontroom stored tokens', 32))
  const holding = new AsyncLocalStorage<Holding>()
  const holdingOf = (account: string) => {
    const held = holding.getStore()
    return held?.account === account ? held : undefined
  }

  function open(sealed: string, account: string): StoredTokens | null {
    const bytes = Buffer.from(sealed, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE))
    decipher.setAAD(Buffer.from(account))
    decipher.setAuthTag(bytes.subarray(-TAG))
    try {
      const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()])
      return JSON.parse(plain.toString('utf8')) as StoredTokens
    } catch {
      // Another key than the one it was sealed under: as good as no tokens.
      return null
    }
  }

  function seal(tokens: StoredTokens, account: string): string {
    const nonce = randomBytes(NONCE)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    cipher.setAAD(Buffer.from(account))
    const plain = cipher.update(JSON.stringify(tokens))
    return Buffer.concat([nonce, plain, cipher.final(), cipher.getAuthTag()]).toString('base64')
  }

  return {
    async load(account) {
      const sealed = await store.tokens.load(store.db, account)
      const held = holdingOf(account)
      if (held) held.seen = sealed
      return sealed === null ? null : open(sealed, account)
    },

    async save(account, tokens) {
      const sealed = seal(tokens, account)
      const held = holdingOf(account)
      if (held?.seen === undefined) return store.tokens.save(store.db, account, sealed, clock.now())
      if (await store.tokens.replace(store.db, account, held.seen, sealed, clock.now())) held.seen = sealed
    },

    alone: (account, work) =>
      alone(store, `tokens ${account}`, () => holding.run({ account, seen: undefined }, work), patienceMs),
  }
}
