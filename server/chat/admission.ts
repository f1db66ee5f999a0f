/** Who may start a chat now: topic, hours and form. Refusals change nothing. */
import { Problem } from '../core/errors.ts'
import { type Answers, missingAnswers, wrongAnswers } from '../core/form.ts'
import type { Form, Settings, Topic } from '../core/settings.ts'
import type { Deps } from './deps.ts'
import { openState } from './hours.ts'

/** @throws Problem `unknown_topic`, also while there are no settings at all */
export function topicOf(settings: Settings | null, id: string): { settings: Settings; topic: Topic } {
  const topic = settings?.topics.find((candidate) => candidate.id === id && candidate.offered)
  if (settings && topic) return { settings, topic }
  const detail = settings?.topics.length
    ? 'There is no such topic. GET /api/v1/config lists them.'
    : 'No topics are configured yet, so no chat can be started. The operator imports them: npm run settings -- import FILE'
  throw new Problem('unknown_topic', detail, { errors: [{ path: 'topic', message: detail }] })
}

/**
 * What the integration account writes would be taken for an echo of ours, and reach nobody.
 * @throws Problem `desk_unavailable`
 */
export function refuseOurselves({ ours, log }: Deps, topic: Topic): void {
  if (![...topic.participants, ...topic.supervisors].some((email) => ours().has(email))) return
  log.error({ topic: topic.id }, 'the topic names the integration account: import settings that do not')
  throw new Problem('desk_unavailable', 'This topic cannot be served right now.', { retryAfter: 60 })
}

/** @throws Problem `closed_hours`, `invalid`, `form_incomplete` */
export function admit(settings: Settings, topic: Topic, form: Form, answers: Answers, now: number): void {
  checkHours(settings, topic, now)
  const wrong = wrongAnswers(form, answers)
  if (wrong.length > 0) throw new Problem('invalid', 'Some form fields cannot be taken.', { errors: wrong })
  const missing = missingAnswers(form, answers)
  if (missing.length > 0) {
    throw new Problem('form_incomplete', 'Please fill in the required fields.', { errors: missing })
  }
}

function checkHours(settings: Settings, topic: Topic, now: number): void {
  const hours = openState(settings, topic, now)
  if (hours.open) return
  throw new Problem('closed_hours', 'We are closed right now.', {
    extra: {
      reason: hours.reason ?? 'hours',
      ...(hours.name !== undefined && { name: hours.name }),
      ...(hours.opensAt !== undefined && { opensAt: hours.opensAt }),
    },
  })
}
