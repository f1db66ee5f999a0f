/** Texts and times in the visitor's language. */
import { en, type TextKey } from './english.ts'

/** `n` fills the hole in the text, whatever its name. */
export type Say = (key: TextKey, n?: string | number) => string

/** The server's text where it has one, else English, else nothing. */
export function createSay(server: Readonly<Record<string, unknown>> = {}): Say {
  return (key, n) => `${server[key] || en[key as keyof typeof en] || ''}`.replace(/{\w+}/, () => `${n}`)
}

/** Why a chat ended, for reasons of today and of later servers. */
export function sayEnd(say: Say, reason: string | undefined): string {
  return say(`ended_${reason}` as TextKey) || say('ended')
}

/**
 * Locales for times, best first: the visitor's own variants of the language (`en-GB`) know whether the clock has 12 or 24
 * hours.
 */
export function localesOf(lang: string, preferred: readonly string[]): string[] {
  return [...preferred.filter((tag) => tag.startsWith(lang.slice(0, 2))), lang]
}

/** A moment in the visitor's zone, as time of day or with its date; empty for no moment, or a language `Intl` refuses. */
export function format(at: string | undefined, locales: string[], withDate?: boolean): string {
  try {
    const style = new Intl.DateTimeFormat(locales, {
      timeStyle: 'short',
      dateStyle: withDate ? 'full' : undefined,
    })
    return style.format(new Date(at ?? ''))
  } catch {
    return ''
  }
}
