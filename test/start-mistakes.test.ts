import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { readConfig } from '../server/config.ts'
import { ConfigError } from '../server/core/errors.ts'
import { listenOn } from '../server/listen-on.ts'
import { openStore } from '../server/open-store.ts'

const taken = createServer()
const ours = createServer()
afterEach(() => {
  taken.close()
  ours.close()
})

/** The variable that is named as wrong; fails when nothing is. */
async function named(start: Promise<unknown>): Promise<string | undefined> {
  const error = await start.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ConfigError)
  return (error as ConfigError).mistakes[0]?.path
}

describe('a start that cannot work names the variable', () => {
  it('PORT, when something else listens there', async () => {
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    const { port } = taken.address() as AddressInfo
    expect(await named(listenOn(ours, readConfig({ PORT: `${port}`, HOST: '127.0.0.1' })))).toBe('PORT')
  })

  it('HOST, when it is no address of this machine', async () => {
    // TEST-NET-3 of RFC 5737.
    expect(await named(listenOn(ours, readConfig({ PORT: '0', HOST: '203.0.113.9' })))).toBe('HOST')
  })

  it.each(['sqlite:/dev/null/frontroom.db', 'mysql://root@127.0.0.1:9/frontroom'])(
    'DATABASE_URL, when there is no database: %s',
    async (url) => {
      expect(await named(openStore(readConfig({ DATABASE_URL: url }).database))).toBe('DATABASE_URL')
    },
  )
})
