/** What a desk is told about a chat whose room it shall open. */
import { openerLines, roomTitle } from '../core/opener.ts'
import { inLanguage, type Settings, type Topic } from '../core/settings.ts'
import type { ChatBrief } from '../ports.ts'
import type { ChatFacts } from '../store/chats.ts'
import type { Session } from '../store/sessions.ts'

export function briefOf(facts: ChatFacts, session: Session, settings: Settings, topic: Topic): ChatBrief {
  const form = topic.form ?? settings.form
  // Staff share one language: the first a title is written in, English where there is one.
  const staffText = (text: Topic['title']) => inLanguage(text, 'en')
  const supervisors = topic.room === 'group' ? topic.supervisors : []
  return {
    ref: facts.ref,
    title: roomTitle(staffText(topic.title), facts.name, facts.ref),
    people: [...new Set([...topic.participants, ...supervisors])],
    withBot: topic.bot,
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
        .map((field) => ({ label: staffText(field.label), value: facts.fields[field.id] ?? '' })),
      parameters: session.parameters,
      channel: facts.channel,
      sessionId: facts.sessionId,
      lang: facts.lang,
    }),
  }
}
