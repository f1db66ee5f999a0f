/** How lines look in a room, and how our own are known again. Plain `text`, of which Webex interprets nothing, but for calls. */
import { partLetter, splitUtf8, utf8Length } from '../core/text.ts'
import type { RoomLine } from '../ports.ts'
import type { Message } from './shapes.ts'

/** Bytes of UTF-8 a message may have (https://developer.webex.com/docs/api/v1/messages/create-a-message). */
export const MAX_BYTES = 7439

type Notice = Extract<RoomLine, { kind: 'notice' }>

/** `Anna · 12`: the delivery marker, on a line of its own above the text. */
function header(line: Exclude<RoomLine, Notice>): string {
  return `${line.kind === 'visitor' ? line.label : 'Bot'} · ${line.marker}`
}

const textOf = (line: RoomLine): string =>
  line.kind === 'notice' ? line.text : `${header(line)}\n${line.text}`

export interface Body {
  readonly text: string
  readonly markdown?: string
  readonly parentId?: string
}

/** A line as Webex takes it. Only Markdown can call people; what reads no Markdown shows the text. */
export function bodyOf(line: RoomLine): Body {
  if (line.kind !== 'notice') return { text: textOf(line) }
  const called = calledBy(line)
  return {
    ...(called.length === 0
      ? { text: line.text }
      : { text: `${called.join(', ')}: ${line.text}`, markdown: `${calls(called)}${escaped(line.text)}` }),
    ...(line.replyTo !== undefined && { parentId: line.replyTo }),
  }
}

const calls = (emails: readonly string[]): string =>
  emails.map((email) => `<@personEmail:${email}> `).join('')

/** Whom a notice calls: as many as leave half a post for what it says. */
function calledBy({ mention = [] }: Notice): string[] {
  const safe = mention.filter((email) => /^[^\s<>|&]+@[^\s<>|&]+$/.test(email))
  let bytes = 0
  return safe.filter((email) => {
    bytes += utf8Length(calls([email]))
    return bytes <= MAX_BYTES / 2
  })
}

/**
 * Markdown that reads exactly like the text, whatever is in it. Angle brackets as entities, because Webex looks for calls
 * (`<@all>`) in Markdown before anything that a backslash would take the meaning from.
 * https://developer.webex.com/docs/basics#formatting-messages, https://spec.commonmark.org/0.31.2/#backslash-escapes
 */
export function escaped(text: string): string {
  return text
    .replace(/[&<>]/g, (char) => (char === '&' ? '&amp;' : char === '<' ? '&lt;' : '&gt;'))
    .replace(/[\\`*_[\]~]/g, '\\$&')
    .replace(
      /^( *)([#+=-]|\d+[.)])/gm,
      (_all, blanks: string, sign: string) => `${blanks}${sign.slice(0, -1)}\\${sign.slice(-1)}`,
    )
    .replace(/^[ \t]/gm, (blank) => (blank === ' ' ? '&#32;' : '&#9;'))
    .replace(/\r?\n/g, '  \n')
}

/** The text that was `escaped`. Line ends have become line feeds. */
const unescaped = (markdown: string): string =>
  markdown.replace(
    /\\([\\`*_[\]~#+=.)-])|&(amp|lt|gt|#32|#9);| {2}(?=\n)/g,
    (_all, sign = '', entity = '') => (entity === '' ? sign : (ENTITIES[entity] ?? '')),
  )

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', '#32': ' ', '#9': '\t' }

/**
 * What one of our accounts posted, as `bodyOf` was given it. Best effort for a notice that calls people: its text has their
 * names, and Webex may have put them another way; its Markdown is as we wrote it.
 */
export function ownText({ text, markdown }: Pick<Message, 'text' | 'markdown'>): string {
  const called = /^(?:<@person(?:Email|Id):[^<>]*> ?)+/.exec(markdown)?.[0]
  return called === undefined ? text : unescaped(markdown.slice(called.length))
}

/** No character grows by more when it is escaped. */
const MOST_BYTES = 5

/** A line that fits is one post; a longer one becomes `12a`, `12b` … whose texts concatenate to it. */
export function parts(line: RoomLine): readonly RoomLine[] {
  if (line.kind === 'notice') return noticeParts(line)
  if (utf8Length(textOf(line)) <= MAX_BYTES) return [line]
  // Room for the longest marker a part can carry and for the line break.
  const room = MAX_BYTES - utf8Length(header(line)) - 4
  return splitUtf8(line.text, room).map((text, index) => ({
    ...line,
    marker: `${line.marker}${partLetter(index)}`,
    text,
  }))
}

/** Only the first part calls people. */
function noticeParts(notice: Notice): readonly Notice[] {
  const { mention, ...plain } = notice
  const called = calledBy(notice)
  if (called.length === 0) return splitUtf8(notice.text, MAX_BYTES).map((text) => ({ ...plain, text }))
  if (utf8Length(bodyOf(notice).markdown ?? '') <= MAX_BYTES) return [notice]
  const room = Math.floor((MAX_BYTES - utf8Length(calls(called))) / MOST_BYTES)
  const [first = ''] = splitUtf8(notice.text, room)
  const rest = splitUtf8(notice.text.slice(first.length), MAX_BYTES)
  return [{ ...notice, text: first }, ...rest.map((text) => ({ ...plain, text }))]
}

/** Is this message, which one of our own accounts wrote, that line? */
export function isThatLine(message: Pick<Message, 'text' | 'mentionedPeople'>, line: RoomLine): boolean {
  const { text } = message
  if (line.kind === 'notice') {
    if (text === line.text) return true
    // Somebody is called: their names come first, and Webex may have put other blanks.
    return (
      calledBy(line).length > 0 &&
      message.mentionedPeople.length > 0 &&
      squeezed(text).endsWith(squeezed(line.text))
    )
  }
  // Only the header is looked at: it is ours, what follows is the visitor's.
  return markerIn(text) === line.marker
}

const squeezed = (text: string): string => text.replace(/\s+/g, ' ').trim()

// Webex takes white space off the end of a text, and a part of a long line may be nothing else.
const HEADER = /^[^\n·]+ · (\d+(?:[a-z]+|–\d+)?)\s*(?:\n|$)/

/** The marker of a line of the visitor or of the bot, of a text that one of our accounts wrote; null when it is a notice. */
export const markerIn = (text: string): string | null => HEADER.exec(text)?.[1] ?? null

export const isChatLine = (text: string): boolean => markerIn(text) !== null

/** Joins the opener's lines into as few posts as hold them; a line that is longer than a post is cut. */
export function openerPosts(lines: readonly string[]): string[] {
  const posts: string[] = []
  let post = ''
  for (const line of lines.flatMap((l) => splitUtf8(l, MAX_BYTES))) {
    const joined = post === '' ? line : `${post}\n${line}`
    if (utf8Length(joined) <= MAX_BYTES) {
      post = joined
    } else {
      posts.push(post)
      post = line
    }
  }
  return [...posts, post]
}
