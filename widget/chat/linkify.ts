/**
 * Brackets belong to an address in pairs only, and it does not end in a mark: both are of the sentence around it.
 * `https://bank.example@evil.example` shows one site and opens another, so addresses with a user stay plain text.
 */
const ADDRESS =
  /\bhttps?:\/\/(?![^\s/?#]*@)(?:[^\s<>"()]|\([^\s<>"()]*\))*(?:[^\s<>"().,;:!?'\]}]|\([^\s<>"()]*\))/gi

/** Cuts a text at its http(s) addresses: plain parts at even places, addresses at odd ones. Joined they are the text again. */
export function linkify(text: string): string[] {
  const parts: string[] = []
  let end = 0
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    parts.push(text.slice(end, index), found)
    end = index + found.length
  }
  return [...parts, text.slice(end)]
}
