/** Reads the languages, one file each: `texts/<lang>.json`. There is no list of them; English says which keys there are. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigError, type FieldError } from './core/errors.ts'
import { type Languages, PLURAL_FORMS } from './core/words.ts'

const text = z.string().refine((given) => given.trim() !== '', 'must not be empty')
const table = z.record(z.string(), text).default({})
const shape = z.strictObject({ widget: table, chat: table, asking: z.array(text).default([]) })

type Language = z.infer<typeof shape>

const REFERENCE = 'en'
const FORM = new RegExp(`_(?:${PLURAL_FORMS.join('|')})$`)

const holesOf = (given: string): string[] => given.match(/\{\w+\}/g) ?? []

function isTag(name: string): boolean {
  try {
    return Intl.getCanonicalLocales(name)[0] === name
  } catch {
    return false
  }
}

function parsed(content: string): { language: Language } | { mistakes: FieldError[] } {
  let given: unknown
  try {
    given = JSON.parse(content)
  } catch (error) {
    return { mistakes: [{ path: '', message: `is not JSON: ${(error as Error).message}` }] }
  }
  const { data, error } = shape.safeParse(given)
  if (data) return { language: data }
  return { mistakes: error.issues.map(({ path, message }) => ({ path: path.join('.'), message })) }
}

/** What is wrong with a language beside the English one: keys that nothing shows, and holes that nothing fills. */
function compared(language: Language, english: Language): FieldError[] {
  return (['widget', 'chat'] as const).flatMap((part) =>
    Object.entries(language[part]).flatMap(([key, given]): FieldError[] => {
      const path = `${part}.${key}`
      const plain = english[part][key]
      const counted = english[part][key.replace(FORM, '')]
      // Only the widget counts anything.
      const isForm = part === 'widget' && counted?.includes('{n}')
      const model = plain ?? (isForm ? counted : undefined)
      if (model === undefined) return [{ path, message: `is not a key of ${REFERENCE}.json` }]
      return holesOf(given)
        .filter((hole) => !holesOf(model).includes(hole))
        .map((hole) => ({ path, message: `has ${hole}, which ${REFERENCE}.json does not fill in` }))
    }),
  )
}

/**
 * Every language in the folder. A key that a language lacks is no mistake: a wider language or English has it.
 * @throws ConfigError that names file and key of every mistake
 */
export async function readLanguages(folder: string): Promise<Languages> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  const mistakes: FieldError[] = []
  const languages = new Map<string, Language>()
  for (const name of names) {
    const tag = name.slice(0, -'.json'.length)
    const wrong = (found: readonly FieldError[]) =>
      mistakes.push(...found.map(({ path, message }) => ({ path: `${name} ${path}`.trim(), message })))
    if (!isTag(tag)) wrong([{ path: '', message: 'is not named by a language tag such as de or pt-BR' }])
    const read = parsed(await readFile(join(folder, name), 'utf8'))
    if ('mistakes' in read) wrong(read.mistakes)
    else languages.set(tag, read.language)
  }
  const english = languages.get(REFERENCE)
  if (!names.includes(`${REFERENCE}.json`))
    mistakes.push({ path: `${REFERENCE}.json`, message: 'is missing: all others fall back to it' })
  for (const [tag, language] of languages)
    for (const { path, message } of english ? compared(language, english) : [])
      mistakes.push({ path: `${tag}.json ${path}`, message })
  if (mistakes.length > 0) throw new ConfigError(`The languages in ${folder} have mistakes:`, mistakes)
  const part = <K extends keyof Language>(key: K) =>
    Object.fromEntries([...languages].map(([tag, language]) => [tag, language[key]]))
  return { widget: part('widget'), chat: part('chat'), asking: part('asking') } as Languages
}
