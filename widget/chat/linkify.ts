export interface Link {
  readonly text: string
  readonly href: string
}

/** Brackets belong to an address in pairs only, and it does not end in a mark: both are of the sentence around it. */
const ADDRESS =
  /\bhttps?:\/\/(?:[^\s<>"()]|\([^\s<>"()]*\))*(?:[^\s<>"().,;:!?'*_~’”»…\]}]|\([^\s<>"()]*\))/gi

/** Cuts a text into plain parts and http(s) links; joined together the parts are the text again. */
export function linkify(text: string): (string | Link)[] {
  const parts: (string | Link)[] = []
  let end = 0
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const href = checked(found)
    if (!href) continue
    parts.push(text.slice(end, index), { text: found, href })
    end = index + found.length
  }
  return [...parts, text.slice(end)].filter(Boolean)
}

/** `https://bank.example@evil.example` shows one site and opens another, so addresses with a user stay plain text. */
function checked(found: string): string {
  try {
    const url = new URL(found)
    return url.username ? '' : url.href
  } catch {
    return ''
  }
}
