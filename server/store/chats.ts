/** Chats. The row is the lock under which everything about a chat is decided, and it carries the chat's last `seq`. */
import type { Knex } from 'knex'
import type { Chat } from '../core/chat-state.ts'
import type { ChatState } from '../core/events.ts'
import type { PartialRoom, RoomRef } from '../ports.ts'
import { type ChatFacts, OPEN, type Row, type StoredChat, toChat } from './chat-row.ts'
import { type Db, dbNow } from './database.ts'
import { type LeaseChange, type LockedChat, leaseColumns, toLease } from './leases.ts'

/** A new chat in state `opening`. @throws a duplicate (see `isDuplicate`) when the session has an open chat or the reference is taken. */
export async function create(trx: Knex.Transaction, facts: ChatFacts, openingUntil: number): Promise<void> {
  await trx<Row>('chats').insert({
    id: facts.id,
    ref: facts.ref,
    session_id: facts.sessionId,
    open_session: facts.sessionId,
    state: 'opening',
    close_reason: null,
    topic: facts.topic,
    first_topic: facts.firstTopic,
    channel: facts.channel,
    lang: facts.lang,
    name: facts.name,
    email: facts.email,
    fields: JSON.stringify(facts.fields),
    page: JSON.stringify(facts.page),
    ip: facts.ip,
    user_agent: facts.userAgent,
    mobile: facts.mobile,
    place: facts.place && JSON.stringify(facts.place),
    consent: facts.consent && JSON.stringify(facts.consent),
    last_seq: 0,
    created_at: facts.createdAt,
    beat_at: facts.createdAt,
    away: 'no',
    idle_since: facts.createdAt,
    idle_warned: false,
    opening_until: openingUntil,
    room: JSON.stringify({ ref: facts.ref }),
    people: JSON.stringify(facts.people),
  })
}

export async function find(db: Db, id: string): Promise<StoredChat | null> {
  const row = await db<Row>('chats').where({ id }).first()
  return row ? toChat(row) : null
}

export async function lock(trx: Knex.Transaction, id: string): Promise<LockedChat | null> {
  const row = await trx<Row>('chats')
    .where({ id })
    .forUpdate()
    .select('*', { db_now: dbNow(trx) })
    .first()
  return row ? { ...toChat(row), lease: toLease(row, Number(row.db_now)) } : null
}

export async function findOpenOfSession(db: Db, sessionId: string): Promise<StoredChat | null> {
  const row = await db<Row>('chats').where({ open_session: sessionId }).first()
  return row ? toChat(row) : null
}

export async function findByRoom(db: Db, roomId: string): Promise<StoredChat | null> {
  const row = await db<Row>('chats').where({ room_id: roomId }).first()
  return row ? toChat(row) : null
}

/** Writes what a transition changed, and what became of the lease. */
export async function save(
  trx: Knex.Transaction,
  before: Chat,
  after: Chat,
  lease?: LeaseChange,
): Promise<void> {
  const changes: Partial<Row> = {
    ...(lease !== undefined && leaseColumns(trx, lease)),
    last_seq: after.lastSeq,
    away: after.away,
    away_since: after.awaySince,
    idle_since: after.idleSince,
    idle_warned: after.idleWarned,
    topic: after.topic,
    owner: after.owner,
    unanswered_since: after.unansweredSince,
    undelivered: after.undelivered,
    reminded: after.reminded,
  }
  // By identity: what a transition did not touch is the same object.
  if (before.bot !== after.bot) changes.bot = after.bot && JSON.stringify(after.bot)
  if (before.state !== after.state) {
    changes.state = after.state
    changes.close_reason = after.closeReason
    changes.closed_at = after.closedAt
    if (after.state === 'closed') changes.open_session = null
  }
  await trx<Row>('chats').where({ id: after.id }).update(changes)
}

/** False when the start was taken for dead meanwhile. */
export async function noteRoom(db: Db, id: string, room: PartialRoom): Promise<boolean> {
  const noted = await db<Row>('chats')
    .where({ id, state: 'opening' })
    .update({ room: JSON.stringify(room) })
  return noted > 0
}

export async function roomStands(
  trx: Knex.Transaction,
  id: string,
  room: RoomRef,
  at: number,
): Promise<void> {
  await trx<Row>('chats')
    .where({ id })
    .update({
      room_id: room.id,
      room: JSON.stringify(room.details),
      started_at: at,
      beat_at: at,
      opening_until: null,
    })
}

/** How far the room was read, and when staff last wrote. */
export async function noteRead(
  trx: Knex.Transaction,
  id: string,
  newest: { id: string; at: number },
): Promise<void> {
  await trx<Row>('chats')
    .where({ id })
    .update({ read_id: newest.id, read_at: newest.at, staff_at: newest.at })
}

/** Signs of life (epoch ms) by chat: one statement for up to 500 of them. */
export async function beat(db: Db, beats: ReadonlyMap<string, number>): Promise<void> {
  const all = [...beats]
  for (let from = 0; from < all.length; from += 500) {
    const some = all.slice(from, from + 500)
    const cases = db.raw(`case id ${'when ? then ? '.repeat(some.length)}end`, some.flat())
    await db('chats')
      .whereIn(
        'id',
        some.map(([id]) => id),
      )
      .update({ beat_at: cases })
  }
}

/** Open chats on which a clock may have run out (see `suspects` in core/idle), in pages by id. */
export async function listSuspects(
  db: Db,
  due: Readonly<{
    beatBefore: number
    idleBefore: number
    botIdleBefore: number
    unansweredBefore: number
  }>,
  limit: number,
  after: string,
): Promise<StoredChat[]> {
  const rows = await db<Row>('chats')
    .whereIn('state', OPEN)
    .where('id', '>', after)
    .where((either) =>
      either
        .where('beat_at', '<=', due.beatBefore)
        .orWhere((idle) => idle.where('idle_since', '<=', due.idleBefore).whereNot({ state: 'bot' }))
        .orWhere((idle) => idle.where('idle_since', '<=', due.botIdleBefore).where({ state: 'bot' }))
        .orWhere('away', 'gone')
        .orWhere((waits) =>
          waits.where('unanswered_since', '<=', due.unansweredBefore).whereNot('reminded', 'visitor'),
        ),
    )
    .orderBy('id')
    .limit(limit)
  return rows.map(toChat)
}

/**
 * Rooms of open chats in a round that never ends: those after `after`, then from the beginning again.
 * @param staffSince only where staff wrote at or after that instant (epoch ms)
 */
export async function nextRooms(db: Db, after: string, limit: number, staffSince = 0): Promise<string[]> {
  const open = () => {
    const rooms = db<Row>('chats').whereIn('state', OPEN).orderBy('room_id').limit(limit)
    return staffSince > 0 ? rooms.where('staff_at', '>=', staffSince) : rooms
  }
  const rows = await open().where('room_id', '>', after).select('room_id')
  if (rows.length < limit && after !== '')
    rows.push(...(await open().where('room_id', '<=', after).select('room_id')))
  return rows.flatMap((row) => row.room_id ?? []).slice(0, limit)
}

/** How far chats are, for those who wait for them. */
export async function heads(
  db: Db,
  ids: readonly string[],
): Promise<{ id: string; sessionId: string; state: ChatState; lastSeq: number }[]> {
  const rows = await db<Row>('chats')
    .whereIn('id', [...ids])
    .select('id', 'session_id', 'state', 'last_seq')
  return rows.map((row) => ({
    id: row.id,
    sessionId: row.session_id,
    state: row.state,
    lastSeq: row.last_seq,
  }))
}

/** The chat goes on in another room. False when somebody was quicker. */
export async function moveRoom(db: Db, id: string, from: string, to: RoomRef): Promise<boolean> {
  const moved = await db<Row>('chats')
    .where({ id, room_id: from })
    .update({ room_id: to.id, room: JSON.stringify(to.details), read_id: null, read_at: null })
  return moved > 0
}

/** What stands of a room has changed: its webhook was made anew. */
export async function noteDetails(db: Db, id: string, room: RoomRef): Promise<void> {
  await db<Row>('chats')
    .where({ id, room_id: room.id })
    .update({ room: JSON.stringify(room.details) })
}

/** A start under way says that it is alive. */
export async function keepOpening(db: Db, id: string, until: number): Promise<void> {
  await db<Row>('chats').where({ id, state: 'opening' }).update({ opening_until: until })
}

/** Starts whose process must be dead by now. */
export async function listAbandonedStarts(db: Db, now: number): Promise<string[]> {
  const rows = await db<Row>('chats')
    .where({ state: 'opening' })
    .where('opening_until', '<', now)
    .select('id')
  return rows.map((row) => row.id)
}

/** More people whom we let into the room. */
export async function addPeople(trx: Knex.Transaction, id: string, more: readonly string[]): Promise<void> {
  // Under the row's lock: two of these at once would forget somebody.
  const row = await trx<Row>('chats').where({ id }).forUpdate().first('people')
  if (!row) return
  const people = row.people === null ? [] : (JSON.parse(row.people) as string[])
  await trx<Row>('chats')
    .where({ id })
    .update({ people: JSON.stringify([...new Set([...people, ...more])]) })
}

export async function findByRef(db: Db, ref: string): Promise<StoredChat | null> {
  const row = await db<Row>('chats').where({ ref }).first()
  return row ? toChat(row) : null
}

/** Chats that are not closed, the oldest first. */
export async function listOpen(db: Db, limit: number): Promise<StoredChat[]> {
  const rows = await db<Row>('chats').whereIn('state', OPEN).orderBy('created_at').limit(limit)
  return rows.map(toChat)
}

export interface Removed {
  readonly events: number
  readonly roomLines: number
}

/** Everything there is of a chat. What became of its room is not known here. */
export async function remove(trx: Knex.Transaction, id: string): Promise<Removed> {
  for (const table of ['outbox', 'posts', 'bot_turns', 'audit'])
    await trx(table).where({ chat_id: id }).delete()
  const roomLines = await trx('room_lines').where({ chat_id: id }).delete()
  const events = await trx('events').where({ chat_id: id }).delete()
  await trx<Row>('chats').where({ id }).delete()
  return { events, roomLines }
}

/** Closed before that instant, the oldest first: a purge's next batch. */
export async function listClosedBefore(db: Db, before: number, limit: number): Promise<StoredChat[]> {
  const rows = await db<Row>('chats')
    .where({ state: 'closed' })
    .where('closed_at', '<', before)
    .orderBy('closed_at')
    .limit(limit)
  return rows.map(toChat)
}

/** Chats of one visitor, by the address they gave. */
export async function listByEmail(db: Db, email: string): Promise<StoredChat[]> {
  const rows = await db<Row>('chats')
    .whereRaw('lower(email) = ?', [email.toLowerCase()])
    .orderBy('created_at')
  return rows.map(toChat)
}

/** Chats by state: for the operator. */
export async function countByState(db: Db): Promise<Record<string, number>> {
  const rows: { state: string; n: number }[] = await db('chats')
    .select('state')
    .count({ n: '*' })
    .groupBy('state')
  return Object.fromEntries(rows.map((row) => [row.state, Number(row.n)]))
}
