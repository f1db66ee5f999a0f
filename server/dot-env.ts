/** `.env` beside the process, under whatever the environment itself says. */
import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

export function readDotEnv(env: NodeJS.ProcessEnv, file = '.env'): Record<string, string | undefined> {
  return existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')), ...env } : env
}
