/** Reads the files of an export one by one, and collects what is wrong with them. */
import type { z } from 'zod'
import type { FieldError } from '../core/errors.ts'
import type { AgentFiles } from './agent-files.ts'

const MAX_MISTAKES_A_FILE = 5

export interface ExportReader {
  /** Null when the file is not there, or broken. */
  read<T extends z.ZodType>(path: string, shape: T): z.infer<T> | null
  mistake(path: string, message: string): void
  ignore(path: string, message: string): void
  /** The names of a folder's files, without those of single languages (`Hello_usersays_en`). */
  stems(folder: 'intents' | 'entities'): readonly string[]
  /** The files of a name for each language. */
  perLanguage(folder: 'intents' | 'entities', stem: string): readonly { lang: string; path: string }[]
  readonly mistakes: readonly FieldError[]
  /** With files that nobody read. */
  ignored(): readonly string[]
}

/** Language tags are compared in lower case. */
export const tagOf = (lang: string): string => lang.toLowerCase().replaceAll('_', '-')

const LANGUAGE = /^(.*)_(?:usersays|entries)_([a-z]{2,3}(?:[-_][a-z0-9]{2,4})*)$/i

export function createExportReader(files: AgentFiles): ExportReader {
  const mistakes: FieldError[] = []
  const ignored: string[] = []
  const seen = new Set(['package.json'])
  const stems = new Map<string, string[]>()
  const perLanguage = new Map<string, { lang: string; path: string }[]>()
  for (const path of files.keys()) {
    const [, folder, name] = /^([^/]+)\/([^/]+)\.json$/.exec(path) ?? []
    if (folder === undefined || name === undefined) continue
    const [, stem, lang] = LANGUAGE.exec(name) ?? []
    if (lang === undefined) append(stems, folder, [name])
    else append(perLanguage, `${folder}/${stem}`, [{ lang: tagOf(lang), path }])
  }

  return {
    mistakes,
    ignored: () => [
      ...ignored,
      ...[...files.keys()]
        .filter((path) => !seen.has(path))
        .map((path) => `${path}: belongs to nothing here`),
    ],
    mistake: (path, message) => void mistakes.push({ path, message }),
    ignore: (path, message) => void ignored.push(`${path}: ${message}`),
    stems: (folder) => stems.get(folder) ?? [],
    perLanguage: (folder, stem) => perLanguage.get(`${folder}/${stem}`) ?? [],
    read(path, shape) {
      seen.add(path)
      const bytes = files.get(path)
      if (!bytes) return null
      let json: unknown
      try {
        json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
      } catch {
        mistakes.push({ path, message: 'is not JSON' })
        return null
      }
      const checked = shape.safeParse(json)
      if (checked.success) return checked.data
      for (const { path: at, message } of checked.error.issues.slice(0, MAX_MISTAKES_A_FILE))
        mistakes.push({ path, message: at.length > 0 ? `${at.join('.')}: ${message}` : message })
      return null
    },
  }
}

export function append<T>(lists: Map<string, T[]>, key: string, more: readonly T[]): void {
  const list = lists.get(key)
  if (list) list.push(...more)
  else if (more.length > 0) lists.set(key, [...more])
}
