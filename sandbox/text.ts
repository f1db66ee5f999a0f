import type { Content, Person } from './data.ts'

/** `anna.kowalska+x@example.com` -> `Anna Kowalska` */
export function displayNameOf(email: string): string {
  const local = email.slice(0, email.lastIndexOf('@')).split('+')[0] ?? ''
  const words = local.split(/[._-]+/).filter((word) => word !== '')
  if (words.length === 0) return email
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')
}

export function isEmail(value: string): boolean {
  return value.length <= 254 && /^[^\s@<>|"',;:]+@[^\s@<>|"',;:]+\.[^\s@<>|"',;:]+$/.test(value)
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function plainOf(markdown: string): string {
  return markdown
    .replace(/\*\*([^*]+)\*\*/g, '$1')
    .replace(/\*([^*\n]+)\*/g, '$1')
    .replace(/`([^`]+)`/g, '$1')
    .replace(/\[([^\]]*)\]\((https?:[^)\s]+)\)/g, '$1')
}

function htmlOf(markdown: string): string {
  return escapeHtml(markdown)
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\*([^*\n]+)\*/g, '<em>$1</em>')
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\[([^\]]*)\]\((https?:[^)\s]+)\)/g, '<a href="$2">$1</a>')
    .replaceAll('\n', '<br/>')
}

const MENTION = /<@(?:(personEmail|personId):([^|>\s]+)(?:\|([^>]*))?|(all))>/g

/**
 * The plain text and HTML that Webex makes of markdown, and whom it mentions: `<@personEmail:a@b|Name>`,
 * `<@personId:ID|Name>`, `<@all>`. Only members can be mentioned.
 */
export function renderMarkdown(markdown: string, members: readonly Person[]): Content {
  const mentionedPeople = new Set<string>()
  const mentionedGroups = new Set<string>()
  let text = ''
  let html = ''
  let from = 0
  for (const match of markdown.matchAll(MENTION)) {
    const before = markdown.slice(from, match.index)
    from = match.index + match[0].length
    text += plainOf(before)
    html += htmlOf(before)
    const [, kind, key, label, all] = match
    if (all) {
      mentionedGroups.add('all')
      text += 'All'
      html += '<spark-mention data-object-type="groupMention" data-group-type="all">All</spark-mention>'
      continue
    }
    const person = members.find((member) =>
      kind === 'personId' ? member.id === key : member.email === key?.toLowerCase(),
    )
    const name = label || person?.displayName || key || ''
    text += name
    html += person
      ? `<spark-mention data-object-type="person" data-object-id="${person.id}">${escapeHtml(name)}</spark-mention>`
      : escapeHtml(name)
    if (person) mentionedPeople.add(person.id)
  }
  const rest = markdown.slice(from)
  return {
    markdown,
    text: text + plainOf(rest),
    html: html + htmlOf(rest),
    mentionedPeople: [...mentionedPeople],
    mentionedGroups: [...mentionedGroups],
  }
}

/**
 * A line as a person types it into a Webex client: `@Display Name` of a member becomes a mention, and its text loses the
 * at sign — the trap for programs that look for `@Name` in `text`.
 */
export function typedLine(line: string, members: readonly Person[]): Content {
  const names = members.map((member) => member.displayName).sort((a, b) => b.length - a.length)
  const alternatives = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  const found = new Set<string>()
  const text =
    alternatives === ''
      ? line
      : line.replace(
          new RegExp(`(^|\\s)@(${alternatives})(?![\\p{L}\\p{N}])`, 'gu'),
          (_whole, space: string, name: string) => {
            for (const member of members) if (member.displayName === name) found.add(member.id)
            return space + name
          },
        )
  return { text, mentionedPeople: [...found], mentionedGroups: [] }
}
