/** From the bot to a person: when, to whom, and what staff are told. Nothing here knows the maker of a bot or a desk. */
import type { Answered, BotPart, HandoverReason, Wish } from './bot-part.ts'
import type { BotReply } from './bot-reply.ts'
import type { Localized, Settings, Topic } from './settings.ts'
import { singleLine } from './text.ts'

/** As phrases and names are compared: small letters, no accents, no marks around or between the words. */
export function plainWords(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mn}+/gu, '')
    .replace(/[łŁ]/g, 'l')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/** Longer texts are sentences, not words that ask for somebody. */
const LONGEST_ASK = 120

/** `agent` (in any language), a phrase of the chat's language, or `agent` followed by whom. */
export function asksForPerson(text: string, phrases: readonly string[]): { readonly whom: string } | null {
  if (text.length > LONGEST_ASK) return null
  const said = plainWords(text)
  if (said === '') return null
  if (phrases.some((phrase) => plainWords(phrase) === said)) return { whom: '' }
  const match = /^agent(?: (.+))?$/.exec(said)
  return match && { whom: match[1] ?? '' }
}

/** The site's phrases in any language, and ours in the chat's. */
export function phrasesOf(
  ours: readonly string[],
  own: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  // People write in more languages than the one their chat began in.
  return [...Object.values(own).flat(), ...ours]
}

const namesOf = (topic: Pick<Topic, 'id' | 'title' | 'skills'>) => [
  topic.id,
  ...Object.values(topic.title as Localized),
  ...topic.skills,
]

/** The topic that is called so, by its id, its title in any language, or a skill. */
export function topicCalled<T extends Pick<Topic, 'id' | 'title' | 'skills'>>(
  topics: readonly T[],
  name: string,
): T | undefined {
  const said = plainWords(name)
  if (said === '') return undefined
  // Somebody's own name beats another's skill.
  const byId = topics.find((topic) => plainWords(topic.id) === said)
  const byTitle = topics.find((topic) =>
    Object.values(topic.title as Localized).some((title) => plainWords(title) === said),
  )
  return byId ?? byTitle ?? topics.find((topic) => namesOf(topic).some((own) => plainWords(own) === said))
}

/** `/shop/*` fits `/shop/bikes`; the page's own query and fragment do not count. */
function pageFits(pattern: string, path: string): boolean {
  const parts = pattern.split('*')
  const [first = '', ...rest] = parts
  if (rest.length === 0) return path === first
  if (!path.startsWith(first)) return false
  let at = first.length
  const last = rest.pop() ?? ''
  for (const part of rest) {
    const found = path.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return path.length - last.length >= at && path.endsWith(last)
}

function pathOf(url: string | undefined): string | null {
  // Not `URL`: a page says of itself what it likes, and this must never throw.
  const [, path] = /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?(\/[^?#]*)?/i.exec(url ?? '') ?? []
  return path ?? null
}

/** Where a handover leads: the visitor's pick, the skill, the web store, else the page's topic, else the chat's own. */
export function routeOf(
  settings: Pick<Settings, 'topics'>,
  wish: Wish,
  chat: Readonly<{ topic: string; pageUrl?: string | undefined }>,
): Topic | undefined {
  const { topics } = settings
  const picked = topics.find((topic) => topic.id === wish.topic)
  const skilled = wish.skill === undefined ? undefined : topicCalled(topics, wish.skill)
  const stored = wish.webstore === undefined ? undefined : topicCalled(topics, wish.webstore)
  const path = pathOf(chat.pageUrl)
  const paged =
    path === null ? undefined : topics.find((topic) => topic.pages.some((page) => pageFits(page, path)))
  const own = topics.find((topic) => topic.id === chat.topic)
  // A topic may have left the settings while its chats go on.
  return picked ?? skilled ?? stored ?? paged ?? own ?? topics.find((topic) => topic.offered) ?? topics[0]
}

/** Does this reply end the bot's part? Null while it goes on. */
export function triggerOf(reply: BotReply, fallbacks: number, limit: number): Wish | null {
  if (reply.handoff) {
    const { skill, webstore, channel } = reply.handoff
    return { reason: 'bot_said', skill, webstore, channel }
  }
  if (reply.handoff === false) return null
  if (reply.end) return { reason: 'bot_ended' }
  return fallbacks >= limit ? { reason: 'fallbacks' } : null
}

const REASONS: Readonly<Record<HandoverReason, string>> = {
  asked: 'the visitor asked for a person',
  bot_said: 'the bot handed over',
  bot_ended: 'the bot had nothing more to say',
  fallbacks: 'the bot did not understand the visitor',
  bot_failed: 'the bot does not answer',
}

export interface DigestFacts {
  readonly wish: Wish
  readonly ref: string
  readonly topic: string
  readonly pageUrl: string | undefined
  readonly answers: readonly Answered[]
  readonly parameters: Readonly<Record<string, string>>
  readonly bot: Pick<BotPart, 'trail' | 'open' | 'missed'>
  /** Somebody of the topic seemed to be there. */
  readonly reachable: boolean
  /** What of staff's words goes out. */
  readonly advice: string
  /** Of the handover: two digests of a chat must differ, they are found again by their text. */
  readonly at: string
}

/** What staff read when they take over. Every value is somebody else's to choose, so each is held on its own line. */
export function digestOf(facts: DigestFacts): string {
  const line = (label: string, value: string | undefined): string[] => {
    const shown = singleLine(value ?? '', 500)
    return shown === '' ? [] : [`${label}: ${shown}`]
  }
  const intents = facts.bot.trail.map(({ intent, confidence, fallback }) =>
    fallback
      ? 'not understood'
      : `${intent ?? 'no intent'}${confidence === null ? '' : ` ${confidence.toFixed(2)}`}`,
  )
  const asked = facts.answers.map(
    ({ question, answer }) => `${singleLine(question, 300)} ${singleLine(answer, 500)}`,
  )
  // What a bot made of an answer, where that is more than the answer itself.
  const answers = new Set(facts.answers.map(({ answer }) => plainWords(answer)))
  const named = Object.entries(facts.parameters)
    .filter(([, value]) => !answers.has(plainWords(value)))
    .flatMap(([key, value]) => line(singleLine(key, 64), value))
  return [
    `${facts.topic} · ${facts.ref}: this chat needs a person (${REASONS[facts.wish.reason]}, ${facts.at}).`,
    ...line('Page', facts.pageUrl),
    ...line('Skill', facts.wish.skill),
    ...line('Web store', facts.wish.webstore),
    ...line('Channel', facts.wish.channel),
    ...asked,
    ...named,
    ...line('The bot understood', intents.every((one) => one === 'no intent') ? '' : intents.join(', ')),
    ...facts.bot.missed.flatMap((text) => line('The bot could not answer', text)),
    ...facts.bot.open.flatMap(({ text }) => line('Not answered yet', text)),
    ...(facts.reachable ? [] : ['Nobody of the topic seemed to be reachable; the visitor was told.']),
    facts.advice,
  ].join('\n')
}
