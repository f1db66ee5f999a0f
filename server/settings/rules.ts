/** What the shapes are made of: rules over several places, and texts. */
import { z } from 'zod'

// zod skips a rule over several places as long as one of these has a mistake of its own. To name every mistake at once,
// ours run all the same, and bear whatever they find.
const EVEN_WHEN_WRONG = { when: () => true }

type Fail = (path: readonly (string | number)[], message: string) => void

/** A rule of our own over a value that may be of any type yet; `fail` takes the path below the value. */
export const rule = (check: (value: unknown, fail: Fail) => void) =>
  z.superRefine<unknown>(
    (value, { addIssue }) =>
      check(value, (path, message) => addIssue({ code: 'custom', path: [...path], message })),
    EVEN_WHEN_WRONG,
  )

export const entriesOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** What stands under an own key; undefined where `value` is no object. */
export function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined
}

/** For lists: no two entries have the same value under `key`. */
export const distinct = (key: string) =>
  rule((list, fail) => {
    const seen = new Set<unknown>()
    for (const [at, entry] of entriesOf(list).entries()) {
      const value = member(entry, key)
      if (value !== undefined && seen.has(value)) fail([at, key], 'is there already')
      seen.add(value)
    }
  })

/** One line of text: no control characters, line breaks or lone surrogates. */
export const line = (max: number) =>
  z
    .string()
    .max(max, `must have at most ${max} characters`)
    .refine((text) => text.trim() !== '', 'must not be empty')
    .refine((text) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text), 'must be one line of plain text')

/** zod drops a key `__proto__` from records without a word. */
export const dictionary = <V extends z.ZodType>(key: z.ZodString, value: V) =>
  z
    .unknown()
    .check(
      rule((given, fail) => {
        if (member(given, '__proto__') !== undefined) fail(['__proto__'], 'is no key')
      }),
    )
    .pipe(z.record(key, value))

export const language = z
  .string()
  .regex(/^[a-z]{2,3}(?:-[A-Za-z\d]{2,8}){0,3}$/, 'is not a language tag such as en or pt-BR')
export const textKey = z.string().regex(/^[A-Za-z][\w.-]{0,63}$/, 'is not the key of a text')

/** A text in each of some languages. */
export const localizedUpTo = (max: number) =>
  dictionary(language, line(max)).refine(
    (texts) => Object.keys(texts).length > 0,
    'must have a text in at least one language',
  )
export const localized = localizedUpTo(100)
