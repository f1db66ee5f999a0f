/** What staff can tell the product from inside a room: `/close`, or `close` said to the bot. Pure reading; `console` acts. */

export const COMMANDS = {
  help: 'shows this list',
  close: 'ends the chat',
  transfer: '<topic>: hands the chat to another topic; the room stays',
  invite: '<e-mail>: lets a colleague in',
  note: '<text>: stays inside, and is kept with the chat',
  who: 'tells who owns the chat, and who serves its topic',
  take: 'makes the chat yours; the bot is silent from then on',
  handback: 'gives the chat back to the bot',
  hours: 'tells whether we are open',
  closed: '30m [topic]: no new chats for that long (m, h or d)',
  open: '[topic]: takes "closed" back',
} as const

export type CommandName = keyof typeof COMMANDS

export type Command =
  | { readonly name: CommandName; readonly argument: string }
  /** Nothing we know; `word` is what stood there. */
  | { readonly name: 'unknown'; readonly word: string }

const isName = (word: string): word is CommandName => Object.hasOwn(COMMANDS, word)

/** A leading slash, in any of its forms, is optional. */
export function parseCommand(text: string): Command {
  const words = text
    .normalize('NFKC')
    .replace(/[\s\p{Cf}\p{Cc}]+/gu, ' ')
    .trim()
    .replace(/^[/\u2044\u2215\u29F8]\s*/u, '')
  const [, word = '', argument = ''] = /^(\S*)\s*(.*)$/su.exec(words) ?? []
  const name = word.toLowerCase().replace(/[.!?:,]+$/, '')
  if (name === '' || name === '?') return { name: 'help', argument: '' }
  return isName(name) ? { name, argument: argument.trim() } : { name: 'unknown', word: word.slice(0, 40) }
}

/** Below what goes to the visitor in this room. */
export const HELP = [
  'Lines that begin with // stay inside, and so do lines that call a colleague by name and replies under them.',
  ...Object.entries(COMMANDS).map(
    ([name, what]) =>
      `/${name}${what.startsWith('<') || what.startsWith('[') || /^\d/.test(what) ? ' ' : ': '}${what}`,
  ),
].join('\n')

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const LONGEST_MS = 31 * UNITS.d

/** `30m sales` → how long in milliseconds, and the rest; null when that is no duration. */
export function parseSpell(argument: string): { ms: number; rest: string } | null {
  const [, number = '', unit = '', rest = ''] =
    /^(\d{1,6}(?:\.\d{1,3})?)\s*(m|min|h|d)(?:\s+(.*))?$/isu.exec(argument) ?? []
  const factor = UNITS[unit.charAt(0).toLowerCase() as keyof typeof UNITS]
  const ms = Number(number) * (factor ?? 0)
  return ms > 0 && ms <= LONGEST_MS ? { ms, rest: rest.trim() } : null
}
