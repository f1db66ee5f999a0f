/** What strikes in the fault matrix, and when. */
import type { TestServer } from '../../support/server.ts'
import type { Visitor } from '../../support/visitor.ts'
import type { Poll, StaffLine, VisitorLine } from '../logs.ts'
import type { Random } from '../random.ts'
import type { Fate } from './desk-link.ts'

export const POINTS = [
  'before the line is sent',
  'in the transaction that takes it',
  'before the reply of its commit',
  'after its acknowledgement',
  'after its intent, as the post arrives',
  'when the post took effect, before its answer',
  'when the post was answered, before that is written down',
  'while the room is read',
  'when staff have written, before anybody knows',
  'when staff have written, while the room is read for it',
] as const
export type Point = (typeof POINTS)[number]

export interface Case {
  readonly name: string
  readonly point: Point
  readonly random: Random
  readonly visitor: Visitor
  readonly roomId: string
  readonly lines: VisitorLine[]
  readonly polls: Poll[]
  readonly staff: StaffLine[]
  /** What the next calls about this room meet. */
  readonly fates: Fate[]
  hooks: 'told' | 'lost' | 'doubled'
  /** The fault is to strike at the next such moment. */
  armed: boolean
}

export interface Fault {
  readonly name: string
  strike(one: Case, stage: Stage): void | Promise<void>
}

export interface Stage {
  readonly server: TestServer
  /** Runs before the next transactions, in the place of their work, or after their commit. */
  readonly database: { before: (() => void)[]; after: (() => void)[] }
}

const some = (one: Case, fate: Fate) => {
  const times = 1 + one.random.below(3)
  for (let n = 0; n < times; n++) one.fates.push(fate)
}
const webex = (name: string, fate: (random: Random) => Fate): Fault => ({
  name,
  strike: (one) => some(one, fate(one.random)),
})
const failing = (code: string) => () => {
  throw Object.assign(new Error(`the database says ${code}`), { code })
}
const database = (name: string, when: 'before' | 'after', code: string): Fault => ({
  name,
  strike(one, stage) {
    const times = 1 + one.random.below(3)
    for (let n = 0; n < times; n++) stage.database[when].push(failing(code))
  },
})
export const refused = (status: number, effect: boolean, retryAfter?: number): Fate => ({
  kind: 'answer',
  status,
  effect,
  ...(retryAfter !== undefined && { retryAfter }),
})

export const FAULTS: readonly Fault[] = [
  webex('429', () => refused(429, false, 1)),
  webex('423', () => refused(423, false, 2)),
  webex('401', () => refused(401, false)),
  webex('408', () => refused(408, false)),
  webex('500 without effect', () => refused(500, false)),
  webex('500 with effect', () => refused(500, true)),
  webex('502 with effect', () => refused(502, true)),
  webex('503 without effect, with a wait', () => refused(503, false, 3)),
  webex('503 with effect', () => refused(503, true)),
  webex('an answer that makes no sense', () => ({ kind: 'nonsense' })),
  webex('a reset without effect', () => ({ kind: 'reset', effect: false })),
  webex('a reset with effect', () => ({ kind: 'reset', effect: true })),
  webex('504 and a late effect', (random) => ({ kind: 'late', ms: 50 + random.below(300), reset: false })),
  webex('a reset and a late effect', (random) => ({ kind: 'late', ms: 50 + random.below(300), reset: true })),
  webex('lists that lag', (random) => ({ kind: 'lag', behind: 1 + random.below(3) })),
  {
    name: 'webhooks lost',
    strike(one) {
      one.hooks = 'lost'
    },
  },
  {
    name: 'webhooks doubled and replayed',
    strike(one) {
      one.hooks = 'doubled'
    },
  },
  database('a deadlock nobody resolves', 'before', 'ER_LOCK_DEADLOCK'),
  database('a commit whose reply is lost', 'after', 'PROTOCOL_CONNECTION_LOST'),
  {
    name: 'a sleep beyond every lease',
    strike: (one, { server }) => server.sleep(60 + one.random.below(120)),
  },
]
