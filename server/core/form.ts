/** Checks what a visitor filled in before a chat starts. */
import type { FieldError } from './errors.ts'
import { type Form, inLanguage } from './settings.ts'

export interface Answers {
  readonly name: string | null
  readonly email: string | null
  readonly fields: Readonly<Record<string, string>>
}

const answerOf = (answers: Answers, id: string): string =>
  (id === 'name' ? answers.name : id === 'email' ? answers.email : answers.fields[id]) ?? ''

const pathOf = (id: string): string => (id === 'name' || id === 'email' ? id : `fields.${id}`)

/** A link in a field's label, as Markdown writes it. The widget knows the same. */
const LINK = /\[([^[\]]+)\]\(https?:\/\/[^\s()]+\)/g

/** A label as its words only. */
export const withoutLinks = (label: string): string => label.replace(LINK, '$1')

/** Required fields without an answer. */
export function missingAnswers(form: Form, answers: Answers): FieldError[] {
  if (form.mode === 'anonymous') return []
  return form.fields
    .filter((field) => field.required && answerOf(answers, field.id).trim() === '')
    .map((field) => ({ path: pathOf(field.id), message: 'This field is required.' }))
}

/** Answers the form does not ask for, and answers of the wrong kind. */
export function wrongAnswers(form: Form, answers: Answers): FieldError[] {
  const asked = new Map(form.fields.map((field) => [field.id, field]))
  return Object.entries(answers.fields).flatMap(([id, value]): FieldError[] => {
    const field = asked.get(id)
    if (!field || id === 'name' || id === 'email') {
      return [{ path: `fields.${id}`, message: 'The form of this topic has no such field.' }]
    }
    if (field.type === 'email' && value !== '' && !isEmail(value)) {
      return [{ path: `fields.${id}`, message: 'This is not an e-mail address.' }]
    }
    if (field.type === 'select' && value !== '' && !field.options?.some((option) => option.value === value)) {
      return [{ path: `fields.${id}`, message: 'This is none of the options.' }]
    }
    if (field.type === 'checkbox' && value !== '' && value !== 'yes') {
      return [{ path: `fields.${id}`, message: 'A ticked box is answered by "yes", another by nothing.' }]
    }
    if (field.type === 'consent' && value !== '' && value !== field.version) {
      return [{ path: `fields.${id}`, message: 'This text has changed. Please read and accept it again.' }]
    }
    return []
  })
}

/** What the visitor agreed to: the first consent of the form that was given, with its text as they read it, and where its links led. */
export function agreedTo(
  form: Form,
  answers: Answers,
  lang: string,
): { version: string; text: string } | null {
  for (const { id, type, version, label } of form.fields) {
    if (type === 'consent' && version !== undefined && answers.fields[id] === version) {
      return { version, text: inLanguage(label, lang) }
    }
  }
  return null
}

/** Enough to catch a slip of the hand; whether an address exists only a letter to it can tell. */
export function isEmail(value: string): boolean {
  return (
    value.length <= 254 &&
    /^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\.]+(\.[^\s@<>"(),:;[\]\\.]+)+$/.test(value)
  )
}
