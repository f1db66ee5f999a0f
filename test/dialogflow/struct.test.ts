import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainOf, structOf } from '../../sandbox/dialogflow/struct.ts'
import { fromStruct, toStruct } from '../../server/dialogflow/struct.ts'

/** JSON that survives: no `-0`, no half emoji, no key that is not one. */
const json = fc
  .dictionary(
    fc.string(),
    fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' }).map((value) => JSON.parse(JSON.stringify(value))),
  )
  .filter((record) => !JSON.stringify(record).includes('"__proto__"'))

describe('a Struct', () => {
  it('brings back every JSON that was made one', () => {
    fc.assert(
      fc.property(json, (record) => {
        expect(fromStruct(toStruct(record))).toEqual({ ...record })
      }),
    )
  })

  it('is what the other side takes for one', () => {
    const record = { list: [1, 'two', null, { three: [true, []] }], empty: {}, word: '😀', none: null }
    expect(fromStruct(structOf(record))).toEqual(record)
    const withKinds = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value), (_key, one) => {
        const [kind] =
          one && typeof one === 'object' ? Object.keys(one).filter((key) => /Value$/.test(key)) : []
        return kind ? { ...one, kind } : one
      })
    expect(plainOf(withKinds(toStruct(record)))).toEqual(record)
  })

  it('has no word for what is no JSON', () => {
    const record = { none: undefined, nan: Number.NaN, much: Number.POSITIVE_INFINITY, call: () => 1 }
    expect(fromStruct(toStruct(record))).toEqual({ none: null, nan: null, much: null, call: null })
  })

  it.each<[what: string, struct: unknown, record: Record<string, unknown>]>([
    ['nothing', null, {}],
    ['a list', [], {}],
    ['fields that are none', { fields: 'none' }, {}],
    ['a value of no kind', { fields: { a: {}, b: null, c: 'text' } }, { a: null, b: null, c: null }],
    ['a value that is not of its kind', { fields: { a: { numberValue: '7' } } }, { a: null }],
    ['a list without values', { fields: { a: { listValue: {} } } }, { a: [] }],
    ['a key that would change the object', JSON.parse('{"fields":{"__proto__":{"structValue":{}}}}'), {}],
  ])('that is %s is read without harm', (_what, struct, record) => {
    const read = fromStruct(struct)
    expect(read).toEqual(record)
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
  })

  it('may be nested as deep as it likes', () => {
    let deep: unknown = { fields: {} }
    let plain: unknown = {}
    for (let n = 0; n < 50_000; n++) {
      deep = { fields: { a: { structValue: deep } } }
      plain = { a: [plain] }
    }
    expect(JSON.stringify(fromStruct(deep)).length).toBeLessThan(1000)
    expect(JSON.stringify(toStruct(plain as Record<string, unknown>)).length).toBeLessThan(3000)
  })
})
