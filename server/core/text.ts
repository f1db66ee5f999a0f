/** Rules about text: what may be taken in, and how it is cut for a provider. Nothing here changes a visitor's text. */

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** False for what no database or wire carries unchanged: NUL and lone surrogates. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !LONE_SURROGATE.test(text)
}

/** Counts code points, not UTF-16 units: an emoji is one. */
export function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** The first `max` code points. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text
  let end = 0
  let count = 0
  for (const char of text) {
    if (count === max) break
    count++
    end += char.length
  }
  return text.slice(0, end)
}

// Control characters, line and paragraph separators, bidirectional overrides and isolates, invisible marks.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]+/gu

/** For values shown to staff on one line: a visitor can neither start a new line nor turn the reading direction. */
export function singleLine(text: string, max: number): string {
  return cut(text.replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim(), max)
}

/** The visitor's label in the room: one line, at most 60 code points, never with the ` · ` that ends a header's label. */
export function visitorLabel(name: string | null): string {
  const label = singleLine((name ?? '').replace(/·/g, ' '), 60).trim()
  return label === '' ? 'Anonymous' : label
}

/** UTF-8 bytes of one code point's UTF-16 form. */
function utf8Bytes(char: string): number {
  const code = char.codePointAt(0) ?? 0
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

export function utf8Length(text: string): number {
  let bytes = 0
  for (const char of text) bytes += utf8Bytes(char)
  return bytes
}

/**
 * Cuts a text into parts of at most `maxBytes` UTF-8 bytes, never inside a code point; the parts concatenate to the text.
 * Prefers the last line break or space of a part's second half, so that words stay whole.
 */
export function splitUtf8(text: string, maxBytes: number): string[] {
  if (maxBytes < 4) throw new RangeError('a part must hold any code point: at least 4 bytes')
  const parts: string[] = []
  let start = 0
  while (start < text.length) {
    let end = start
    let bytes = 0
    let breakAt = -1
    while (end < text.length) {
      const char = String.fromCodePoint(text.codePointAt(end) ?? 0)
      const next = bytes + utf8Bytes(char)
      if (next > maxBytes) break
      bytes = next
      end += char.length
      if ((char === ' ' || char === '\n') && bytes > maxBytes / 2) breakAt = end
    }
    if (end < text.length && breakAt !== -1) end = breakAt
    parts.push(text.slice(start, end))
    start = end
  }
  return parts.length === 0 ? [''] : parts
}

/** `a`, `b` … `z`, `aa`, `ab` …: names the parts of a long line. */
export function partLetter(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26))
  return index < 26 ? letter : partLetter(Math.floor(index / 26) - 1) + letter
}

/** Staff lines that begin with `/` or `//` stay inside; forgiving about leading blanks and the full-width slash of phones. */
export function isInternal(text: string): boolean {
  return /^[\s\p{Cf}]*[/／]/u.test(text)
}
