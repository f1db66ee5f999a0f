/**
 * Compares what the visitor, the database and the room wrote down of a chat after everything has settled. Pure: the same logs
 * lead to the same verdict. A line that was acknowledged must stand in the room once, in order, or be told as failed; a line
 * of staff must stand at the visitor once, in the room's order; what a visitor has seen never changes.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ChatEvent } from '../../server/core/events.ts'
import { type ChatLogs, type Post, postOf } from './logs.ts'

export const KINDS = [
  /** Acknowledged and in neither place; or told to nobody. */
  'lost',
  'duplicate',
  'order',
  /** A number of the log that nobody can see. */
  'gap',
  /** An event that reads differently the second time. */
  'changed',
  /** Something nobody of this chat wrote, or that stands under another line's number. */
  'foreign',
  /** What was written for colleagues only, at the visitor. */
  'leaked',
  /** `message.delivered` or `message.failed` is missing, doubled, or not true. */
  'receipt',
  /** We took away what was no copy. */
  'deletion',
] as const
export type Kind = (typeof KINDS)[number]

export interface Finding {
  readonly kind: Kind
  readonly chat: string
  readonly what: string
  /** What identifies the line in the logs: any text, id or number of it. */
  readonly about: { readonly text?: string; readonly seq?: number; readonly id?: string }
}

export interface Verdict {
  readonly findings: readonly Finding[]
  /** Copies that stood in a room for a while and were taken away again. */
  readonly repaired: number
  readonly chats: number
  readonly lines: { readonly visitor: number; readonly staff: number }
}

export function check(chats: readonly ChatLogs[]): Verdict {
  const all = chats.map(checkChat)
  const acknowledged = chats.flatMap(({ visitor }) =>
    visitor.lines.filter((l) => l.outcome === 'acknowledged'),
  )
  return {
    findings: all.flatMap(({ findings }) => findings),
    repaired: all.reduce((sum, { repaired }) => sum + repaired, 0),
    chats: chats.length,
    lines: { visitor: acknowledged.length, staff: chats.flatMap(({ staff }) => staff).length },
  }
}

/** By key, in the order of first appearance. (`Map.groupBy` is younger than Node 20.) */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

type Report = (kind: Kind, what: string, about: Finding['about']) => void
type MessageEvent = Extract<ChatEvent, { type: 'message' }>

function checkChat(logs: ChatLogs): { findings: Finding[]; repaired: number } {
  const findings: Finding[] = []
  const report: Report = (kind, what, about) => void findings.push({ kind, chat: logs.chat, what, about })
  const messages = logs.database.events.filter((event) => event.type === 'message')
  checkNumbers(logs, report)
  checkAcknowledged(logs, messages, report)
  checkRoom(logs, messages, report)
  checkStaff(logs, messages, report)
  checkSeen(logs, report)
  return { findings, repaired: checkDeletions(logs, report) }
}

/** The log counts 1, 2, 3 … */
function checkNumbers({ database }: ChatLogs, report: Report): void {
  database.events.forEach(({ seq }, n) => {
    const expected = (database.events[n - 1]?.seq ?? 0) + 1
    if (seq > expected) report('gap', `the log jumps from ${expected - 1} to ${seq}`, { seq: expected })
    else if (seq < expected) report('duplicate', `the log has number ${seq} twice`, { seq })
  })
}

/** What the visitor was promised is in the log, once, in the order it was written. */
function checkAcknowledged({ visitor }: ChatLogs, messages: readonly MessageEvent[], report: Report): void {
  const own = messages.filter(({ message }) => message.from === 'visitor')
  const keyOf = (clientId: string | undefined) => clientId?.toLowerCase() ?? ''
  const byKey = grouped(own, ({ message }) => keyOf(message.clientId))
  let last = 0
  for (const { clientId, text, outcome } of visitor.lines) {
    const [event, ...more] = byKey.get(keyOf(clientId)) ?? []
    byKey.delete(keyOf(clientId))
    for (const copy of more) report('duplicate', 'one clientId made two events', { text, seq: copy.seq })
    if (!event) {
      if (outcome === 'acknowledged') report('lost', 'acknowledged, and not in the log', { text })
      continue
    }
    if (event.message.text !== text) report('changed', 'the log has another text', { text, seq: event.seq })
    if (event.seq < last) report('order', 'the log has it before an earlier line', { text, seq: event.seq })
    last = Math.max(last, event.seq)
  }
  for (const [event] of byKey.values())
    if (event) report('foreign', 'the visitor never wrote it', { text: event.message.text, seq: event.seq })
}

/** Every line stands in the room once, whole, in order, and the visitor was told so; or was told that it never will. */
function checkRoom({ database, room }: ChatLogs, messages: readonly MessageEvent[], report: Report): void {
  const posts = room.messages.flatMap((message) => postOf(message) ?? [])
  const owed = new Map(messages.filter(({ message }) => isForRoom(message.from)).map((e) => [e.seq, e]))
  const told = grouped(
    database.events.filter((event) => event.type === 'message.delivered' || event.type === 'message.failed'),
    (event) => ('messageId' in event ? event.messageId : ''),
  )
  for (const { seq, message } of owed.values()) {
    const { text } = message
    const standing = posts.filter(({ from, to }) => from <= seq && seq <= to)
    const receipts = (told.get(message.id) ?? []).map(({ type }) => type)
    const failed = receipts.includes('message.failed')
    const stands = checkPosts(standing, text, seq, report)
    if (!stands && standing.length === 0 && !failed) report('lost', 'not in the room', { text, seq })
    if (message.from !== 'visitor') continue
    if (receipts.length > 1) report('receipt', `told ${receipts.length} times`, { text, seq })
    if (stands && failed) report('receipt', 'told as failed, and stands', { text, seq })
    if (stands && receipts.length === 0) report('receipt', 'stands, and nobody was told', { text, seq })
    if (standing.length === 0 && receipts.includes('message.delivered'))
      report('receipt', 'told as delivered, and does not stand', { text, seq })
  }
  checkOrderOfPosts(posts, report)
  for (const { from, to, text, message } of posts)
    if (![...owed.keys()].some((seq) => from <= seq && seq <= to))
      report('foreign', 'under a number that is no line', { text, seq: from, id: message.id })
  checkNotices(room, report)
}

const isForRoom = (from: string): boolean => from === 'visitor' || from === 'bot'

/** Whether all of a line stands. */
function checkPosts(standing: readonly Post[], text: string, seq: number, report: Report): boolean {
  const byPart = grouped(standing, ({ part }) => part)
  for (const copies of byPart.values())
    for (const copy of copies.slice(1))
      report('duplicate', `stands ${copies.length} times in the room`, { text, seq, id: copy.message.id })
  const letters = [...byPart.keys()].sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
  const whole = letters.map((part) => byPart.get(part)?.[0]?.text ?? '').join('')
  const joined = standing.some(({ from, to }) => to > from)
  const fits = joined ? standing.every((post) => post.text.includes(text)) : whole === text
  if (standing.length > 0 && !fits) {
    const isPart = text.startsWith(whole) || letters.some((part) => part !== '')
    if (isPart) report('lost', 'only parts of it stand in the room', { text, seq })
    else report('foreign', 'stands with another text', { text, seq })
  }
  return standing.length > 0 && fits
}

function checkOrderOfPosts(posts: readonly Post[], report: Report): void {
  const seen = new Set<string>()
  let last: Post | null = null
  for (const post of posts) {
    const { from, part, text } = post
    // A copy is reported as one; it is not out of order as well.
    if (seen.has(`${from}${part}`)) continue
    seen.add(`${from}${part}`)
    const isBefore = last !== null && (from < last.from || (from === last.from && part < last.part))
    if (isBefore) report('order', `stands below number ${last?.from}`, { text, seq: from })
    else last = post
  }
}

/** What we say of ourselves names its minute, so two alike are one that was said twice. */
function checkNotices({ messages }: ChatLogs['room'], report: Report): void {
  const notices = messages.filter((message) => message.by === 'us' && postOf(message) === null)
  for (const same of grouped(notices, ({ text, parentId }) => `${parentId ?? ''}\n${text}`).values())
    for (const { id, text } of same.slice(1)) report('duplicate', 'a notice was said twice', { text, id })
}

/** The visitor's log has what staff wrote for them, once, in the order of the room; and nothing else of theirs. */
function checkStaff({ staff, room }: ChatLogs, messages: readonly MessageEvent[], report: Report): void {
  const told = new Map(staff.map((line) => [line.id, line]))
  const expected = room.messages.flatMap(({ id }) => told.get(id) ?? []).filter(({ to }) => to === 'visitor')
  const inside = new Set(staff.filter(({ to }) => to === 'inside').map(({ text }) => text))
  const seen = messages.filter(({ message }) => message.from === 'agent')
  // Two lines may read alike: the n-th of one text is taken for the n-th of that text.
  const places = grouped(seen, ({ message }) => message.text)
  let last = 0
  for (const { text, id } of expected) {
    const seq = places.get(text)?.shift()?.seq
    if (seq === undefined) report('lost', 'staff wrote it, and it is not in the log', { text, id })
    else if (seq < last) report('order', `the log has it before what the room has above`, { text, seq, id })
    last = Math.max(last, seq ?? 0)
  }
  const written = new Set(expected.map(({ text }) => text))
  for (const [text, left] of places)
    for (const { seq } of left) {
      if (inside.has(text)) report('leaked', 'was written for colleagues', { text, seq })
      else if (written.has(text)) report('duplicate', 'once in the room, twice at the visitor', { text, seq })
      else report('foreign', 'no staff of this chat wrote it', { text, seq })
    }
}

/** Polls have no holes, what was read stays as it is, and in the end everything was read. */
function checkSeen({ visitor, database }: ChatLogs, report: Report): void {
  const seen = new Map<number, ChatEvent>()
  for (const { after, events } of visitor.polls)
    events.forEach((event, n) => {
      const { seq } = event
      if (seq !== after + n + 1)
        report('gap', `a poll after ${after} answered ${seq} in place ${n + 1}`, { seq })
      const before = seen.get(seq)
      if (before && !isDeepStrictEqual(before, event)) report('changed', 'reads differently later', { seq })
      seen.set(seq, event)
    })
  for (const event of database.events) {
    const { seq } = event
    const read = seen.get(seq)
    seen.delete(seq)
    if (!read) report('lost', 'in the log, and never at the visitor', { seq, ...textOf(event) })
    else if (!isDeepStrictEqual(read, event))
      report('changed', 'the visitor read something else than the log has', { seq, ...textOf(event) })
  }
  for (const event of seen.values())
    report('changed', 'the visitor read it, and the log has it no more', { seq: event.seq, ...textOf(event) })
}

const textOf = (event: ChatEvent): { text?: string } =>
  event.type === 'message' ? { text: event.message.text } : {}

/** What we took away must have been a copy of what still stands. Returns how many were. */
function checkDeletions({ room }: ChatLogs, report: Report): number {
  const standing = new Set(room.messages.flatMap(markerOf))
  let repaired = 0
  for (const message of room.deleted) {
    const [marker] = markerOf(message)
    const about = { text: postOf(message)?.text ?? message.text, id: message.id }
    if (message.by === 'staff') report('deletion', 'it was not ours', about)
    else if (marker === undefined || !standing.has(marker))
      report('deletion', 'nothing of it is left in the room', about)
    else repaired++
  }
  return repaired
}

const markerOf = (message: Parameters<typeof postOf>[0]): string[] => {
  const post = postOf(message)
  if (post) return [`${post.from}${post.part}–${post.to}`]
  return message.by === 'us' ? [`notice ${message.text}`] : []
}
