/** Plain JSON and protobuf `Struct`, as `@grpc/proto-loader` has it: every value names its `kind`. */

export type Json = Readonly<Record<string, unknown>>

export function structOf(record: Json): { fields: Record<string, unknown> } {
  return { fields: Object.fromEntries(Object.entries(record).map(([key, value]) => [key, kindOf(value)])) }
}

function kindOf(value: unknown): Json {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'number') return { numberValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (Array.isArray(value)) return { listValue: { values: value.map(kindOf) } }
  if (typeof value === 'object' && value !== null) return { structValue: structOf(value as Json) }
  return { nullValue: 'NULL_VALUE' }
}

export function plainOf(struct: unknown): Json {
  const fields = (struct as { fields?: Record<string, Json> } | null)?.fields ?? {}
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plainValueOf(value)]))
}

function plainValueOf(value: Json): unknown {
  switch (value.kind) {
    case 'structValue':
      return plainOf(value.structValue)
    case 'listValue':
      return ((value.listValue as { values?: Json[] }).values ?? []).map(plainValueOf)
    case 'stringValue':
    case 'numberValue':
    case 'boolValue':
      return value[value.kind]
    default:
      return null
  }
}
