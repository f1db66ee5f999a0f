/** `npm run erase -- --email ADDRESS`: deletes everything of one visitor, rooms included, and prints a receipt. */
import { desks, rootSecret } from '../adapters.ts'
import { forget, type Receipt } from '../chat/purge.ts'
import { type Config, readConfig } from '../config.ts'
import { ConfigError } from '../core/errors.ts'
import { readDotEnv } from '../dot-env.ts'
import { openStore } from '../open-store.ts'
import type { Desk } from '../ports.ts'
import type { Store } from '../store/index.ts'
import { createTokenStore } from '../store/token-store.ts'

const USAGE = 'usage: npm run erase -- --email ADDRESS'
const clock = { now: Date.now }

function deskOf(config: Config, store: Store): Desk {
  const { webex, secretKey } = config
  if (webex.kind === 'sandbox') {
    throw new ConfigError(
      'Rooms of the sandbox are deleted in its room view; erase works with the WEBEX_* variables.',
      [],
    )
  }
  return desks.webex({
    webex,
    // Whatever listens to a room is looked for and removed with it.
    hookUrl: 'https://frontroom.invalid/hooks/webex',
    secretKey,
    tokenStore: createTokenStore(store, rootSecret(webex, secretKey), clock),
    clock,
    onTokenTrouble: () => undefined,
  })
}

async function run(args: readonly string[]): Promise<void> {
  const [flag, email, ...rest] = args
  if (flag !== '--email' || email === undefined || !email.includes('@') || rest.length > 0)
    throw new ConfigError(USAGE, [])
  const config = readConfig(readDotEnv(process.env))
  const store = await openStore(config.database)
  try {
    await store.migrate()
    const desk = deskOf(config, store)
    const chats = await store.chats.listByEmail(store.db, email)
    const open = chats.filter((chat) => chat.state !== 'closed').map((chat) => chat.ref)
    if (open.length > 0)
      throw new ConfigError(`End the chats that are open first: ${open.join(', ')}. Nothing was erased.`, [])
    const erased: Receipt[] = []
    try {
      for (const chat of chats) erased.push(await forget(store, desk, chat))
    } finally {
      console.log(JSON.stringify({ email, erasedAt: new Date().toISOString(), chats: erased }, null, 2))
    }
    if (chats.length === 0) console.error('There was nothing under this address.')
    else console.error('Logs hold no texts and no addresses. Copies in backups go when those are discarded.')
  } finally {
    await store.close()
  }
}

run(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message.trimEnd() : error)
  process.exitCode = 1
})
