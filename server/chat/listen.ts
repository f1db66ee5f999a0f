/** Whom each line of a room is for, threads included. */
import { type Audience, audienceOf, type WhisperRules } from '../core/whisper.ts'
import type { StaffLine } from '../ports.ts'

export interface Heard {
  readonly line: StaffLine
  readonly audience: Audience
}

const UNDER_NOTICE =
  'Not sent to the visitor: replies under notices stay inside. Write it outside of the thread.'

/**
 * @param lines new ones, oldest first.
 * @param known lines taken in before, with the event each became; null for what stayed inside.
 */
export function listen(
  lines: readonly StaffLine[],
  known: ReadonlyMap<string, { readonly seq: number | null }>,
  rules: WhisperRules,
  /** Who would not be heard by the visitor: what is said under their lines stays inside, too. */
  isMute: (by: string) => boolean = () => false,
): Heard[] {
  const isPublic = new Map([...known].map(([id, { seq }]) => [id, seq !== null]))
  return lines.map((line) => {
    const { thread } = line
    // Only under what the visitor has read is a reply meant for them.
    const underNote = thread !== null && thread.ours !== 'line' && isPublic.get(thread.id) !== true
    const audience = audienceOf({ ...line, underNote }, rules)
    isPublic.set(line.id, audience.to === 'visitor' && !isMute(line.by))
    const surprising = audience.to === 'inside' && !line.toColleague && thread?.ours === 'notice'
    return {
      line,
      audience:
        surprising && audience.why === undefined && !/^[\s\p{Cf}]*[/／]/u.test(line.text)
          ? { to: 'inside', why: UNDER_NOTICE }
          : audience,
    }
  })
}
