/** What a widget is told before a chat, in the visitor's language. Nothing in it names a person. */
import { type Form, inLanguage, type Settings } from '../core/settings.ts'
import { openState } from './hours.ts'

type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>

const LIMITS = { text: 4000, name: 100, email: 254, field: 1000 } as const

/** The language answered in: the one asked for when we speak it, else its base, else English. Tags know no case. */
function spoken(lang: string, languages: ReadonlySet<string>): string {
  const base = lang.split('-')[0] ?? lang
  const find = (tag: string) => [...languages].find((known) => known.toLowerCase() === tag.toLowerCase())
  return find(lang) ?? find(base) ?? 'en'
}

export function configView(settings: Settings | null, builtIn: Texts, asked: string, now: number) {
  if (!settings) {
    return {
      open: { open: false },
      topics: [],
      texts: builtIn.en ?? {},
      lang: 'en',
      limits: LIMITS,
      features: {},
    }
  }
  const languages = new Set([
    ...Object.keys(builtIn),
    ...Object.keys(settings.texts),
    ...settings.topics.flatMap((topic) => Object.keys(topic.title)),
  ])
  const lang = spoken(asked, languages)
  const base = lang.split('-')[0] ?? lang
  const formView = (form: Form) => ({
    mode: form.mode,
    fields: form.fields.map(({ id, type, required, label, version }) => ({
      id,
      type,
      required,
      label: inLanguage(label, lang),
      ...(version !== undefined && { version }),
    })),
  })
  return {
    open: openState(settings, undefined, now),
    topics: settings.topics
      .filter(({ offered }) => offered)
      .map((topic) => {
        const { open, opensAt } = openState(settings, topic, now)
        return {
          id: topic.id,
          title: inLanguage(topic.title, lang),
          open,
          ...(opensAt !== undefined && { opensAt }),
          form: formView(topic.form ?? settings.form),
        }
      }),
    // Later wins: English under everything, in each language the site's own wording over ours.
    texts: {
      ...builtIn.en,
      ...settings.texts.en,
      ...builtIn[base],
      ...settings.texts[base],
      ...settings.texts[lang],
      title: inLanguage(settings.look.title, lang),
    },
    lang,
    limits: LIMITS,
    features: {},
  }
}
