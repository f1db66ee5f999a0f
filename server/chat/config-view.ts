/** What a widget is told before a chat, in the visitor's language. Nothing in it names a person. */
import { type Form, inLanguage, type Settings } from '../core/settings.ts'
import { type Languages, spokenIn, textsIn } from '../core/words.ts'
import { openState } from './hours.ts'

const LIMITS = { text: 4000, name: 100, email: 254, field: 1000 } as const

export function configView(settings: Settings | null, ours: Languages['widget'], asked: string, now: number) {
  if (!settings) {
    const lang = spokenIn(asked, Object.keys(ours))
    return {
      open: { open: false },
      topics: [],
      texts: textsIn(lang, ours, {}),
      lang,
      limits: LIMITS,
      features: {},
    }
  }
  const lang = spokenIn(asked, [
    ...Object.keys(ours),
    ...Object.keys(settings.texts),
    ...settings.topics.flatMap((topic) => Object.keys(topic.title)),
  ])
  const formView = (form: Form) => ({
    mode: form.mode,
    fields: form.fields.map(({ id, type, required, label, version, options }) => ({
      id,
      type,
      required,
      label: inLanguage(label, lang),
      ...(version !== undefined && { version }),
      ...(options && {
        options: options.map(({ value, label }) => ({ value, label: inLanguage(label, lang) })),
      }),
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
    texts: { ...textsIn(lang, ours, settings.texts), title: inLanguage(settings.look.title, lang) },
    lang,
    limits: LIMITS,
    features: {},
  }
}
