/** A verdict as people read it: one line, and of each broken promise the shortest story that shows it. */

import { type Finding, KINDS, type Verdict } from './checker.ts'
import type { ChatLogs } from './logs.ts'

const PROMISES: Readonly<Record<(typeof KINDS)[number], string>> = {
  lost: 'lost',
  duplicate: 'final duplicates',
  order: 'order breaks',
  gap: 'gaps',
  changed: 'changed',
  foreign: 'foreign',
  leaked: 'leaked',
  receipt: 'false receipts',
  deletion: 'wrong deletions',
}

export const isClean = ({ findings }: Verdict): boolean => findings.length === 0

/** `CLEAN  0 lost, 0 final duplicates …; seed 1`. */
export function verdictLine(verdict: Verdict, seed: number): string {
  const counts = KINDS.map(
    (kind) => `${verdict.findings.filter((finding) => finding.kind === kind).length} ${PROMISES[kind]}`,
  )
  const { lines, chats, repaired } = verdict
  return (
    `${isClean(verdict) ? 'CLEAN ' : 'BROKEN'} ${counts.join(', ')}; ` +
    `${lines.visitor} acknowledged + ${lines.staff} staff lines in ${chats} chats, ` +
    `${repaired} transient duplicates repaired; seed ${seed}`
  )
}

const SHOWN = 10

/** The first findings, each with everything the three logs have of its line, by time. */
export function stories(verdict: Verdict, chats: readonly ChatLogs[]): string[] {
  const shown = verdict.findings.slice(0, SHOWN).flatMap((finding) => {
    const logs = chats.find(({ chat }) => chat === finding.chat)
    return [
      `${finding.kind}: ${finding.what} (chat ${finding.chat})`,
      ...(logs ? timeline(finding, logs) : []),
    ]
  })
  const more = verdict.findings.length - SHOWN
  return more > 0 ? [...shown, `… and ${more} more`] : shown
}

interface Entry {
  readonly at: number
  readonly says: string
}

/** @returns lines that begin with seconds since the first of them */
export function timeline({ about }: Finding, logs: ChatLogs): string[] {
  const { text, id } = about
  const event = logs.database.events.find(
    (one) =>
      one.seq === about.seq || (text !== undefined && one.type === 'message' && one.message.text === text),
  )
  const seq = about.seq ?? event?.seq
  const said = text ?? (event?.type === 'message' ? event.message.text : undefined)
  const messageId = event?.type === 'message' ? event.message.id : undefined
  const isIt = (message: { readonly id: string; readonly text: string }) =>
    message.id === id ||
    (said !== undefined && (message.text === said || message.text.endsWith(`\n${said}`))) ||
    (seq !== undefined && new RegExp(`^[^\\n·]+ · ${seq}[a-z]*(?:–\\d+)?\\n`).test(message.text))
  const entries: Entry[] = []
  const note = (at: number, says: string) => void entries.push({ at, says })

  for (const line of logs.visitor.lines) {
    if (line.text !== said) continue
    note(line.writtenAt, `visitor writes ${quoted(line.text)} (${line.clientId})`)
    note(line.answeredAt, `visitor is answered: ${line.outcome}`)
  }
  for (const line of logs.staff) if (line.text === said) note(line.at, `staff write ${quoted(line.text)}`)
  for (const one of logs.database.events) {
    const isReceipt = 'messageId' in one && one.messageId === messageId
    if (one.seq === seq || isReceipt) note(Date.parse(one.at), `log has ${one.seq} ${one.type}`)
  }
  for (const { at, events } of logs.visitor.polls)
    if (events.some((one) => one.seq === seq)) note(at, `visitor reads ${seq}`)
  for (const message of logs.room.messages)
    if (isIt(message)) note(message.at, `room shows ${quoted(message.text)} by ${message.by}`)
  for (const message of logs.room.deleted) {
    if (!isIt(message)) continue
    note(message.at, `room shows ${quoted(message.text)} by ${message.by}, for a while`)
    note(message.deletedAt, `we delete ${quoted(message.text)}`)
  }
  const owed = logs.database.outbox
    .filter(({ task }) => seq !== undefined && task === `line ${seq}`)
    .map(({ state, task }) => `          still owed: ${task}, ${state}`)
  entries.sort((a, b) => a.at - b.at)
  const start = entries[0]?.at ?? 0
  return [
    ...entries.map(({ at, says }) => `  +${((at - start) / 1000).toFixed(2).padStart(6)}s ${says}`),
    ...owed,
  ]
}

const quoted = (text: string): string => {
  const short = text.length > 60 ? `${text.slice(0, 57)}…` : text
  return JSON.stringify(short)
}
