import { describe, expect, it } from 'vitest'
import { createValidator } from './json-schema.ts'

const root = {
  components: {
    schemas: {
      Room: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string' },
          type: { type: 'string', enum: ['direct', 'group'] },
          created: { type: 'string', example: '2016-04-21T19:12:48.920Z' },
          seen: { type: 'string', format: 'date-time', nullable: true },
          size: { type: 'integer' },
        },
      },
      Rooms: {
        type: 'object',
        properties: { items: { type: 'array', items: { $ref: '#/components/schemas/Room' } } },
      },
      Named: { allOf: [{ $ref: '#/components/schemas/Room' }, { properties: { name: { type: 'string' } } }] },
      Either: { oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'integer' }] },
      Any: { anyOf: [{ type: 'number' }, { type: 'integer' }] },
    },
  },
}
const of = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const found = (name: string, value: unknown) => createValidator(root).validate(of(name), value, '$')

describe('the validator', () => {
  it.each([
    ['Room', { id: 'a', type: 'group', created: '2026-11-20T09:00:00Z', seen: null, size: 3 }],
    ['Rooms', { items: [{ id: 'a' }, { id: 'b' }] }],
    ['Named', { id: 'a', name: 'x' }],
    ['Either', 'x'],
    ['Either', 1.5],
    ['Any', 3],
  ])('has nothing to say about a %s that is right', (name, value) => {
    expect(found(name, value)).toEqual({ errors: [], unknown: [] })
  })

  it.each([
    ['Room', {}, '$: id is missing'],
    ['Room', { id: 7 }, '$.id: 7 is no string'],
    ['Room', { id: 'a', type: 'team' }, '$.type: "team" is none of direct, group'],
    ['Room', { id: 'a', created: 'yesterday' }, '$.created: "yesterday" is no instant'],
    ['Room', { id: 'a', seen: '2026-13-01T00:00:00Z' }, '$.seen: "2026-13-01T00:00:00Z" is no instant'],
    ['Room', { id: null }, '$.id: null is no string'],
    ['Room', { id: 'a', size: 1.5 }, '$.size: 1.5 is no integer'],
    ['Room', [], '$: [] is no object'],
    ['Rooms', { items: {} }, '$.items: {} is no array'],
    ['Rooms', { items: [{ id: 'a' }, { id: 1 }] }, '$.items[].id: 1 is no string'],
    ['Named', { name: 'x' }, '$: id is missing'],
    ['Either', 3, '$: fits 2 of oneOf'],
    ['Either', true, '$: fits 0 of oneOf'],
    ['Any', 'x', '$: fits 0 of anyOf'],
  ])('finds what is wrong with a %s: %j', (name, value, error) => {
    expect(found(name, value).errors).toEqual([error])
  })

  it('names properties that nobody described, also in lists and through allOf', () => {
    expect(found('Rooms', { items: [{ id: 'a', colour: 'red' }], more: 1 }).unknown).toEqual([
      '$.items[].colour',
      '$.more',
    ])
    expect(found('Named', { id: 'a', name: 'x', colour: 'red' }).unknown).toEqual(['$.colour'])
  })

  it('counts the keywords it does not check', () => {
    const { validate, ignored } = createValidator(root)
    expect(validate({ type: 'string', maxLength: 1, pattern: '^a' }, 'bb', '$').errors).toEqual([])
    expect([...ignored]).toEqual([
      ['maxLength', 1],
      ['pattern', 1],
    ])
  })

  it('does not go on when a reference leads nowhere', () => {
    expect(() => found('Nothing', {})).toThrow('#/components/schemas/Nothing leads nowhere')
  })
})
