/** The rules of a small site, for tests of what chats do by them. */
import { freshBot } from '../../server/core/bot-part.ts'
import type { BotReply } from '../../server/core/bot-reply.ts'
import type { Chat } from '../../server/core/chat.ts'
import { phrasesOf } from '../../server/core/handover.ts'
import type { Rules } from '../../server/core/rules.ts'
import { inLanguage } from '../../server/core/settings.ts'
import { askingIn, wordsIn } from '../../server/core/words.ts'
import { readSettings } from '../../server/settings/index.ts'
import { languages } from './languages.ts'
import { SETTINGS } from './settings.ts'

export const NOW = Date.parse('2026-11-20T10:00:00.000Z')

export const settings = readSettings(SETTINGS)

export const rules: Rules = {
  topics: settings.topics,
  phrases: phrasesOf(askingIn('en', languages.asking), {}),
  fallbacks: 3,
  words: wordsIn('en', languages.chat, {}),
  title: (id) => inLanguage(settings.topics.find((topic) => topic.id === id)?.title ?? { en: id }, 'en'),
  staffTitle: (id) => rules.title(id),
  offered: () => settings.topics.map(({ id }) => ({ id, title: rules.title(id) })),
  advice: () => 'What you write goes to the visitor.',
  hours: () => 'Sales is open.',
  hasBot: () => true,
}

export const fresh: Chat = {
  id: 'c',
  state: 'opening',
  lastSeq: 0,
  closeReason: null,
  closedAt: null,
  away: 'no',
  awaySince: null,
  idleSince: NOW,
  idleWarned: false,
  topic: 'sales',
  owner: null,
  unansweredSince: null,
  reminded: 'nobody',
  undelivered: 0,
  bot: null,
}

export const withBot: Chat = { ...fresh, state: 'bot', bot: freshBot }

export const reply = (change: Partial<BotReply> = {}): BotReply => ({
  messages: [{ text: 'Here you are.' }],
  intent: 'faq',
  confidence: 0.9,
  isFallback: false,
  asking: false,
  end: false,
  handoff: null,
  parameters: {},
  state: null,
  ...change,
})
