/**
 * Who a line of staff is for. Staff talk among themselves in the visitor's room, so whatever could be meant for inside stays
 * inside: a line kept back by mistake is written again, one that went out by mistake is not taken back.
 */
import { type Command, parseCommand } from './commands.ts'

export interface StaffWords {
  readonly text: string
  /** What was said to our bot account, without its name; null when it was not called. */
  readonly toBot: string | null
  /** Calls somebody of the room by name, other than the bot. */
  readonly toColleague: boolean
  /** It stands in a thread under a line that stayed inside. */
  readonly underNote: boolean
}

export interface WhisperRules {
  /** Beginnings that keep a line inside, beside `//`. */
  readonly prefixes: readonly string[]
  /** Null: every line goes out. Else only lines that begin with it, and without it. */
  readonly visitorPrefix: string | null
}

export type Audience =
  | { readonly to: 'visitor'; readonly text: string }
  /** `why` is said in the room where staff might not expect it. */
  | { readonly to: 'inside'; readonly why?: string }
  | { readonly to: 'bot'; readonly command: Command }

const NOTE = '//'

// What looks like a slash on some keyboard; blanks and what cannot be seen.
const SLASHES = /[/\uFF0F\u2044\u2215\u29F8]/gu
const NOTHING = /[\s\p{Cf}\p{Cc}\p{Mn}\u115F\u1160\u3164\u2800\uFFA0]+/gu

/** As it is compared: without blanks, invisible marks and accents, in small letters, full-width forms as plain ones. */
const plain = (text: string) =>
  text.normalize('NFKD').replace(SLASHES, '/').replace(NOTHING, '').toLowerCase()

/** Where the prefix ends in the line; -1 when the line does not begin with it. Letters must not go on behind a word. */
function endOf(line: string, prefix: string): number {
  const wanted = plain(prefix)
  if (wanted === '' || !plain(line).startsWith(wanted)) return -1
  let left = wanted.length
  let end = 0
  for (const char of line) {
    if (left <= 0) break
    left -= plain(char).length
    end += char.length
  }
  const isWord = /[\p{L}\p{N}]$/u.test(wanted)
  return isWord && /^[\p{L}\p{N}]/u.test(line.slice(end)) ? -1 : end
}

const begins = (line: string, prefix: string): boolean => endOf(line, prefix) !== -1

/** Bullets, quotes, brackets and numbers that clients and people put before a line. */
const MARKS = /^[\s\p{Cf}]*(?:(?:[-*+•>#"'“„«([_`~–—]+|\d{1,3}[.)])[\s\p{Cf}]*)+/u

const isHiddenNote = (line: string, notes: readonly string[]): boolean => {
  const bare = line.replace(MARKS, '')
  return notes.some((prefix) => begins(line, prefix) || begins(bare, prefix))
}

const LINE_BREAK = /\r\n|[\n\r\u0085\u2028\u2029\v\f]/

export function audienceOf(words: StaffWords, rules: WhisperRules): Audience {
  const { text } = words
  const notes = [NOTE, ...rules.prefixes]
  const isNote = notes.some((prefix) => begins(text, prefix))
  if (isNote) return { to: 'inside' }
  if (words.toBot !== null) return { to: 'bot', command: parseCommand(words.toBot) }
  if (begins(text, '/')) return { to: 'bot', command: parseCommand(text) }
  if (words.toColleague || words.underNote) return { to: 'inside' }
  const hidden = text.split(LINE_BREAK).find((line) => isHiddenNote(line, notes))
  if (hidden !== undefined)
    return {
      to: 'inside',
      why: 'Not sent to the visitor: one of its lines begins like a note. Send the rest again without it.',
    }
  if (/^[\s\p{Cf}]*[@＠]\S/u.test(text))
    return {
      to: 'inside',
      why: 'Not sent to the visitor: it begins by calling somebody. Begin with another word.',
    }
  const { visitorPrefix } = rules
  if (visitorPrefix === null) return { to: 'visitor', text }
  if (!begins(text, visitorPrefix)) return { to: 'inside' }
  const rest = text.slice(endOf(text, visitorPrefix)).replace(/^[\s\p{Cf}]+/u, '')
  return ['/', ...notes].some((prefix) => begins(rest, prefix))
    ? { to: 'inside', why: 'Not sent to the visitor: it begins like a note behind the sign that sends it.' }
    : { to: 'visitor', text: rest }
}
