/** `npm run settings -- import FILE | export [FILE]`: all settings as one JSON file. A running server takes an import over by itself. */
import { writeFileSync } from 'node:fs'
import { readConfig } from '../config.ts'
import { ConfigError } from '../core/errors.ts'
import { readDotEnv } from '../dot-env.ts'
import { openStore } from '../open-store.ts'
import { exportSettings, readSettings } from '../settings/index.ts'
import { importSettings, readSettingsFile } from '../settings-file.ts'

const USAGE = 'usage: npm run settings -- import FILE | export [FILE]'

async function run([command, file, ...rest]: readonly string[]): Promise<void> {
  const importing = command === 'import' && file !== undefined && rest.length === 0
  const exporting = command === 'export' && rest.length === 0
  if (!importing && !exporting) throw new ConfigError(USAGE, [])
  // Read before the database is touched: a broken file changes nothing.
  const settings = importing && file !== undefined ? readSettingsFile(file) : null
  const store = await openStore(readConfig(readDotEnv(process.env)).database)
  try {
    await store.migrate()
    if (settings) {
      await importSettings(store, settings, { now: Date.now })
      console.log(`Imported ${settings.topics.length} topics. A running server takes them over within 10 s.`)
      return
    }
    const stored = await store.settings.load(store.db)
    if (!stored)
      throw new ConfigError('There are no settings yet. Import some: npm run settings -- import FILE', [])
    const text = JSON.stringify(exportSettings(readSettings(stored.body, 'stored settings')), null, 2)
    if (file === undefined) console.log(text)
    else writeFileSync(file, `${text}\n`)
  } finally {
    await store.close()
  }
}

run(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message.trimEnd() : error)
  process.exitCode = 1
})
