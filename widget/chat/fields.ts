/** Rules of the form before a chat, without its looks. */
import type { Say } from './i18n.ts'
import type { Field } from './wire.ts'

/** What was written, by field id. */
export type Values = Readonly<Record<string, string>>

/** Why a field is wrong, by its path in the API: `name`, `email`, `fields.<id>`. */
export type Complaints = Readonly<Record<string, string>>

/** Of the fields that the API knows by name, the most code points; `maxlength` counts UTF-16 units, so it is never looser. */
const OWN: Readonly<Record<string, number>> = { name: 100, email: 254 }

export function maxOf({ id }: Field): number {
  return OWN[id] ?? 1000
}

export function pathOf({ id }: Field): string {
  return OWN[id] ? id : `fields.${id}`
}

/** In the visitor's words. No more than the server can know: whether an address exists, only a mail tells. */
export function mistakes(fields: readonly Field[], values: Values, say: Say): Complaints {
  const found: Record<string, string> = {}
  for (const field of fields) {
    const value = (values[field.id] ?? '').trim()
    if (field.required && !value) found[pathOf(field)] = say('fieldRequired')
    if (field.type === 'email' && value && !/^[^\s@]+@[^\s@]+$/.test(value))
      found[pathOf(field)] = say('fieldEmail')
  }
  return found
}

/** The form's part of `POST /chats`; empty answers are left out. */
export function formBody(topicFields: readonly Field[], values: Values) {
  const fields: Record<string, string> = {}
  const body: { name?: string; email?: string; fields: typeof fields } = { fields }
  for (const { id } of topicFields) {
    const value = (values[id] ?? '').trim()
    if (value) Object.assign(OWN[id] ? body : fields, { [id]: value })
  }
  return body
}
