/** How lines look in a room, and how our own are known again. Plain `text` only: Webex interprets nothing in it. */
import { partLetter, splitUtf8, utf8Length } from '../core/text.ts'
import type { RoomLine } from '../ports.ts'

/** Bytes of UTF-8 a message may have (https://developer.webex.com/docs/api/v1/messages/create-a-message). */
export const MAX_BYTES = 7439

/** `Anna · 12`: the delivery marker, on a line of its own above the text. */
function header(line: Extract<RoomLine, { marker: string }>): string {
  return `${line.kind === 'visitor' ? line.label : 'Bot'} · ${line.marker}`
}

export function textOf(line: RoomLine): string {
  return line.kind === 'notice' ? line.text : `${header(line)}\n${line.text}`
}

/** A line that fits is one post; a longer one becomes `12a`, `12b` … whose texts concatenate to it. */
export function parts(line: RoomLine): readonly RoomLine[] {
  if (utf8Length(textOf(line)) <= MAX_BYTES) return [line]
  if (line.kind === 'notice') return splitUtf8(line.text, MAX_BYTES).map((text) => ({ ...line, text }))
  // Room for the longest marker a part can carry and for the line break.
  const room = MAX_BYTES - utf8Length(header(line)) - 4
  return splitUtf8(line.text, room).map((text, index) => ({
    ...line,
    marker: `${line.marker}${partLetter(index)}`,
    text,
  }))
}

/** Is this message, which one of our own accounts wrote, that line? */
export function isThatLine(text: string, line: RoomLine): boolean {
  if (line.kind === 'notice') return text === line.text
  // Only the header is looked at: it is ours, what follows is the visitor's.
  const first = text.split('\n', 1)[0] ?? ''
  return first.endsWith(` · ${line.marker}`)
}

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
