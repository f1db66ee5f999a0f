/** Does a value fit a schema of the description? Stricter than JSON Schema: what is not described is a mistake too. */
import { type ApiDescription, resolve, type Schema } from '../../../server/routes/openapi-document.ts'

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: isObject,
}
const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
}

/** A schema with its reference followed and its parts put together. */
export function whole(document: ApiDescription, schema: Schema): Schema {
  const { $ref, allOf = [], ...own } = schema
  const parts = [...($ref === undefined ? [] : [resolve<Schema>(document, { $ref })]), ...allOf]
  const all = [...parts.map((part) => whole(document, part)), own]
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map(({ properties }) => properties)),
    required: all.flatMap(({ required }) => required ?? []),
  }
}

/** @returns every mistake with its path; none when it fits */
export function mistakes(document: ApiDescription, of: Schema, value: unknown, at = ''): string[] {
  const schema = whole(document, of)
  const here = (what: string) => [`${at || 'the whole'}: ${what}`]
  const choices = schema.oneOf ?? schema.anyOf
  if (choices) {
    const tried = choices.map((choice) => mistakes(document, choice, value, at))
    const fitting = tried.filter((found) => found.length === 0).length
    if (fitting === 1 || (fitting > 1 && schema.anyOf)) return []
    return here(`fits ${fitting} of ${choices.length}: ${tried.flat().join('; ')}`)
  }
  if ('const' in schema && value !== schema.const) return here(`is not ${JSON.stringify(schema.const)}`)
  if (schema.enum && !schema.enum.includes(value)) return here(`${JSON.stringify(value)} is none of them`)
  if (schema.type !== undefined && !TYPES[schema.type]?.(value)) return here(`is no ${schema.type}`)
  if (typeof value === 'string') {
    const { format, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema
    if (format !== undefined && !FORMATS[format]?.test(value)) return here(`is no ${format}: ${value}`)
    if (pattern !== undefined && !new RegExp(pattern).test(value)) return here(`does not match ${pattern}`)
    const { length } = [...value]
    if (length < minLength || length > maxLength) return here(`has ${length} characters`)
  }
  if (typeof value === 'number') {
    const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema
    if (value < minimum || value > maximum) return here(`is ${value}`)
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => mistakes(document, schema.items ?? {}, item, `${at}[${index}]`))
  }
  if (!isObject(value) || schema.type !== 'object') return []
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name))
  const { properties = {}, additionalProperties: others } = schema
  return [
    ...missing.flatMap((name) => here(`lacks ${name}`)),
    ...Object.entries(value).flatMap(([name, member]) => {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined
      const path = at === '' ? name : `${at}.${name}`
      if (known) return mistakes(document, known, member, path)
      if (typeof others === 'object') return mistakes(document, others, member, path)
      return [`${path}: is not described`]
    }),
  ]
}
