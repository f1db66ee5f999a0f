/**
 * Whom a line of a room calls. Webex says it twice: ids in `mentionedPeople`, and elements in the HTML beside the text. In
 * the text itself a mention is a bare name without its at sign, often only the first word of it.
 */
import type { Account } from './accounts.ts'
import type { Message } from './shapes.ts'

export interface Calls {
  /** What was said to the bot, without its name; null when the bot was not called. */
  readonly toBot: string | null
  /** Somebody else is called, or everybody is. */
  readonly toColleague: boolean
}

type Said = Pick<Message, 'text' | 'html' | 'mentionedPeople' | 'mentionedGroups'>

/** Longer than any text of Webex with its markup; beyond it only the plain text is looked at. */
const MAX_HTML = 64_000

/** Where the bot's name stood; no text of Webex has this character. */
const NAME = '\0'

export function callsOf(message: Said, bot: Account | null): Calls {
  const isBot = (id: string) => bot !== null && sameId(id, bot.id)
  const html = message.html.length <= MAX_HTML ? readHtml(message.html, isBot) : null
  // Webex's own example has several ids in one string, with commas.
  const ids = message.mentionedPeople.flatMap((each) => each.split(','))
  const botIsCalled = html?.callsBot === true || ids.some(isBot)
  const toColleague =
    message.mentionedGroups.length > 0 || html?.callsOthers === true || ids.some((id) => !isBot(id))
  if (!bot || !botIsCalled) return { toBot: null, toColleague }
  return { toBot: html?.callsBot ? html.words : withoutName(message.text, namesOf(bot)), toColleague }
}

/** HTML has the bare UUID where the API has base64 of an address that ends with it: both are the same person. */
const sameId = (a: string, b: string): boolean => a === b || (uuidOf(a) !== null && uuidOf(a) === uuidOf(b))

function uuidOf(id: string): string | null {
  const address = /^[\da-f-]{36}$|^\w+:\/\//i.test(id) ? id : Buffer.from(id, 'base64').toString('latin1')
  return /(?:^|\/)([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i.exec(address)?.[1]?.toLowerCase() ?? null
}

// A tag's name ends where its attributes begin, so that no text can be divided in two ways and take for ever.
const TOKEN = /<(\/?)([a-z][a-z\d-]{0,30})((?:[\s/][^<>]*)?)>|&(#x?[\da-f]{1,6}|[a-z]{2,6});|[^<&]+|[<&]/gi
const BREAKS = new Set(['br', 'p', 'div', 'li', 'ul', 'ol', 'h1', 'h2', 'h3', 'blockquote', 'pre'])
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

/** The words of a message without the mentions of the bot, and who else is mentioned. */
function readHtml(html: string, isBot: (id: string) => boolean) {
  let words = ''
  let inBotsName = false
  let callsBot = false
  let callsOthers = false
  for (const [token, end, tag = '', attributes = '', entity] of html.replaceAll(NAME, '').matchAll(TOKEN)) {
    const name = tag.toLowerCase()
    if (name === 'spark-mention') {
      const id = /\bdata-object-id\s*=\s*["']?([^"'\s]+)/i.exec(attributes)?.[1]
      inBotsName = end === '' && id !== undefined && isBot(id)
      if (inBotsName) words += NAME
      callsBot ||= inBotsName
      callsOthers ||= end === '' && !inBotsName
    } else if (inBotsName) continue
    else if (name !== '') words += BREAKS.has(name) ? '\n' : ''
    else words += entity === undefined ? token : decoded(entity, token)
  }
  return { words: tidy(words), callsBot, callsOthers }
}

function decoded(entity: string, token: string): string {
  if (!entity.startsWith('#')) return ENTITIES[entity.toLowerCase()] ?? token
  const code = /^#x/i.test(entity)
    ? Number.parseInt(entity.slice(2), 16)
    : Number.parseInt(entity.slice(1), 10)
  const isChar = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  return isChar ? String.fromCodePoint(code) : token
}

/** The words around the name are a blank apart; `@Desk, help`, `@Desk: help` and `help, @Desk!` are `help`. */
function tidy(words: string): string {
  const pieces = words.split(NAME).map((piece) => piece.trim())
  const stranded = (piece: string) => /^[.,:;!?]*$/.test(piece)
  const said = pieces
    .filter((piece) => !stranded(piece))
    .join(' ')
    .replace(/^[,:;]\s*/, '')
  return stranded(pieces.at(-1) ?? '') ? said.replace(/[,:;]$/, '') : said
}

/** Names a client may have put for a mention, the longest first. */
function namesOf({ displayName, nickName }: Account): string[] {
  const names = [displayName, nickName, displayName.split(/\s/, 1)[0] ?? '']
  return [...new Set(names.map((name) => name.trim()))]
    .filter((name) => name !== '')
    .sort((a, b) => b.length - a.length)
}

/** Where there is no HTML: the name at the beginning, else at the end, else the first there is. */
function withoutName(text: string, names: readonly string[]): string {
  const escaped = names.map((name) => `@?${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`)
  const word = (name: string) => `(?<![\\p{L}\\p{N}])${name}(?![\\p{L}\\p{N}])`
  const places = [(name: string) => `^\\s*${word(name)}`, (name: string) => `${word(name)}\\s*$`, word]
  for (const place of places)
    for (const name of escaped) {
      const pattern = new RegExp(place(name), 'u')
      if (pattern.test(text)) return tidy(text.replaceAll(NAME, '').replace(pattern, NAME))
    }
  return text.trim()
}
