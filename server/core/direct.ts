/** What a supervisor can tell our bot account in a direct space. Pure reading and wording. */
import { singleLine, visitorLabel } from './text.ts'

export type DirectCommand =
  | { readonly name: 'chats' }
  | { readonly name: 'join'; readonly ref: string }
  | { readonly name: 'help' }

export const DIRECT_HELP = [
  'chats: lists the chats that are open',
  'join C-7F3KQ2: lets you into the room of a chat, to read along',
  'Commands for a single chat (/help lists them) are said in its own room.',
].join('\n')

/** References are read aloud and typed by people: the dash and capitals may be missing. */
export function parseDirect(text: string): DirectCommand {
  const said = text
    .normalize('NFKC')
    .replace(/[\s\p{Cf}\p{Cc}]+/gu, ' ')
    .trim()
    .replace(/^\//, '')
  if (/^chats\b/i.test(said)) return { name: 'chats' }
  const [, ref] = /^join (?:c[- ]?)?([a-z\d]{6})\.?$/i.exec(said) ?? []
  return ref === undefined ? { name: 'help' } : { name: 'join', ref: `C-${ref.toUpperCase()}` }
}

export interface ListedChat {
  readonly ref: string
  readonly topic: string
  readonly state: string
  readonly name: string | null
  /** Minutes since its start. */
  readonly minutes: number
  /** Minutes the visitor has been waiting for staff; null when they do not. */
  readonly waiting: number | null
}

const SHOWN = 50

export function listOf(chats: readonly ListedChat[]): string {
  if (chats.length === 0) return 'No chat is open.'
  const lines = chats.slice(0, SHOWN).map((chat) => {
    const waits = chat.waiting === null ? '' : `, waiting for ${chat.waiting} min`
    return `${chat.ref} · ${singleLine(chat.topic, 60)} · ${visitorLabel(chat.name)} · ${chat.state}, ${chat.minutes} min${waits}`
  })
  return [...lines, ...(chats.length > SHOWN ? ['There are more; these are the oldest.'] : [])].join('\n')
}
