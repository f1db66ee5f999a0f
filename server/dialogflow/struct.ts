/**
 * Google's client for Node speaks protobuf `Struct` over both of its wires
 * (https://protobuf.dev/reference/protobuf/google.protobuf/#struct): every value says of which kind it is. Outside of this
 * folder all of it is plain JSON.
 */

export interface Struct {
  readonly fields: Readonly<Record<string, StructValue>>
}

export type StructValue =
  | { readonly nullValue: 'NULL_VALUE' }
  | { readonly numberValue: number }
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly structValue: Struct }
  | { readonly listValue: { readonly values: readonly StructValue[] } }

/** Deeper than anybody writes; what lies below is null, so that no answer can exhaust the stack. */
const MAX_DEPTH = 20

const NULL: StructValue = { nullValue: 'NULL_VALUE' }

/** Half an emoji is no UTF-8: protobuf writes it all the same, and whoever reads it refuses the whole request. */
const wellFormed = (text: string) => Buffer.from(text, 'utf8').toString('utf8')

/** A record without the one key that would change the object instead of filling it. */
const recordOf = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> =>
  Object.fromEntries(entries.filter(([key]) => key !== '__proto__'))

/** What JSON has no word for (`undefined`, `NaN`, functions) becomes null. */
export function toStruct(record: Readonly<Record<string, unknown>>, depth = 0): Struct {
  return {
    fields: recordOf(
      Object.entries(record).map(([key, value]) => [wellFormed(key), toValue(value, depth + 1)] as const),
    ),
  }
}

function toValue(value: unknown, depth: number): StructValue {
  if (typeof value === 'string') return { stringValue: wellFormed(value) }
  if (typeof value === 'number' && Number.isFinite(value)) return { numberValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return NULL
  if (Array.isArray(value)) return { listValue: { values: value.map((one) => toValue(one, depth + 1)) } }
  return { structValue: toStruct(value as Record<string, unknown>, depth) }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Takes anything: what is no `Struct` is an empty record, what is no value of one is null. Never throws. */
export function fromStruct(struct: unknown, depth = 0): Record<string, unknown> {
  if (!isObject(struct) || !isObject(struct.fields)) return {}
  return recordOf(
    Object.entries(struct.fields).map(([key, value]) => [key, fromValue(value, depth + 1)] as const),
  )
}

function fromValue(value: unknown, depth: number): unknown {
  if (!isObject(value) || depth > MAX_DEPTH) return null
  if (typeof value.stringValue === 'string') return value.stringValue
  if (typeof value.numberValue === 'number')
    return Number.isFinite(value.numberValue) ? value.numberValue : null
  if (typeof value.boolValue === 'boolean') return value.boolValue
  if (isObject(value.structValue)) return fromStruct(value.structValue, depth)
  if (!isObject(value.listValue)) return null
  const { values } = value.listValue
  return Array.isArray(values) ? values.map((one) => fromValue(one, depth + 1)) : []
}
