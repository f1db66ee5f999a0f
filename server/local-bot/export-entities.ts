/** The entities of an export. */
import type { z } from 'zod'
import type { Entity, Entry } from './agent.ts'
import { EntityFile, EntriesFile, type EntryShape } from './agent-shapes.ts'
import { append, type ExportReader } from './export-reader.ts'

/** `@sys.number:number @size:size` */
const COMPOSITE = /^@[\w.-]+(?::\w+)?(?:\s|$)/

const entryOf = ({ value, synonyms }: z.infer<typeof EntryShape>): Entry => ({
  value,
  // Dialogflow knows the value itself only when it is among its synonyms; that surprises everybody.
  synonyms: [...new Set([value, ...synonyms])],
})

/** @param own the agent's own language, of entries that name none. */
export function readEntity(reader: ExportReader, stem: string, own: string): Entity[] {
  const path = `entities/${stem}.json`
  const file = reader.read(path, EntityFile)
  const entries = new Map<string, Entry[]>()
  for (const { lang, path } of reader.perLanguage('entities', stem))
    append(entries, lang, (reader.read(path, EntriesFile) ?? []).map(entryOf))
  if (!file) return []
  append(entries, own, file.entries.map(entryOf))
  const isComposite = [...entries.values()].flat().some(({ value }) => COMPOSITE.test(value))
  const odd = file.isRegexp ? 'regular expressions' : isComposite ? 'composite values' : null
  if (odd) reader.ignore(path, `${odd} are not looked into; any text will do`)
  if (file.automatedExpansion) reader.ignore(path, 'values that are not listed are not recognised')
  return [{ name: `@${file.name}`, kind: odd ? 'any' : 'list', entries }]
}
