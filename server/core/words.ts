/**
 * What a visitor is shown and told, by language and key: ours, and above it a site's own wording (`texts` in the settings).
 * Ours stands in `texts/<lang>.json`, which `server/texts.ts` reads; here it is only looked up. `{…}` is filled in.
 */
import type english from '../../texts/en.json'
import type { Settings } from './settings.ts'

/** Keys of what a chat says by itself. */
export type WordKey = keyof (typeof english)['chat']

export type Words = (key: WordKey, values?: Readonly<Record<string, string>>) => string

type Table = Readonly<Record<string, string>>
export type ByLanguage<T> = Readonly<Record<string, T>>

/** English has every key; any other language has what somebody wrote, and may be of a region only. */
export interface Languages {
  /** What the widget shows. */
  readonly widget: ByLanguage<Table>
  /** What a chat says to its visitor. */
  readonly chat: ByLanguage<Table>
  /** What asks for a person when it is all that was written. */
  readonly asking: ByLanguage<readonly string[]>
}

/** A key may have forms by number, `<key>_few`; which one fits is known to `Intl.PluralRules`. */
export const PLURAL_FORMS = ['zero', 'one', 'two', 'few', 'many', 'other'] as const

/** A language and the wider ones it belongs to, best first: `zh-Hant-TW`, `zh-Hant`, `zh`. */
function widened(lang: string): string[] {
  const parts = lang.split('-')
  return parts.map((_, at) => parts.slice(0, parts.length - at).join('-'))
}

const sameTag = (tags: readonly string[], tag: string) =>
  tags.find((known) => known.toLowerCase() === tag.toLowerCase())

/** The language to answer in: the one asked for where it is known, else a wider one, else English. Tags know no case. */
export function spokenIn(lang: string, known: readonly string[]): string {
  return (
    widened(lang)
      .map((tag) => sameTag(known, tag))
      .find((tag) => tag !== undefined) ?? 'en'
  )
}

/** What there is for a language, best first, then for English. */
function layersOf<T>(lang: string, tables: ByLanguage<T>): { readonly near: T[]; readonly english: T[] } {
  const of = (tag: string): T[] => {
    const found = tables[sameTag(Object.keys(tables), tag) ?? '']
    return found === undefined ? [] : [found]
  }
  const tags = widened(lang)
  return { near: tags.flatMap(of), english: sameTag(tags, 'en') ? [] : of('en') }
}

/** In the visitor's language the site's own wording stands above ours; so it does in English, beneath both. */
function wordings(lang: string, ours: ByLanguage<Table>, own: ByLanguage<Table>): Table[] {
  const [theirs, built] = [layersOf(lang, own), layersOf(lang, ours)]
  return [...theirs.near, ...built.near, ...theirs.english, ...built.english]
}

/** All texts in a language as one table. */
export function textsIn(lang: string, ours: ByLanguage<Table>, own: ByLanguage<Table>): Table {
  const texts: Record<string, string> = {}
  for (const table of wordings(lang, ours, own).reverse()) {
    // Where a key is worded anew, its forms beneath belong to other words, maybe of another language.
    for (const key of Object.keys(table)) for (const form of PLURAL_FORMS) delete texts[`${key}_${form}`]
    Object.assign(texts, table)
  }
  return texts
}

/** What a chat says, with its holes filled. Nothing is looked up before it is said. */
export function wordsIn(lang: string, ours: ByLanguage<Table>, own: ByLanguage<Table>): Words {
  return (key, values = {}) => {
    const text = wordings(lang, ours, own).find((table) => table[key] !== undefined)?.[key] ?? key
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
  }
}

/** One text in every language that has it. */
export function inEach(ours: ByLanguage<Table>, key: string): Table {
  const found = Object.entries(ours).flatMap(([lang, { [key]: text }]) =>
    text === undefined ? [] : [[lang, text]],
  )
  return Object.fromEntries(found)
}

/**
 * The bubble's name in the languages that the site speaks itself, and in English: every page of the site carries them, so they
 * are not all that we know.
 */
export function bubbleNames(
  ours: ByLanguage<Table>,
  site: Pick<Settings, 'topics' | 'look' | 'texts'> | null,
): Table {
  const spoken = new Set(['en'])
  for (const table of site ? [site.texts, site.look.title, ...site.topics.map(({ title }) => title)] : []) {
    for (const lang of Object.keys(table)) for (const tag of widened(lang)) spoken.add(tag)
  }
  const known = { ...inEach(ours, 'open'), ...inEach(site?.texts ?? {}, 'open') }
  return Object.fromEntries(Object.entries(known).filter(([lang]) => spoken.has(lang)))
}

/** What asks for a person in a language, and in English. */
export function askingIn(lang: string, asking: Languages['asking']): string[] {
  const { near, english } = layersOf(lang, asking)
  return [...near, ...english].flat()
}
