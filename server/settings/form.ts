/** Forms that a visitor fills in before a chat. */
import { z } from 'zod'
import { withoutLinks } from '../core/form.ts'
import type { Form } from '../core/settings.ts'
import { distinct, line, localized, localizedUpTo, member, rule } from './rules.ts'

/** What `identified` asks for when the form names no fields. */
export const IDENTITY: Form['fields'] = [
  {
    id: 'name',
    type: 'text',
    required: true,
    label: {
      en: 'Your name',
      pl: 'Imię i nazwisko',
      de: 'Ihr Name',
      fr: 'Votre nom',
      es: 'Su nombre',
      ar: 'اسمك',
    },
  },
  { id: 'email', type: 'email', required: true, label: { en: 'E-mail', ar: 'البريد الإلكتروني' } },
]

/** Beside a box there may stand a whole sentence. */
const MAX_LABEL = 100
const MAX_BOX_LABEL = 500

const field = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z][\w-]{0,63}$/, 'must be letters, digits, - and _, a letter first'),
    type: z.enum(['text', 'email', 'tel', 'textarea', 'select', 'checkbox', 'consent']),
    required: z.boolean().default(false),
    label: localizedUpTo(MAX_BOX_LABEL),
    version: line(64).exactOptional(),
    options: z
      .array(z.strictObject({ value: line(100), label: localized }))
      .min(1, 'must have at least one option')
      .max(100)
      .check(distinct('value'))
      .exactOptional(),
  })
  .check(
    rule((given, fail) => {
      const [id, type] = [member(given, 'id'), member(given, 'type')]
      const isBox = type === 'checkbox' || type === 'consent'
      for (const [lang, text] of Object.entries(member(given, 'label') ?? {})) {
        if (typeof text !== 'string') continue
        if (!isBox && text.length > MAX_LABEL && text.length <= MAX_BOX_LABEL)
          fail(['label', lang], `must have at most ${MAX_LABEL} characters`)
        if (withoutLinks(text).includes(']('))
          fail(['label', lang], 'has a link that is not [words](https://…)')
      }
      const fixed = id === 'email' ? 'email' : id === 'name' ? 'text' : undefined
      if (fixed && type !== undefined && type !== fixed)
        fail(['type'], `must be "${fixed}" for the field "${id}"`)
      const versioned = member(given, 'version') !== undefined
      if (type === 'consent' && !versioned)
        fail(['version'], 'is required: it is kept with what was agreed to')
      if (type !== 'consent' && versioned) fail(['version'], 'belongs to fields of type "consent" only')
      const choosable = member(given, 'options') !== undefined
      if (type === 'select' && !choosable) fail(['options'], 'is required: what can be chosen')
      if (type !== 'select' && choosable) fail(['options'], 'belongs to fields of type "select" only')
    }),
  )

export const form = z
  .strictObject({
    mode: z.enum(['anonymous', 'identified']).default('anonymous'),
    fields: z.array(field).max(30).check(distinct('id')).default([]),
  })
  .transform(
    (given): Form =>
      given.mode === 'identified' && given.fields.length === 0 ? { ...given, fields: IDENTITY } : given,
  )
