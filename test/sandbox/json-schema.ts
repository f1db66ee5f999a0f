/** The part of JSON Schema that OpenAPI 3.0 descriptions of plain resources use, without a dependency. */

type Fields = Readonly<Record<string, unknown>>

export interface Findings {
  /** What contradicts the schema: `path: what is wrong`. */
  readonly errors: string[]
  /** Properties that were sent and that the schema does not know: `path`, with `[]` for list items. */
  readonly unknown: string[]
}

const CHECKED = ['type', 'nullable', 'properties', 'items', 'enum', 'required', 'format', '$ref']
const COMBINED = ['allOf', 'oneOf', 'anyOf'] as const
/** These say something to people only. */
const REMARKS = ['description', 'example', 'title', 'default', 'deprecated']

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Webex writes both `2016-04-21T19:12:48.920Z` and `2015-10-18T14:26:16+00:00`. */
export function isInstant(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  )
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isFields,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
}

/**
 * `root` is the whole description: `$ref` begins there. Keywords that are not understood are not checked; `ignored` counts
 * them. Where a schema has no format, an example that is an instant asks for one.
 */
export function createValidator(root: unknown) {
  const ignored = new Map<string, number>()

  function resolved(schema: Fields): Fields {
    const { $ref } = schema
    if (typeof $ref !== 'string') return schema
    const parts = /^#\/(.*)$/.exec($ref)?.[1]?.split('/') ?? []
    const found = parts.reduce<unknown>(
      (value, part) => fieldsOf(value)[part.replaceAll('~1', '/').replaceAll('~0', '~')],
      root,
    )
    if (parts.length === 0 || !isFields(found)) throw new Error(`${$ref} leads nowhere`)
    return resolved(found)
  }

  function propertiesOf(schema: Fields): Fields {
    const own = fieldsOf(schema.properties)
    const parts = COMBINED.flatMap((keyword) => listOf(schema[keyword]).map(fieldsOf))
    return Object.assign({}, ...parts.map((part) => propertiesOf(resolved(part))), own) as Fields
  }

  function count(schema: Fields): void {
    for (const keyword of Object.keys(schema)) {
      if (CHECKED.includes(keyword) || REMARKS.includes(keyword) || keyword.startsWith('x-')) continue
      if (COMBINED.some((each) => each === keyword)) continue
      ignored.set(keyword, (ignored.get(keyword) ?? 0) + 1)
    }
  }

  function check(given: Fields, value: unknown, path: string, errors: string[]): void {
    const schema = resolved(given)
    count(schema)
    const wrong = (what: string) => errors.push(`${path}: ${what}`)
    if (value === null && schema.nullable === true) return
    const { type, format, example } = schema
    if (typeof type === 'string' && !TYPES[type]?.(value)) wrong(`${JSON.stringify(value)} is no ${type}`)
    if (Array.isArray(schema.enum) && !schema.enum.includes(value)) {
      wrong(`${JSON.stringify(value)} is none of ${schema.enum.join(', ')}`)
    }
    const isDated = format === 'date-time' || (format === undefined && isInstant(example))
    if (isDated && !isInstant(value)) wrong(`${JSON.stringify(value)} is no instant`)
    if (Array.isArray(value) && schema.items !== undefined) {
      for (const item of value) check(fieldsOf(schema.items), item, `${path}[]`, errors)
    }
    if (isFields(value)) {
      for (const name of listOf(schema.required)) {
        if (!Object.hasOwn(value, String(name))) wrong(`${String(name)} is missing`)
      }
      for (const [name, property] of Object.entries(fieldsOf(schema.properties))) {
        if (Object.hasOwn(value, name)) check(fieldsOf(property), value[name], `${path}.${name}`, errors)
      }
    }
    for (const part of listOf(schema.allOf)) check(fieldsOf(part), value, path, errors)
    for (const keyword of ['oneOf', 'anyOf'] as const) {
      if (schema[keyword] === undefined) continue
      const fitting = listOf(schema[keyword]).filter((part) => {
        const found: string[] = []
        check(fieldsOf(part), value, path, found)
        return found.length === 0
      }).length
      if (fitting === 0 || (keyword === 'oneOf' && fitting > 1)) wrong(`fits ${fitting} of ${keyword}`)
    }
  }

  function strangers(given: Fields, value: unknown, path: string, unknown: string[]): void {
    const schema = resolved(given)
    if (Array.isArray(value)) {
      for (const item of value) strangers(fieldsOf(schema.items), item, `${path}[]`, unknown)
    }
    if (!isFields(value)) return
    const known = propertiesOf(schema)
    // An object without a word about its properties may hold anything.
    if (Object.keys(known).length === 0) return
    for (const [name, inner] of Object.entries(value)) {
      if (!Object.hasOwn(known, name)) unknown.push(`${path}.${name}`)
      else strangers(fieldsOf(known[name]), inner, `${path}.${name}`, unknown)
    }
  }

  return {
    ignored,
    /** `path` is where the value stands, for what is said about it. Throws where a `$ref` leads nowhere. */
    validate(schema: unknown, value: unknown, path: string): Findings {
      const errors: string[] = []
      const unknown: string[] = []
      check(fieldsOf(schema), value, path, errors)
      strangers(fieldsOf(schema), value, path, unknown)
      return { errors, unknown }
    },
  }
}
