import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isEmail } from '../../server/core/form.ts'
import { maxOf, pathOf, readForm } from '../../widget/chat/fields.ts'
import { createSay } from '../../widget/chat/i18n.ts'

const field = (id: string, type = 'text', required = false) => ({ id, type, required, label: id })
const say = createSay()

describe('the form', () => {
  it('names its fields as the API does, and keeps to its limits', () => {
    const fields = [field('name'), field('email', 'email'), field('company')]
    expect(fields.map(pathOf)).toEqual(['name', 'email', 'fields.company'])
    expect(fields.map(maxOf)).toEqual([100, 254, 1000])
  })

  it('sends what was written in this topic’s fields, trimmed, and no empty answers', () => {
    const values = { name: ' Anna ', email: '  ', company: 'Acme', other: 'of another topic' }
    expect(readForm([field('name'), field('email', 'email'), field('company')], values, say)).toEqual({
      body: { name: 'Anna', fields: { company: 'Acme' } },
      errors: {},
    })
  })

  it('asks for what is required', () => {
    const { errors } = readForm(
      [field('name', 'text', true), field('company', 'text', true)],
      { name: ' \t' },
      say,
    )
    expect(errors).toEqual({ name: say('fieldRequired'), 'fields.company': say('fieldRequired') })
  })

  it.each([
    ['anna@example.com', false],
    ['zażółć@gęślą.example', false],
    ['anna', true],
    ['anna@', true],
    ['anna@company', true],
    ['anna example@example.com', true],
    ['', false],
  ])('%j is a wrong address: %s', (email, isWrong) => {
    const { errors } = readForm([field('email', 'email')], { email }, say)
    expect('email' in errors).toBe(isWrong)
  })

  it('takes the addresses that the server takes, and no others', () => {
    const nearly = fc.string({
      unit: fc.constantFrom('a', 'ż', '.', '@', '-', ' ', '<', '"', ':', '\\'),
      maxLength: 12,
    })
    const likely = fc.tuple(nearly, nearly).map(([before, after]) => `${before}@${after}`)
    fc.assert(
      fc.property(fc.oneof(nearly, likely), (written) => {
        const email = written.trim()
        const { errors } = readForm([field('email', 'email')], { email }, say)
        expect('email' in errors).toBe(email !== '' && !isEmail(email))
      }),
      { numRuns: 2000 },
    )
  })
})
