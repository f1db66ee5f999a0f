/** Visitors and staff of the crash test. Each writes down what happened to them; none gives up before they got an answer. */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { ChatEvent } from '../../server/core/events.ts'
import type { RoomMessage, Staff } from '../support/staff.ts'
import { call } from '../support/visitor.ts'
import type { Poll, StaffLine, VisitorLine } from './logs.ts'
import type { Random } from './random.ts'

export interface Town {
  /** Where a visitor turns to next: any node, up or not, as a load balancer would find out. */
  origin(random: Random): string
  /** A line was written: the plan goes by their number. */
  wrote(): void
  /** Longest pause between two lines of one person, ms. */
  readonly paceMs: number
}

const ANSWER_MS = 15_000
const POLL_SECONDS = 10

export interface ChaosVisitor {
  readonly chatId: string
  readonly lines: readonly VisitorLine[]
  readonly polls: readonly Poll[]
  /** Milliseconds from the first try to the acknowledgement. */
  readonly ackMs: readonly number[]
  readonly cursor: () => number
  /** When each event was first seen, by number. */
  readonly seenAt: ReadonlyMap<number, number>
  write(count: number, label: string): Promise<void>
  /** Reads everything once more, from the beginning. */
  reread(): Promise<void>
  leave(): Promise<void>
}

/** Tries until it is answered with one of these statuses. */
async function insist(
  town: Town,
  random: Random,
  wanted: readonly number[],
  ask: (origin: string) => Promise<Awaited<ReturnType<typeof call>>>,
) {
  for (;;) {
    const answer = await ask(town.origin(random)).catch(() => null)
    if (answer && wanted.includes(answer.status)) return answer
    const again = Number(answer?.headers.get('retry-after') ?? 0) * 1_000
    await pause(Math.min(2_000, Math.max(again, 100 + random.below(600))))
  }
}

export async function createVisitor(town: Town, random: Random, name: string): Promise<ChaosVisitor> {
  const limit = () => AbortSignal.timeout(ANSWER_MS)
  const post = (path: string, body: object, token?: string) => (origin: string) =>
    call(origin, 'POST', path, { body, token, signal: limit() })
  const session = await insist(town, random, [201], post('/sessions', {}))
  const { token } = session.body
  const start = post('/chats', { topic: 'sales', name }, token)
  const { chat } = (await insist(town, random, [200, 201], start)).body
  const lines: VisitorLine[] = []
  const polls: Poll[] = []
  const ackMs: number[] = []
  const seenAt = new Map<number, number>()
  const left = new AbortController()
  let cursor = 0

  const page = async (origin: string, after: number, wait: number, signal: AbortSignal) => {
    const path = `/chats/${chat.id}/events?after=${after}&wait=${wait}`
    return call(origin, 'GET', path, { token, signal })
  }
  const noted = (after: number, events: readonly ChatEvent[]) => {
    const at = Date.now()
    polls.push({ at, after, events })
    for (const { seq } of events) if (!seenAt.has(seq)) seenAt.set(seq, at)
  }

  const reading = (async () => {
    while (!left.signal.aborted) {
      const after = cursor
      const signal = AbortSignal.any([left.signal, AbortSignal.timeout(ANSWER_MS + POLL_SECONDS * 1_000)])
      const answer = await page(town.origin(random), after, POLL_SECONDS, signal).catch(() => null)
      if (answer?.status === 200) {
        if (answer.body.events.length > 0) noted(after, answer.body.events)
        cursor = answer.body.cursor
      } else if (!left.signal.aborted) await pause(100 + random.below(400))
    }
  })()

  return {
    chatId: chat.id,
    lines,
    polls,
    ackMs,
    seenAt,
    cursor: () => cursor,
    async write(count, label) {
      for (let n = 0; n < count; n++) {
        await pause(random.below(town.paceMs))
        // Now and then something short that was said before, and something longer than a Webex message.
        const tail = random.chance(0.01) ? ` ${'é'.repeat(3_900)}` : ''
        const text = random.chance(0.05) ? 'ok' : `${label} v${n}${tail}`
        const clientId = randomUUID()
        const writtenAt = Date.now()
        const answer = await insist(
          town,
          random,
          [200, 201, 400, 404, 409, 413, 422],
          post(`/chats/${chat.id}/messages`, { clientId, text }, token),
        )
        const outcome = answer.status < 300 ? ('acknowledged' as const) : ('refused' as const)
        const answeredAt = Date.now()
        lines.push({ clientId, text, writtenAt, answeredAt, outcome })
        ackMs.push(answeredAt - writtenAt)
        town.wrote()
      }
    },
    async reread() {
      for (let after = 0; ; ) {
        const from = after
        const { body } = await insist(town, random, [200], (origin) => page(origin, from, 0, limit()))
        if (body.events.length === 0) return
        noted(from, body.events)
        after = body.cursor
      }
    },
    async leave() {
      left.abort()
      await reading
    },
  }
}

const WHO = ['anna@example.com', 'ben@example.com'] as const

/** Staff of one room, who write into it from their own clients. @returns what they wrote, filled as it goes */
export async function staffWrite(
  town: Town,
  random: Random,
  staff: Staff,
  roomId: string,
  count: number,
  label: string,
  lines: StaffLine[],
): Promise<void> {
  for (let n = 0; n < count; ) {
    await pause(random.below(town.paceMs))
    const inside = random.chance(0.05)
    const text = inside ? `// ${label} i${n}` : random.chance(0.05) ? 'ok' : `${label} s${n}`
    const at = Date.now()
    const message: RoomMessage = await staff.write(roomId, random.pick([...WHO]), text)
    lines.push({ id: message.id, text, to: inside ? 'inside' : 'visitor', at })
    if (inside) continue
    n++
    town.wrote()
  }
}
