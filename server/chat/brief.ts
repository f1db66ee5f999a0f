/** What a desk is told about a chat whose room it shall open. */
import { withoutLinks } from '../core/form.ts'
import { adviceFor, openerLines, roomTitle } from '../core/opener.ts'
import { inLanguage, peopleOf, type Settings, type Topic } from '../core/settings.ts'
import type { ChatBrief } from '../ports.ts'
import type { ChatFacts } from '../store/chat-row.ts'
import type { Session } from '../store/sessions.ts'

/** Whom the room begins with. People who join at the handover only would read along what is the bot's; supervisors may. */
export function peopleAtStart(settings: Settings, topic: Topic, withBot: boolean): readonly string[] {
  const all = peopleOf(topic)
  if (!withBot || settings.peopleJoin === 'start') return all
  return all.filter((email) => !topic.participants.includes(email))
}

export function briefOf(
  facts: ChatFacts,
  session: Session,
  settings: Settings,
  topic: Topic,
  withBot: boolean,
): ChatBrief {
  const form = topic.form ?? settings.form
  // Staff share one language: the first a title is written in, English where there is one.
  const staffText = (text: Topic['title']) => inLanguage(text, 'en')
  return {
    ref: facts.ref,
    title: roomTitle(staffText(topic.title), facts.name, facts.ref),
    people: facts.people,
    withBot,
    opener: openerLines({
      place: facts.place,
      ip: facts.ip,
      mobile: facts.mobile,
      userAgent: facts.userAgent,
      page: facts.page,
      name: facts.name,
      email: facts.email,
      fields: form.fields
        .filter((field) => facts.fields[field.id] !== undefined)
        .map(({ id, label }) => ({ label: withoutLinks(staffText(label)), value: facts.fields[id] ?? '' })),
      parameters: session.parameters,
      channel: facts.channel,
      sessionId: facts.sessionId,
      lang: facts.lang,
      advice: adviceFor(settings, topic),
    }),
  }
}
