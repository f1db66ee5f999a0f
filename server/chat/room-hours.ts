/** `/closed 30m` and `/open`: staff of the settings close and open, for all topics or for one, from any room. */
import type { Knex } from 'knex'
import { parseSpell } from '../core/commands.ts'
import { topicCalled } from '../core/handover.ts'
import { inLanguage } from '../core/settings.ts'
import type { Deps } from './deps.ts'

const MINUTE_MS = 60_000

/** Returns what is answered in the room, and whether anything was changed. */
export async function changeHours(
  deps: Deps,
  trx: Knex.Transaction,
  command: 'closed' | 'open',
  argument: string,
  by: string,
): Promise<{ outcome: string; changed: boolean }> {
  const { store, clock } = deps
  const refuse = (outcome: string) => ({ outcome, changed: false })
  const settings = deps.settings()
  if (!settings) return refuse('There are no settings yet.')
  const known = settings.topics.some(({ participants, supervisors }) =>
    [...participants, ...supervisors].includes(by),
  )
  if (!known) return refuse('Only people of the settings can change the hours.')

  const spell = command === 'closed' ? parseSpell(argument) : { ms: 0, rest: argument }
  if (!spell) return refuse('Say for how long: /closed 30m, /closed 2h sales, /closed 1d')
  const topic = spell.rest === '' ? undefined : topicCalled(settings.topics, spell.rest)
  if (spell.rest !== '' && !topic)
    return refuse(`There is no such topic: ${settings.topics.map(({ id }) => id).join(', ')}`)

  const now = clock.now()
  const which = topic?.id ?? null
  const running = (await store.settings.lockClosings(trx)).filter((one) => one.until > now)
  const others = running.filter((one) => one.topic !== which)
  const what = topic ? inLanguage(topic.title, 'en') : 'All topics'
  if (command === 'open') {
    // To open everything takes back what was said of single topics, too.
    await store.settings.saveClosings(trx, topic ? others : [], now)
    if (topic && others.some((one) => one.topic === null))
      return { outcome: 'All topics are still closed: /open takes that back.', changed: true }
    return {
      outcome: `${what}: back to the hours of the settings. /hours tells which they are.`,
      changed: true,
    }
  }
  const until = now + spell.ms
  await store.settings.saveClosings(trx, [...others, { topic: which, until }], now)
  const minutes = Math.round(spell.ms / MINUTE_MS)
  return {
    outcome: `${what}: no new chats for ${minutes} minutes. Chats that run go on. /open takes it back.`,
    changed: true,
  }
}
