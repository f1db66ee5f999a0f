/** Values made from a schema, and what is done to them. */
import fc from 'fast-check'
import type { ApiDescription, Schema } from '../../../server/routes/openapi-document.ts'
import { whole } from './schema.ts'

const HOSTILE_TEXTS = [
  '',
  ' \u00a0\t\n',
  '\0',
  'a\0b',
  '\ud83d',
  'x\udc00y',
  '\u202Eevil',
  '👩‍👩‍👧‍👦',
  'ﷺ'.repeat(300),
  '<script>alert(1)</script>',
  "'; drop table chats; --",
  '{{7*7}}',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(257),
  'x'.repeat(5_000),
  '😀'.repeat(4_001),
]
const JUNK: unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  [],
  {},
  [[]],
  [null],
  { a: { b: {} } },
  ...HOSTILE_TEXTS,
]

const text = fc.oneof(
  { weight: 8, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
)

/** Mostly fitting; a text may carry what no schema can forbid. */
export function valueFor(document: ApiDescription, of: Schema): fc.Arbitrary<unknown> {
  const schema = whole(document, of)
  const { examples = [], maxLength } = schema
  const made = ((): fc.Arbitrary<unknown> => {
    if ('const' in schema) return fc.constant(schema.const)
    if (schema.enum) return fc.constantFrom(...schema.enum)
    const choices = schema.anyOf ?? schema.oneOf
    if (choices) return fc.oneof(...choices.map((choice) => valueFor(document, choice)))
    switch (schema.type) {
      case 'integer':
        return fc.integer({ min: schema.minimum ?? -5, max: schema.maximum ?? 50 })
      case 'boolean':
        return fc.boolean()
      case 'array':
        return fc.array(valueFor(document, schema.items ?? {}), { maxLength: 5 })
      case 'object':
        return objectOf(document, schema)
      default:
        if (schema.format === 'uuid') return fc.uuid()
        if (schema.pattern !== undefined) return fc.stringMatching(new RegExp(schema.pattern))
        return maxLength === undefined ? text : text.map((long) => [...long].slice(0, maxLength).join(''))
    }
  })()
  if (examples.length === 0) return made
  // A key that is made anew each time is right too; a topic would not be.
  const weight = schema.format === 'uuid' ? 5 : 1
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...examples) }, { weight, arbitrary: made })
}

function objectOf(document: ApiDescription, schema: Schema): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties: others } = schema
  if (typeof others === 'object') {
    const name = valueFor(document, schema.propertyNames ?? { type: 'string', maxLength: 64 }).map(String)
    return fc.dictionary(name, valueFor(document, others), { maxKeys: 4 })
  }
  const model = Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [name, valueFor(document, member)]),
  )
  return fc.record(model, { requiredKeys: [...required] })
}

type Change = (value: unknown) => unknown
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const onObject =
  (change: (object: Record<string, unknown>) => void): Change =>
  (value) => {
    if (!isObject(value)) return value
    const copy = { ...value }
    change(copy)
    return copy
  }
const keyAt = (object: object, at: number) => {
  const keys = Object.keys(object)
  return keys[at % Math.max(1, keys.length)]
}
/** As a key of its own: an assignment to `__proto__` would make none. */
const put = (object: object, key: string, value: unknown) =>
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })

const junk = fc.constantFrom(...JUNK)
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.nat(9), junk).map(([at, value]) =>
    onObject((object) => {
      const key = keyAt(object, at)
      if (key !== undefined) put(object, key, value)
    }),
  ),
  fc.nat(9).map((at) =>
    onObject((object) => {
      const key = keyAt(object, at)
      if (key !== undefined) delete object[key]
    }),
  ),
  fc
    .tuple(fc.constantFrom('__proto__', 'constructor', 'toString', 'id', 'from', '', 'x'.repeat(70)), junk)
    .map(([key, value]) => onObject((object) => put(object, key, value))),
  fc.tuple(fc.nat(9), fc.constantFrom('__proto__', 'constructor', 'extra'), junk).map(([at, key, value]) =>
    onObject((object) => {
      const inner = keyAt(object, at)
      if (inner !== undefined && isObject(object[inner]))
        object[inner] = put({ ...object[inner] }, key, value)
    }),
  ),
  junk.map((value) => () => value),
)

/** Three of four are left as they are. */
export const changed = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(
      value,
      fc.oneof(
        { weight: 3, arbitrary: fc.constant<Change[]>([]) },
        { weight: 1, arbitrary: fc.array(change, { minLength: 1, maxLength: 2 }) },
      ),
    )
    .map(([whole, changes]) => changes.reduce((sum, one) => one(sum), whole))

type Spoil = (bytes: Buffer) => Buffer
const spoils: Spoil[] = [
  (bytes) => bytes.subarray(0, Math.max(1, bytes.length - 1)),
  (bytes) => bytes.subarray(0, bytes.length >> 1),
  (bytes) => Buffer.concat([bytes, Buffer.from(',')]),
  (bytes) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
  (bytes) => Buffer.concat([bytes.subarray(0, 1), Buffer.from([0xff, 0xfe]), bytes.subarray(1)]),
  (bytes) => Buffer.from(bytes.toString('utf8').replace('{', '{"topic":"sales","topic":7,')),
  (bytes) => Buffer.from(bytes.toString('utf8'), 'utf16le'),
  () => Buffer.from('['.repeat(30_000) + ']'.repeat(30_000)),
  () => Buffer.from('{"a":'.repeat(8_000)),
  () => Buffer.from(`{"text":"${'x'.repeat(70_000)}"}`),
  () => Buffer.from('NaN'),
  () => Buffer.from('\0'),
  () => Buffer.alloc(0),
]

/** Bytes of a body: JSON, in one of ten spoiled. */
export const bytesOf = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      value,
      fc.oneof(
        { weight: 9, arbitrary: fc.constant<Spoil>((bytes) => bytes) },
        { weight: 1, arbitrary: fc.constantFrom(...spoils) },
      ),
    )
    .map(([whole, spoil]) => spoil(Buffer.from(JSON.stringify(whole))))
