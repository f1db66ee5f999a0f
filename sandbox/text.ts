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

/** Where a character that stands for itself is kept while the rest is rendered: U+E000 and up mean nothing to anybody. */
const HIDDEN = 0xe000
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }

/** Takes what is escaped out of the reach of the renderer: `\*`, `&lt;`, `&#32;`; and the two blanks of a line break. */
function hideEscaped(markdown: string): string {
  const hide = (code: number) => String.fromCharCode(HIDDEN + code)
  return markdown
    .replace(/\\([!-/:-@[-`{-~])/g, (_whole, char: string) => hide(char.charCodeAt(0)))
    .replace(/&(?:#(\d{1,3})|(amp|lt|gt|quot));/g, (whole, code?: string, name = '') => {
      const number = code === undefined ? (ENTITIES[name] ?? '').charCodeAt(0) : Number(code)
      return number > 0 && number < 256 ? hide(number) : whole
    })
    .replace(/ {2,}\n/g, '\n')
}

function showEscaped(text: string, show: (char: string) => string): string {
  return text.replace(/[\uE000-\uE0FF]/g, (char) => show(String.fromCharCode(char.charCodeAt(0) - HIDDEN)))
}

const plainOf = (markdown: string): string => showEscaped(withoutMarks(hideEscaped(markdown)), (char) => char)

function withoutMarks(markdown: string): string {
  return markdown
    .replace(/\*\*([^*]+)\*\*/g, '$1')
    .replace(/\*([^*\n]+)\*/g, '$1')
    .replace(/`([^`]+)`/g, '$1')
    .replace(/\[([^\]]*)\]\((https?:[^)\s]+)\)/g, '$1')
}

const htmlOf = (markdown: string): string => showEscaped(withTags(hideEscaped(markdown)), escapeHtml)

function withTags(markdown: string): string {
  return escapeHtml(markdown)
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\*([^*\n]+)\*/g, '<em>$1</em>')
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\[([^\]]*)\]\((https?:[^)\s]+)\)/g, '<a href="$2">$1</a>')
    .replaceAll('\n', '<br/>')
}

const ALL = '<spark-mention data-object-type="groupMention" data-group-type="all">All</spark-mention>'

function mentionOf({ id }: Person, name: string): string {
  return `<spark-mention data-object-type="person" data-object-id="${id}">${escapeHtml(name)}</spark-mention>`
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
      html += ALL
      continue
    }
    const person = members.find((member) =>
      kind === 'personId' ? member.id === key : member.email === key?.toLowerCase(),
    )
    const name = label || person?.displayName || key || ''
    text += name
    html += person ? mentionOf(person, name) : escapeHtml(name)
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
 * A line as a person types it into a Webex client: `@Display Name` of a member, or its first word where only one member has
 * it, becomes a mention, as does `@All`. The text loses the at sign — the trap for programs that look for `@Name` in `text` —
 * and HTML beside it has the mention as an element.
 */
export function typedLine(line: string, members: readonly Person[]): Content {
  const named = whomNamesMean(members)
  const alternatives = [...named.keys(), 'All', 'all']
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|')
  const typed = new RegExp(`(?<=^|\\s)@(${alternatives})(?![\\p{L}\\p{N}])`, 'gu')
  const mentionedPeople = new Set<string>()
  const mentionedGroups = new Set<string>()
  let text = ''
  let html = ''
  let from = 0
  for (const match of line.matchAll(typed)) {
    const before = line.slice(from, match.index)
    from = match.index + match[0].length
    const name = match[1] ?? ''
    const people = named.get(name)
    for (const person of people ?? []) mentionedPeople.add(person.id)
    if (!people) mentionedGroups.add('all')
    text += before + (people ? name : 'All')
    html += asHtml(before) + (people ? people.map((person) => mentionOf(person, name)).join(' ') : ALL)
  }
  const found = { mentionedPeople: [...mentionedPeople], mentionedGroups: [...mentionedGroups] }
  if (from === 0) return { text: line, ...found }
  return { text: text + line.slice(from), html: html + asHtml(line.slice(from)), ...found }
}

const asHtml = (text: string): string => escapeHtml(text).replaceAll('\n', '<br/>')

function whomNamesMean(members: readonly Person[]): Map<string, Person[]> {
  const named = new Map<string, Person[]>()
  for (const member of members)
    named.set(member.displayName, [...(named.get(member.displayName) ?? []), member])
  for (const member of members) {
    const [first = ''] = member.displayName.split(' ')
    const others = members.filter((each) => each !== member && each.displayName.split(' ')[0] === first)
    if (others.length === 0) named.set(first, [member])
  }
  return named
}
