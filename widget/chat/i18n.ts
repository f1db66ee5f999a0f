/** Texts and times in the visitor's language. */
import { en, type TextKey } from '../texts.ts'

/** `n` fills the hole in the text, whatever its name. */
export type Say = (key: TextKey, n?: string | number) => string

/** The server's text where it has one, else English, else nothing. */
export function createSay(server: Readonly<Record<string, unknown>> = {}): Say {
  return (key, n) => `${server[key] || en[key] || ''}`.replace(/{\w+}/, () => `${n}`)
}

/** Why a chat ended, for reasons of today and of later servers. */
export function sayEnd(say: Say, reason: string | undefined): string {
  return say(`ended_${reason}` as TextKey) || say('ended')
}

/**
 * Locales for times, best first: the visitor's own variants of the language (`en-GB`) know whether the clock has 12 or 24
 * hours. The browser's own when `lang` is none that `Intl` takes.
 */
export function localesOf(lang: string, preferred: readonly string[]): string[] {
  try {
    return Intl.getCanonicalLocales([...preferred.filter((tag) => tag.startsWith(lang.slice(0, 2))), lang])
  } catch {
    return []
  }
}

/** A moment in the visitor's zone, as time of day or with its day; empty for no moment. */
export function format(at: string | undefined, locales: string[], withDay = false): string {
  const date = new Date(at ?? '')
  const day: Intl.DateTimeFormatOptions | false = withDay && {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
  }
  return +date ? date.toLocaleString(locales, { hour: '2-digit', minute: '2-digit', ...day }) : ''
}
