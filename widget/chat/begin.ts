/**
 * What comes before a chat: the hours, the topics, the form of a topic, and the start. A file of its own, as a page on which a
 * chat is under way needs none of it.
 */
import type { Frame } from '../shared.ts'
import { address, type Call } from './api.ts'
import css from './begin.css'
import { adopt, h } from './dom.ts'
import type { Complaints } from './fields.ts'
import type { Form } from './form.ts'
import { format, type Wording } from './i18n.ts'
import { createStarter, parametersOf, retell } from './start.ts'
import * as step from './state.ts'
import { createTopics } from './topics.ts'
import type { Stage } from './view.ts'
import type { Config, Started } from './wire.ts'

export interface BeginModule {
  createBeginning: typeof createBeginning
  retell: typeof retell
}

/** The chat, as its beginning needs it. */
export interface Beginner extends Pick<Frame, 'root' | 'options'> {
  readonly life: AbortController
  readonly call: Call
  token(): string | undefined
  keep(token: string | undefined): void
  state(): step.State
  go(next: step.State): void
  /** Asks again whether there is somebody. */
  reload(): void
  /** Settled when the form is today's. */
  configure(): Promise<unknown>
  fail(retryAfter: number): void
  /** The chat stands. */
  begun(started: Started): void
  /** One is under way already, begun in another tab or by a start whose answer was lost. */
  resume(chatId?: string): void
  focus(): void
}

export interface Beginning {
  configured(config: Config): void
  /** For the phases `form`, `starting` and `closed_hours`. */
  createStage(wording: Wording, state: step.State): Stage
}

export { retell }

const ASK_AGAIN_MS = 45_000

export function createBeginning(chat: Beginner): Beginning {
  const { root, options, life, call, token, keep, state, go } = chat
  /** What was written, by field id; shared by all topics so that nothing is asked twice. */
  const values: Record<string, string> = {}
  const begin = createStarter({ call, token, keep, parameters: () => parametersOf(options) })

  async function start(lang: string, form: Form | undefined): Promise<void> {
    const { topic, phase, retryAt } = state()
    if (phase !== 'form' || !topic || Date.now() < retryAt) return
    const { body, errors = {} } = form?.read() ?? {}
    if (Object.keys(errors)[0]) return complain(errors)
    go(step.starting(state()))
    const page = { url: address(location.href), title: document.title, referrer: address(document.referrer) }
    const answer = await begin({ topic, lang, page, ...body })
    // Taken back meanwhile: the next visitor is another one.
    if (state().phase !== 'starting') return
    if (answer.ok) return chat.begun(answer.body)
    const { code, errors: found, chatId } = answer.body
    if (code === 'closed_hours') return go(step.closed(state(), answer.body))
    if (code === 'chat_open') return chat.resume(chatId)
    if (!found) return chat.fail(answer.retryAfter)
    complain(Object.fromEntries(found.map(({ path, message }) => [path, message])))
    // It may be another form by now, which has no place for the complaint.
    await chat.configure()
    if (state().phase === 'form' && !root.querySelector('[aria-invalid]')) chat.fail(0)
  }

  function complain(errors: Complaints): void {
    go({ ...step.failed(state(), '', 0), errors })
    chat.focus()
  }

  function createHours({ say, locales }: Wording, { closed }: step.State): Stage {
    const when = format(closed?.opensAt, locales, 'full')
    const element = h(
      'div',
      { class: 'message' },
      h('h2', {}, say('closed')),
      closed?.name ?? '',
      h('p', {}, when && say('opens', when)),
      h('button', { part: 'retry', click: chat.reload }, say('closedRetry')),
    )
    return { nodes: [element], update() {} }
  }

  // Doors open and close while the panel is open.
  const watching = setInterval(() => {
    const { open, phase } = state()
    if (open && /^(form|closed)/.test(phase)) void chat.configure()
  }, ASK_AGAIN_MS)
  life.signal.addEventListener('abort', () => clearInterval(watching))

  return {
    configured: (config) => go(step.configured(state(), config, options.topic)),
    createStage(wording, now) {
      adopt(root, css)
      if (now.phase === 'closed_hours') return createHours(wording, now)
      return createTopics(wording, now, values, {
        choose: (topic) => go({ ...state(), topic, errors: {} }),
        start: (form) => void start(wording.lang, form),
      })
    },
  }
}
