/** Words as they are compared: without case, accents and endings, and with a slip of the finger. */

export interface Word {
  /** As it is compared; never empty. */
  readonly word: string
  /** Where it stands in the text, in UTF-16 units. */
  readonly start: number
  readonly end: number
}

// What NFKD leaves whole though people type it without its stroke.
const LETTERS: Readonly<Record<string, string>> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
}

/** `Żółw’s` → `zolws` */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .replace(/[łøđðþßæœı]/g, (letter) => LETTERS[letter] ?? letter)
}

// Scripts without spaces are taken letter by letter; `e-mail` is one word, `test-ride` are two.
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]\p{M}*|(?:(?<![\p{L}\p{N}])\p{L}-)?[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’ʼ][\p{L}\p{N}\p{M}]+)*/gu

export function wordsOf(text: string): Word[] {
  return [...text.matchAll(WORD)].flatMap((match) => {
    const word = fold(match[0])
    return word === '' ? [] : [{ word, start: match.index, end: match.index + match[0].length }]
  })
}

function commonStart(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

/** `delivery` and `delivered`, `dostawa` and `dostawę`: one word with another ending, as far as that can be told without a grammar. */
export function isInflected(a: string, b: string): boolean {
  const shared = commonStart(a, b)
  const [rest, other] = [a.length - shared, b.length - shared]
  if (shared < 4) return shared === 3 && rest === 1 && other === 1 && VOWEL.test(a) && VOWEL.test(b)
  if (rest === 0 || other === 0) return rest + other <= 4
  return Math.max(rest, other) <= (shared === 4 ? 2 : 3)
}

// `rama`, `ramy`: short words of many languages end in a vowel that changes; in other short words a letter is all the difference.
const VOWEL = /[aeiouy]$/

/** One letter missing, added, wrong or swapped with its neighbour; in words of nine letters and more, two. */
export function isMistyped(a: string, b: string): boolean {
  const longest = Math.max(a.length, b.length)
  const allowed = longest >= 9 ? 2 : 1
  if (Math.min(a.length, b.length) < 5 || Math.abs(a.length - b.length) > allowed) return false
  return distance(a, b, allowed) <= allowed
}

/** Optimal string alignment distance, no further than `most` from the diagonal. */
function distance(a: string, b: string, most: number): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = new Array<number>(b.length + 1).fill(most + 1)
    next[0] = i
    for (let j = Math.max(1, i - most); j <= Math.min(b.length, i + most); j++) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      next[j] = least
    }
    before = row
    row = next
  }
  return row[b.length] ?? most + 1
}
