import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMMANDS, HELP, parseCommand, parseSpell } from '../../server/core/commands.ts'
import { listOf, parseDirect } from '../../server/core/direct.ts'

describe('a command', () => {
  it.each([
    ['/help', { name: 'help', argument: '' }],
    ['', { name: 'help', argument: '' }],
    ['  ／ＣＬＯＳＥ ', { name: 'close', argument: '' }],
    ['close.', { name: 'close', argument: '' }],
    ['/transfer  Billing & Co ', { name: 'transfer', argument: 'Billing & Co' }],
    ['/note\nfirst\nsecond', { name: 'note', argument: 'first second' }],
    ['/ take', { name: 'take', argument: '' }],
    ['/shrug now', { name: 'unknown', word: 'shrug' }],
    ['/constructor', { name: 'unknown', word: 'constructor' }],
    ['/__proto__', { name: 'unknown', word: '__proto__' }],
  ])('%s', (text, expected) => {
    expect(parseCommand(text)).toEqual(expected)
  })

  it('is listed with every other', () => {
    for (const name of Object.keys(COMMANDS)) expect(HELP).toContain(`/${name}`)
  })

  it('is read from anything without a stumble', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseCommand(text)))
  })

  it.each([
    ['30m', { ms: 1_800_000, rest: '' }],
    ['2h sales', { ms: 7_200_000, rest: 'sales' }],
    ['1.5 h', { ms: 5_400_000, rest: '' }],
    ['45 min all of them', { ms: 2_700_000, rest: 'all of them' }],
    ['1d', { ms: 86_400_000, rest: '' }],
    ['0m', null],
    ['40d', null],
    ['', null],
    ['soon', null],
  ])('closes for %s', (text, expected) => {
    expect(parseSpell(text)).toEqual(expected)
  })
})

describe('what a supervisor says in a direct space', () => {
  it.each([
    ['chats', { name: 'chats' }],
    ['/Chats please', { name: 'chats' }],
    ['join C-7F3KQ2', { name: 'join', ref: 'C-7F3KQ2' }],
    ['join c7f3kq2', { name: 'join', ref: 'C-7F3KQ2' }],
    ['JOIN 7f3kq2', { name: 'join', ref: 'C-7F3KQ2' }],
    ['join', { name: 'help' }],
    ['join C-7F3KQ2 and C-7F3KQ3', { name: 'help' }],
    ['hello', { name: 'help' }],
  ])('%s', (text, expected) => {
    expect(parseDirect(text)).toEqual(expected)
  })

  it('is answered with a list that no visitor can disturb', () => {
    const chat = {
      ref: 'C-1',
      topic: 'Sales',
      state: 'bot',
      name: 'x\n**C-2** · you',
      minutes: 3,
      waiting: null,
    }
    expect(listOf([chat, { ...chat, name: null, waiting: 2 }])).toBe(
      'C-1 · Sales · x **C-2** you · bot, 3 min\nC-1 · Sales · Anonymous · bot, 3 min, waiting for 2 min',
    )
    expect(listOf(Array(60).fill(chat)).split('\n')).toHaveLength(51)
  })
})
