/** Without any WEBEX_* setting the sandbox is our Webex: the same desk talks to it, over HTTP. */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Sandbox } from '../sandbox/index.ts'
import type { RealWebex } from './adapters.ts'
import type { Config } from './config.ts'

export const SANDBOX_PATH = '/sandbox'

/** The Webex to talk to: the configured one, or a sandbox at `origin`. */
export async function webexFor(
  config: Config,
  origin: string,
  assetsDir: string,
  say: (line: string) => void,
): Promise<{ webex: RealWebex; sandbox: Sandbox | null }> {
  if (config.webex.kind === 'webex') return { webex: config.webex, sandbox: null }
  const { database } = config
  // Beside the database where that is a file; a database server keeps no files of ours.
  const sandbox = await openSandbox(database.engine === 'sqlite' ? database.file : ':memory:', assetsDir, say)
  const { accounts } = sandbox
  const webex: RealWebex = {
    kind: 'webex',
    apiUrl: `${origin}${SANDBOX_PATH}/v1`,
    account: { kind: 'token', accessToken: accounts.integrationToken },
    botToken: accounts.botToken,
    webhookSecret: null,
  }
  return { webex, sandbox }
}

async function openSandbox(
  databaseFile: string,
  assetsDir: string,
  say: (line: string) => void,
): Promise<Sandbox> {
  // Loaded only here: with real Webex not a byte of it is.
  const { createSandbox } = await import('../sandbox/index.ts')
  const stateFile = databaseFile === ':memory:' ? null : join(dirname(databaseFile), 'sandbox.json')
  if (stateFile) mkdirSync(dirname(stateFile), { recursive: true })
  return createSandbox({
    basePath: SANDBOX_PATH,
    stateFile,
    viewDir: join(assetsDir, 'sandbox', 'view'),
    log: say,
  })
}
