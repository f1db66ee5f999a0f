import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createStore } from '../../server/store/index.ts'
import { createTokenStore } from '../../server/store/token-store.ts'
import { temporaryFolder } from '../support/process.ts'
import { storeContract } from './store.ts'

storeContract('SQLite in a file', async () => {
  const folder = temporaryFolder()
  const store = createStore({ engine: 'sqlite', file: join(folder.path, 'deeper', 'test.db') })
  return { store, drop: () => store.close().finally(folder.remove) }
})

storeContract('SQLite in memory', async () => {
  const store = createStore({ engine: 'sqlite', file: ':memory:' })
  return { store, drop: store.close }
})

/** Writes in a transaction of its own, says so, and takes a while to commit. */
const HOLD_THE_LOCK = `
  const db = new (require('libsql'))(process.argv[1])
  db.exec('BEGIN IMMEDIATE')
  db.exec(\`INSERT INTO settings (id, body, imported_at) VALUES (2, '["other@example.com"]', 1)\`)
  console.log('locked')
  setTimeout(() => db.exec('COMMIT'), Number(process.argv[2]))
`

describe('SQLite', () => {
  it('is durable, and waits for another process instead of failing', async () => {
    const folder = temporaryFolder()
    const file = join(folder.path, 'test.db')
    const store = createStore({ engine: 'sqlite', file })
    try {
      await store.migrate()
      const pragma = async (name: string) =>
        Object.values((await store.db.raw(`PRAGMA ${name}`))[0] as object)[0]
      const set = [await pragma('journal_mode'), await pragma('synchronous'), await pragma('busy_timeout')]
      expect(set).toEqual(['wal', 2, 5000])

      const other = spawn(process.execPath, ['-e', HOLD_THE_LOCK, file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const ended = once(other, 'close')
      await once(other.stdout, 'data')
      await store.tx((trx) => store.settings.save(trx, { by: 'us' }, 1))
      await ended
      expect((await store.settings.load(store.db))?.body).toEqual({ by: 'us' })
      expect(await store.settings.accounts(store.db)).toEqual(['other@example.com'])
    } finally {
      await store.close()
      folder.remove()
    }
  })

  it('says that it is busy when that takes too long, and works again afterwards', async () => {
    const folder = temporaryFolder()
    const file = join(folder.path, 'test.db')
    const store = createStore({ engine: 'sqlite', file })
    try {
      await store.migrate()
      const stdio = ['ignore', 'pipe', 'inherit'] as const
      const other = spawn(process.execPath, ['-e', HOLD_THE_LOCK, file, '6000'], { stdio: [...stdio] })
      const ended = once(other, 'close')
      await once(other.stdout, 'data')
      const write = () => store.tx((trx) => store.settings.save(trx, { by: 'us' }, 1))
      await expect(write()).rejects.toSatisfy(store.isUnavailable)
      await ended
      // libsql leaves the connection unusable: without a new one this fails for ever.
      await write()
      await store.probe()
      const reader = createStore({ engine: 'sqlite', file })
      expect((await reader.settings.load(reader.db))?.body).toEqual({ by: 'us' })
      await reader.close()
    } finally {
      await store.close()
      folder.remove()
    }
  })

  it('repeats no value of a statement in the message of its error', async () => {
    const store = createStore({ engine: 'sqlite', file: ':memory:' })
    await store.migrate()
    const session = { id: 's', lang: 'en', page: {}, parameters: { said: 'hunter2' } }
    await store.sessions.create(store.db, session, 'h', 1)
    const error = await store.sessions.create(store.db, session, 'h', 1).catch((e: unknown) => e)
    expect(String(error)).not.toContain('hunter2')
    await store.close()
  })
})

describe('tokens at rest', () => {
  const tokens = { accessToken: 'secret access', refreshToken: 'secret refresh', obtainedAt: 1, origin: 'o' }

  it('come back under the same key only, for the same account only, and are not to be read in the database', async () => {
    const store = createStore({ engine: 'sqlite', file: ':memory:' })
    await store.migrate()
    const clock = { now: () => 1 }
    const kept = createTokenStore(store, 'k'.repeat(32), clock)
    await kept.save('a', tokens)
    expect(await kept.load('a')).toEqual(tokens)
    expect(await createTokenStore(store, 'x'.repeat(32), clock).load('a')).toBeNull()
    const sealed = (await store.tokens.load(store.db, 'a')) ?? ''
    expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('secret')
    await store.tokens.save(store.db, 'b', sealed, 1)
    expect(await kept.load('b')).toBeNull()
    await kept.save('a', tokens)
    expect(await store.tokens.load(store.db, 'a')).not.toBe(sealed)
    await store.close()
  })
})
