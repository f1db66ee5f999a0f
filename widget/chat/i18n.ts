/** Texts, numbers and times in the visitor's language. */
import { en, type TextKey } from './words.ts'

/** `n` fills the hole in the text, whatever its name. A number chooses the text's plural form where there are some. */
export type Say = (key: TextKey, n?: string | number) => string

/** All that is needed to speak one language. */
export interface Wording {
  readonly say: Say
  readonly lang: string
  readonly locales: string[]
}

export function createWording(lang: string, texts?: Readonly<Record<string, unknown>>): Wording {
  const locales = localesOf(lang, navigator.languages)
  return { say: createSay(texts, locales), lang, locales }
}

/** The server's text where it has one, else ours, else nothing. */
export function createSay(texts: Readonly<Record<string, unknown>> = {}, locales?: string[]): Say {
  return (key, n) => {
    const form = typeof n === 'number' && texts[`${key}_${new Intl.PluralRules(locales).select(n)}`]
    const text = form || texts[key] || en[key as keyof typeof en] || ''
    return `${text}`.replace(/{\w+}/, () => n?.toLocaleString(locales) as string)
  }
}

/** Why a chat ended, for reasons of today and of later servers. */
export function sayEnd(say: Say, reason: string | undefined): string {
  return say(`ended_${reason}` as TextKey) || say('ended')
}

/** Languages written from right to left; `Intl.Locale.textInfo` is not everywhere yet. */
export function direction(lang: string): 'rtl' | 'ltr' {
  return /^(ar|arc|ckb|dv|fa|he|ks|ps|sd|ug|ur|yi)\b/i.test(lang) ? 'rtl' : 'ltr'
}

/**
 * Locales for times, best first: the visitor's own variants of the language (`en-GB`) know whether the clock has 12 or 24
 * hours.
 */
export function localesOf(lang: string, preferred: readonly string[]): string[] {
  return [...preferred.filter((tag) => tag.startsWith(lang.slice(0, 2))), lang]
}

/** The next such day is meant, so its year would only be in the way. */
const FULL = { weekday: 'long', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit' } as const

/**
 * A moment in the visitor's zone, as time of day, `full` with its day and date, or with a `short` date where it is of another
 * day than today; empty for no moment, or a language `Intl` refuses.
 */
export function format(at: string | undefined, locales: string[], date?: 'full' | 'short'): string {
  // The first format of a page takes the browser long; a page without times should not pay for it.
  if (!at) return ''
  try {
    const moment = new Date(at)
    const isToday = moment.toDateString() === new Date().toDateString()
    const short = { timeStyle: 'short', dateStyle: isToday ? undefined : date } as const
    return new Intl.DateTimeFormat(locales, date === 'full' ? FULL : short).format(moment)
  } catch {
    return ''
  }
}
