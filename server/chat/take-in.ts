/** Staff to visitor: a room that moved is read, and what is new in it goes into the chat, or is obeyed, or stays inside. */
import type { Knex } from 'knex'
import { type ChatInput, refusal } from '../core/chat-state.ts'
import { DeliveryError } from '../core/errors.ts'
import type { WhisperRules } from '../core/whisper.ts'
import type { RoomRef, RoomView, StaffLine } from '../ports.ts'
import type { Deed } from '../store/audit.ts'
import type { KnownLine } from '../store/room-lines.ts'
import type { Deps } from './deps.ts'
import type { LockedChat } from './hand.ts'
import { announce, decide, deciding, EITHER, wakeLanes } from './handle.ts'
import { type Heard, listen } from './listen.ts'
import { removeCopies } from './own-posts.ts'
import { regainRoom } from './regain.ts'
import { changeHours } from './room-hours.ts'
import { roomOf, type StoredChat } from './stored-chat.ts'

/** Reads the room of a chat, and sees to it that there is one. @throws DeliveryError when it cannot be read now. */
export async function takeInOrRegain(deps: Deps, chat: StoredChat): Promise<void> {
  try {
    await takeIn(deps, chat)
  } catch (error) {
    if (!(error instanceof DeliveryError && error.outcome.permanent === true)) throw error
    if (!(await regainRoom(deps, chat))) throw error
  }
}

/** Reads the room of a chat. Returns how many new lines were taken in. @throws DeliveryError when the room cannot be read. */
export async function takeIn(deps: Deps, chat: StoredChat): Promise<number> {
  const { store, desk } = deps
  const room = roomOf(chat)
  if (!room || chat.state === 'closed') return 0
  const cursor =
    chat.readId !== null && chat.readAt !== null
      ? { id: chat.readId, at: new Date(chat.readAt).toISOString() }
      : null
  const view = await desk.read(room, cursor)
  const gone = await takenBack(deps, chat, room, view)
  // An echo of our own, mostly: a look is cheaper than a transaction.
  if (gone.length === 0 && (await isKnown(deps, view.lines))) {
    announce(deps, chat)
    wakeLanes(deps, chat.id, EITHER)
    await removeCopies(deps, chat, view.own)
    return 0
  }
  const taken = await deciding(deps, chat.id, async (trx) => {
    const before = await store.chats.lock(trx, chat.id)
    return before && before.state !== 'closed' ? takeInto(deps, trx, before, view.lines, gone) : null
  })
  if (!taken) return 0
  await removeCopies(deps, chat, view.own)
  if (taken.hours) await deps.hoursChanged()
  return taken.lines
}

/** All of it was taken in, edits included. */
async function isKnown({ store }: Deps, lines: readonly StaffLine[]): Promise<boolean> {
  const known = await store.roomLines.known(
    store.db,
    lines.map(({ id }) => id),
  )
  return lines.every(({ id, updated }) => {
    const line = known.get(id)
    return line !== undefined && (updated === null || Date.parse(updated) <= (line.editedAt ?? 0))
  })
}

/** Lines the visitor has read that are no longer in the room, with their events. Asked of the room: a list may lag. */
async function takenBack(deps: Deps, chat: StoredChat, room: RoomRef, view: RoomView): Promise<Shown[]> {
  const { store, desk } = deps
  const from = view.from === null ? 0 : Date.parse(view.from)
  const there = new Set(view.lines.map(({ id }) => id))
  const missing = (await store.roomLines.shown(store.db, chat.id, from)).filter(({ id }) => !there.has(id))
  if (missing.length === 0) return []
  const gone = new Set(
    await desk.gone(
      room,
      missing.map(({ id }) => id),
    ),
  )
  return missing.filter(({ id }) => gone.has(id))
}

type Shown = Awaited<ReturnType<Deps['store']['roomLines']['shown']>>[number]

/** New lines, edits of known ones, and what was taken back, into the chat. */
async function takeInto(
  deps: Deps,
  trx: Knex.Transaction,
  before: LockedChat,
  lines: readonly StaffLine[],
  gone: readonly Shown[],
) {
  const { store, clock } = deps
  const known = await store.roomLines.known(
    trx,
    lines.flatMap(({ id, thread }) => (thread ? [id, thread.id] : [id])),
  )
  const fresh = lines.filter((line) => !known.has(line.id))
  const rules = whisperRules(deps, before.topic)
  const edits = await edited(deps, trx, lines, known, rules)
  // What was taken back is no public line any more: nor is what is said under it.
  for (const { id } of gone) known.set(id, { seq: null, editedAt: null })
  const { inputs, deeds, hours } = await obeyed(
    deps,
    trx,
    before,
    listen(fresh, known, rules, (by) => refusal(before, by, deps.settings()?.topics ?? []) !== null),
  )
  const removed: ChatInput[] = []
  for (const { id, seq } of gone)
    if (await store.roomLines.noteGone(trx, id)) removed.push({ type: 'staff_delete', seq })
  const all = [...inputs, ...edits, ...removed]
  // All known: read before, or taken in by a transaction whose COMMIT's reply was lost. Waiters must hear of it still.
  if (all.length === 0) return { chat: before, owing: EITHER, lines: 0, hours: false }

  const decided = await decide(deps, trx, before, all, clock.now())
  const rows = fresh.map((line, index) => {
    const message = decided.perInput[index]?.find(
      (event) => event.type === 'message' && event.message.from === 'agent',
    )
    const editedAt = line.updated === null ? null : Date.parse(line.updated)
    return { id: line.id, seq: message?.seq ?? null, at: Date.parse(line.at), editedAt }
  })
  await store.roomLines.add(trx, before.id, rows)
  await store.audit.add(trx, deeds)
  const newest = fresh.at(-1)
  if (newest) await store.chats.noteRead(trx, before.id, { id: newest.id, at: Date.parse(newest.at) })
  return { ...decided, lines: fresh.length, hours }
}

/** Edits follow to the visitor; what becomes internal is taken back, and what was internal stays so. */
async function edited(
  { store }: Deps,
  trx: Knex.Transaction,
  lines: readonly StaffLine[],
  known: Map<string, KnownLine>,
  rules: WhisperRules,
): Promise<ChatInput[]> {
  const inputs: ChatInput[] = []
  for (const line of lines) {
    const before = known.get(line.id)
    const at = line.updated === null ? 0 : Date.parse(line.updated)
    if (!before || at <= (before.editedAt ?? 0)) continue
    await store.roomLines.noteEdit(trx, line.id, at)
    if (before.seq === null) continue
    const [heard] = listen([line], known, rules)
    if (heard?.audience.to === 'visitor')
      inputs.push({ type: 'staff_edit', seq: before.seq, text: heard.audience.text })
    else {
      known.set(line.id, { seq: null, editedAt: at })
      if (await store.roomLines.noteGone(trx, line.id)) inputs.push({ type: 'staff_delete', seq: before.seq })
    }
  }
  return inputs
}

function whisperRules(deps: Deps, topicId: string): WhisperRules {
  const settings = deps.settings()
  const explicit = settings?.topics.find(({ id }) => id === topicId)?.explicit ?? false
  return {
    prefixes: settings?.room.notePrefixes ?? [],
    visitorPrefix: explicit ? (settings?.room.visitorPrefix ?? null) : null,
  }
}

interface Obeyed {
  /** One for each line. */
  readonly inputs: readonly ChatInput[]
  readonly deeds: readonly Deed[]
  /** The hours were changed. */
  readonly hours: boolean
}

/** What the lines come to. Commands on the hours are carried out here: they are not the chat's to decide. */
async function obeyed(
  deps: Deps,
  trx: Knex.Transaction,
  chat: StoredChat,
  heard: readonly Heard[],
): Promise<Obeyed> {
  const at = deps.clock.now()
  const inputs: ChatInput[] = []
  const deeds: Deed[] = []
  let hours = false
  for (const { line, audience } of heard) {
    const { id, by } = line
    if (audience.to === 'visitor')
      inputs.push({ type: 'staff_line', text: audience.text, files: line.files, by, id })
    else if (audience.to === 'inside') inputs.push({ type: 'whisper', id, why: audience.why })
    else {
      const { command } = audience
      if (command.name === 'closed' || command.name === 'open') {
        const { outcome, changed } = await changeHours(deps, trx, command.name, command.argument, by)
        hours ||= changed
        inputs.push({ type: 'order', command, by, id, outcome })
      } else inputs.push({ type: 'order', command, by, id })
      if (command.name !== 'unknown') {
        // The hours are everybody's: what was said of them does not go with the chat.
        const chatId = command.name === 'closed' || command.name === 'open' ? null : chat.id
        deeds.push({ chatId, at, by, action: command.name, detail: command.argument, lineId: id })
      }
    }
  }
  return { inputs, deeds, hours }
}
