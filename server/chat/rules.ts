/** The settings in force, as the rules of one chat's transitions. */
import { phrasesOf } from '../core/handover.ts'
import { adviceFor, OPENER_ADVICE } from '../core/opener.ts'
import type { Rules } from '../core/rules.ts'
import { inLanguage, type Settings } from '../core/settings.ts'
import { askingIn, wordsIn } from '../core/words.ts'
import type { Deps } from './deps.ts'
import { openState } from './hours.ts'

/** Made anew for every use: nothing is computed before it is asked for. */
export function rulesFor(deps: Pick<Deps, 'settings' | 'bot' | 'clock' | 'languages'>, lang: string): Rules {
  const settings = deps.settings()
  const topics = settings?.topics ?? []
  const topicOf = (id: string) => topics.find((topic) => topic.id === id)
  const words = wordsIn(lang, deps.languages.chat, settings?.texts ?? {})
  return {
    topics,
    get phrases() {
      const ours = askingIn(lang, deps.languages.asking)
      return [...phrasesOf(ours, settings?.handover.phrases ?? {}), words('talkToPerson')]
    },
    fallbacks: settings?.handover.fallbacks ?? 3,
    words,
    title: (id) => inLanguage(topicOf(id)?.title ?? { en: id }, lang),
    staffTitle: (id) => inLanguage(topicOf(id)?.title ?? { en: id }, 'en'),
    offered() {
      if (!settings) return []
      const now = deps.clock.now()
      return topics
        .filter((topic) => topic.offered && openState(settings, topic, now).open)
        .map((topic) => ({ id: topic.id, title: inLanguage(topic.title, lang) }))
    },
    advice: (id) => (settings ? adviceFor(settings, topicOf(id)) : OPENER_ADVICE),
    hours: (id) => hoursInWords(settings, id, deps.clock.now()),
    hasBot: (id) => deps.bot() !== null && topicOf(id)?.bot === true,
  }
}

const REASONS = {
  hours: 'outside the hours',
  holiday: 'a holiday',
  special_day: 'a special day',
  override: 'closed by hand',
} as const

function hoursInWords(settings: Settings | null, topicId: string, now: number): string {
  const topic = settings?.topics.find(({ id }) => id === topicId)
  if (!settings || !topic) return 'The topic of this chat is not in the settings any more.'
  const { open, reason, name, until, opensAt } = openState(settings, topic, now)
  const local = (instant: string) =>
    new Date(instant).toLocaleString('en-GB', {
      timeZone: settings.timezone,
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
    })
  const title = inLanguage(topic.title, 'en')
  if (open) return `${title} is open${until ? ` until ${local(until)}` : ''} (${settings.timezone}).`
  const why = [reason && REASONS[reason], name].filter(Boolean).join(': ')
  return `${title} is closed${why ? ` (${why})` : ''}${opensAt ? `; it opens ${local(opensAt)}` : ''} (${settings.timezone}).`
}
