/** The room as staff's console: what a command does, and what is answered in the room. */
import { handBack } from './bot-talk.ts'
import type { Draft } from './chat.ts'
import { type Command, HELP } from './commands.ts'
import type { CloseReason } from './events.ts'
import { isEmail } from './form.ts'
import { topicCalled } from './handover.ts'
import type { Rules } from './rules.ts'
import { singleLine } from './text.ts'

/** A command of the room, with who gave it. */
export interface Order {
  readonly command: Command
  /** E-mail address. */
  readonly by: string
  /** The desk's id of its line: answers stand under it. */
  readonly id: string
  /** What came of a change of the hours, which is not the chat's to make. */
  readonly outcome?: string | undefined
}

export function obey(d: Draft, order: Order, rules: Rules, close: (reason: CloseReason) => void): void {
  const text = carryOut(d, order, rules)
  if (text !== null) d.task({ type: 'notice', text, replyTo: order.id })
  // After its answer: nothing is said in the room of a chat that is over.
  const { command } = order
  if (command.name === 'close' && command.argument === '') close('agent_closed')
}

const ALONE: ReadonlySet<Command['name']> = new Set(['close', 'take', 'handback'])

/** Returns what is answered in the room; null when that comes later. */
function carryOut(d: Draft, order: Order, rules: Rules): string | null {
  const { command, by, id } = order
  const { chat } = d
  // A sentence that happens to begin so must not end a chat.
  if (ALONE.has(command.name) && 'argument' in command && command.argument !== '')
    return `Nothing was done. Say only /${command.name}.`

  switch (command.name) {
    case 'help':
      return `${rules.advice(chat.topic)}\n${HELP}`

    case 'close':
      return 'Closed. The visitor was told.'

    case 'transfer': {
      const topic = topicCalled(rules.topics, command.argument)
      const known = rules.topics.slice(0, 30).map((one) => one.id)
      if (!topic) return `There is no such topic. Say /transfer and one of: ${known.join(', ')}`
      if (topic.id === chat.topic) return `This chat belongs to ${rules.staffTitle(topic.id)} already.`
      d.task({ type: 'transfer', topic: topic.id, by, replyTo: id })
      return null
    }

    case 'invite': {
      // Clients turn a typed address into a link of this form.
      const email = command.argument.replace(/^.*?mailto:([^)\s|>]+).*$/u, '$1').toLowerCase()
      if (!isEmail(email)) return 'Say /invite and an e-mail address.'
      d.task({ type: 'invite', email, replyTo: id })
      return null
    }

    case 'note':
      return command.argument === '' ? 'Say /note and what to keep.' : 'Kept inside, with the chat.'

    case 'who':
      return whoIsThere(d, rules)

    case 'take':
      return take(d, by, rules)

    case 'handback':
      return (
        handBack(d, rules) ?? 'The bot has the chat. Whatever one of you writes to the visitor takes it back.'
      )

    case 'hours':
      return rules.hours(chat.topic)

    case 'closed':
    case 'open':
      return order.outcome ?? 'Nothing was changed.'

    case 'unknown':
      return `Not sent to the visitor: there is no command "${singleLine(command.word, 40)}". /help lists them all.`
  }
}

function take(d: Draft, by: string, rules: Rules): string {
  const topic = rules.topics.find(({ id }) => id === d.chat.topic)
  if (topic?.supervisors.includes(by) && !topic.participants.includes(by))
    return 'Supervisors read along and own no chats. Any other member of the room can /take this one.'
  const before = d.chat.owner
  if (before === by && d.chat.state === 'live') return 'You own this chat already.'
  d.set({ owner: by })
  // What the bot was asked is now theirs to answer.
  const isAsked = d.chat.state === 'bot' && (d.chat.bot?.open.length ?? 0) > 0
  if (isAsked) d.set({ unansweredSince: d.at, reminded: 'nobody' })
  if (d.chat.state !== 'live') d.state('live')
  return before !== null && before !== by
    ? `${by} owns this chat now, and no longer ${before}.`
    : `${by} owns this chat now.`
}

const STATES = {
  opening: 'being opened',
  bot: 'with the bot',
  waiting: 'waiting for an answer',
  live: 'with staff',
  closed: 'closed',
} as const

function whoIsThere({ chat }: Draft, rules: Rules): string {
  const topic = rules.topics.find(({ id }) => id === chat.topic)
  const list = (label: string, people: readonly string[] = []) =>
    people.length > 0 ? [`${label}: ${people.join(', ')}`] : []
  return [
    `${rules.staffTitle(chat.topic)}, ${STATES[chat.state]}${chat.away === 'no' ? '' : '; the visitor left the page'}.`,
    `Owner: ${chat.owner ?? 'nobody (/take makes it you)'}`,
    ...list('Answer this topic', topic?.participants),
    ...list('Supervise it', topic?.supervisors),
  ].join('\n')
}
