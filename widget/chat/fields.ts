/** Rules of the form before a chat, without its looks. */
import type { Say } from './i18n.ts'
import type { Field } from './wire.ts'

/** What was written, by field id. */
export type Values = Readonly<Record<string, string>>

/** Why a field is wrong, by its path in the API: `name`, `email`, `fields.<id>`. */
export type Complaints = Readonly<Record<string, string>>

/** Of the fields that the API knows by name, the most code points; `maxlength` counts UTF-16 units, so it is never looser. */
const OWN: Readonly<Record<string, number>> = { name: 100, email: 254 }

/** The server's rule, so that it is said in the visitor's language. */
const EMAIL = /^[^\s@<>"(),:;[\]\\]+@([^\s@<>"(),:;[\]\\.]+\.)+[^\s@<>"(),:;[\]\\.]+$/

export function maxOf({ id }: Field): number {
  return OWN[id] ?? 1000
}

export function pathOf({ id }: Field): string {
  return OWN[id] ? id : `fields.${id}`
}

/**
 * The form's part of `POST /chats`, without empty answers, and what is wrong with it, in the visitor's words. No more is asked
 * than the server can know: whether an address exists, only a mail tells.
 */
export function readForm(fields: readonly Field[], values: Values, say: Say) {
  const errors: Record<string, string> = {}
  const others: Record<string, string> = {}
  const body: { name?: string; email?: string; fields: typeof others } = { fields: others }
  for (const field of fields) {
    const { id, type, required } = field
    const value = (values[id] ?? '').trim()
    const path = pathOf(field)
    if (value) Object.assign(OWN[id] ? body : others, { [id]: value })
    else if (required) errors[path] = say('fieldRequired')
    if (value && type === 'email' && !EMAIL.test(value)) errors[path] = say('fieldEmail')
  }
  return { body, errors }
}
