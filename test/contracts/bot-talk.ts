/** How the contract of bots talks: what one visitor says, what comes of it, and what a hostile one says. */
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { codePoints, isStorable } from '../../server/core/text.ts'
import type { Bot, BotReply, BotState, BotTurn } from '../../server/ports.ts'

const never = new AbortController().signal

/** What one visitor says; keeps the state between the turns as the store does. */
export function talk(
  bot: Bot,
  fixed: { lang?: string; variables?: Record<string, string>; state?: BotState } = {},
) {
  const sessionId = randomUUID()
  let state = fixed.state ?? null
  const turn = async (input: BotTurn['input'], more: Partial<BotTurn> = {}): Promise<BotReply> => {
    const reply = await bot.turn({
      sessionId,
      input,
      lang: fixed.lang ?? 'en',
      state,
      restore: false,
      variables: fixed.variables ?? {},
      signal: never,
      ...more,
    })
    state = stored(reply.state)
    return reply
  }
  return {
    sessionId,
    state: () => state,
    say: (text: string, more?: Partial<BotTurn>) => turn({ kind: 'text', text }, more),
    event: (name: string, more?: Partial<BotTurn>) => turn({ kind: 'event', name }, more),
  }
}

/** A state goes through the database, as JSON of at most 16 KB. */
function stored(state: BotState | null): BotState | null {
  const json = JSON.stringify(state)
  expect(json.length).toBeLessThan(16_384)
  return JSON.parse(json) as BotState | null
}

export const textOf = (reply: BotReply) => reply.messages.map((message) => message.text).join('\n')
export const choicesOf = (reply: BotReply) => reply.messages.flatMap((message) => message.choices ?? [])

/** Everything of a reply that the visitor or the chat can tell; a repetition must bring the same. */
export const effectOf = ({ state: _, ...rest }: BotReply) => rest

/** What holds of every reply. */
export function expectSound(reply: BotReply): void {
  expect(reply.messages.length).toBeLessThanOrEqual(10)
  for (const { text } of reply.messages) {
    expect(text.trim()).not.toBe('')
    expect(isStorable(text)).toBe(true)
    expect(codePoints(text)).toBeLessThanOrEqual(4000)
  }
  if (reply.confidence !== null) {
    expect(reply.confidence).toBeGreaterThanOrEqual(0)
    expect(reply.confidence).toBeLessThanOrEqual(1)
  }
}

export const HOSTILE: readonly [what: string, text: string][] = [
  ['quotes and templates', `"'\`\\ \${x} $name #variables.page {{x}} %s %00`],
  ['markup', '<@all> <script>alert(1)</script> **bold** [a](http://x) &amp;'],
  ['control characters', '\u0001\u0002\u0007\b\u001b[31m\r\n\t\u007f\u0085\u2028'],
  ['text that turns its direction', 'مرحبا \u202egnineve doog\u202c שלום'],
  ['emoji', '👩‍👩‍👧‍👦🏳️‍🌈🚲'],
  ['marks upon marks', `o${'\u0301'.repeat(200)}`],
  ['names of objects', '__proto__ constructor toString hasOwnProperty'],
  ['a regular expression', `${'(a+)+'.repeat(40)}$ .*\\d{1,1000}[`],
  ['4000 emoji', '😀'.repeat(4000)],
  ['4000 words of the agent', 'delivery invoice '.repeat(300).slice(0, 4000)],
  ['one long word', 'x'.repeat(4000)],
  ['a question mark', '?'],
]
