/** Provider tokens at rest: AES-256-GCM under a key derived from the operator's secret. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Clock, StoredTokens, TokenStore } from '../ports.ts'
import type { Store } from './index.ts'

const NONCE = 12
const TAG = 16

/** @param secret FRONTROOM_SECRET_KEY, or what stands in for it. Stored tokens cannot be read under another one. */
export function createTokenStore(store: Store, secret: string, clock: Clock): TokenStore {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'frontroom stored tokens', 32))
  return {
    async load(account) {
      const sealed = await store.tokens.load(store.db, account)
      if (sealed === null) return null
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
    },

    async save(account, tokens) {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      cipher.setAAD(Buffer.from(account))
      const sealed = Buffer.concat([
        nonce,
        cipher.update(JSON.stringify(tokens)),
        cipher.final(),
        cipher.getAuthTag(),
      ])
      await store.tokens.save(store.db, account, sealed.toString('base64'), clock.now())
    },
  }
}
