/** What a chat with a bot offers beyond writing, as rules. */
import type { State } from './state.ts'

const NONE: readonly string[] = []

/** The answers to pick from: those of the bot's line, while it is the newest. */
export function choicesOf({ phase, lines }: State): readonly string[] {
  const newest = lines.at(-1)
  if (phase !== 'chat' || newest?.from !== 'bot' || newest.deleted) return NONE
  return newest.choices ?? NONE
}

/** Whether a person can be asked for. */
export function isWithBot({ phase, chatState, asking }: State): boolean {
  return phase === 'chat' && chatState === 'bot' && !asking
}

/** A person was asked for in this chat, when its log was heard up to `cursor`; Infinity while there is no answer. */
export interface Asked {
  readonly chatId: string | undefined
  readonly cursor: number
}

/**
 * Whether asking for a person must wait. A server that agreed may have the bot ask something first, or find nobody: so it is
 * offered again after its next word.
 */
export function mustWait({ chatId, cursor, retryAt }: State, asked: Asked | undefined, now: number): boolean {
  return (asked !== undefined && asked.chatId === chatId && cursor <= asked.cursor) || retryAt > now
}
