/** The widget built from the sources, once for every test of a file, held in memory. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildWidget } from '../../../widget/build.js'

export interface WidgetFiles {
  /** Names of the files by what they are, as in `manifest.json`. */
  readonly manifest: Readonly<Record<string, string>>
  readonly code: ReadonlyMap<string, string>
}

let built: Promise<WidgetFiles> | undefined

export function widgetFiles(): Promise<WidgetFiles> {
  built ??= build()
  return built
}

async function build(): Promise<WidgetFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'frontroom-widget-'))
  try {
    const manifest: Readonly<Record<string, string>> = { ...(await buildWidget(folder)) }
    const names = await readdir(folder)
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
    return { manifest, code: new Map(names.map((name, n) => [name, texts[n] ?? ''])) }
  } finally {
    await rm(folder, { recursive: true })
  }
}
