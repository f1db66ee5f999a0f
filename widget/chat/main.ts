/** Puts the parts of the chat together: what the visitor does, what the server answers, what the browser tells. */
import { type ChatApp, type Frame, STORAGE_KEY } from '../shared.ts'
import { createCall, isFinal } from './api.ts'
import css from './chat.css'
import { type Complaints, formBody, mistakes, pathOf } from './fields.ts'
import { createSay, localesOf } from './i18n.ts'
import { rhythm } from './loop.ts'
import { createOutbox } from './outbox.ts'
import { createPoll } from './poll.ts'
import { createStarter } from './start.ts'
import * as step from './state.ts'
import { createStore, type Saved } from './store.ts'
import { createView, type Wording } from './view.ts'
import type { Config } from './wire.ts'

/** Nothing is asked of the server before `open()`, unless a chat is under way: that one is resumed. */
export function createChat(frame: Frame): ChatApp {
  const { button, base, options, emit } = frame
  const life = new AbortController()
  const store = createStore(() => localStorage, base)
  const values: Record<string, string> = {}
  let state = step.initial
  let token: string | undefined
  /** Counts the configurations asked for: the answer to an older question is of no interest. */
  let asked = 0
  let wording = wordingFor(options.lang)

  frame.adopt(css)
  const call = createCall(base, () => token)
  const poll = createPoll({
    ...rhythm,
    now: Date.now,
    events: (after, wait, signal) =>
      call(`${path()}/events?after=${after}&wait=${wait}`, undefined, wait + 15, signal),
    cursor: () => state.cursor,
    onEvents: ({ events, chat }) => go(step.heard(state, events, chat.state)),
    onLink(online) {
      go(step.linked(state, online))
      if (online) outbox.kick()
    },
    onGone() {
      token = undefined
      go(step.over(state, 'gone'))
    },
  })
  const outbox = createOutbox({
    ...rhythm,
    post: (line) => call(`${path()}/messages`, line),
    onSent: (event) => go(step.sent(state, event)),
    onUnsent: ({ clientId }) => go(step.marked(state, clientId, 'unsent')),
  })
  const begin = createStarter({
    call,
    token: () => token,
    keep(given) {
      token = given
      save()
    },
  })
  const view = createView(frame, values, () => wording, {
    minimise: close,
    topic: (topic) => go(step.chose(state, topic)),
    start,
    send(text) {
      const line = { clientId: uuid(), text }
      go(step.wrote(state, line, new Date().toISOString()))
      outbox.push(line)
    },
    retry(key) {
      go(step.marked(state, key, 'sending'))
      for (const line of step.unsent(state)) if (line.clientId === key) outbox.push(line)
    },
    reload,
    here() {
      go(step.answered(state))
      presence('here')
    },
    ask: (asking) => go(step.asked(state, asking)),
    end,
  })

  const path = () => `chats/${state.chatId}`

  function go(next: step.State): void {
    if (life.signal.aborted) return
    const was = state
    const { phase } = next
    state = next
    view.render(state)
    save()
    if (was.phase === 'chat' && step.received(next).length > step.received(was).length) emit('message')
    if (phase === was.phase) return
    if (was.phase === 'starting' && phase === 'chat') emit('start')
    if (phase === 'error') emit(phase)
    if (phase === 'ended') {
      poll.stop()
      outbox.clear()
      emit('end')
    }
  }

  function save(): void {
    const { phase, chatId, open, seen } = state
    if (phase === 'ended') store.write(null)
    else if (token && (chatId || phase === 'starting')) {
      store.write({ token, chatId, open, seen, unsent: step.unsent(state) })
    }
  }

  function wordingFor(lang: string, texts?: Readonly<Record<string, unknown>>): Wording {
    frame.speak(lang)
    return { say: createSay(texts), lang, locales: localesOf(lang, navigator.languages) }
  }

  async function configure(): Promise<void> {
    const mine = ++asked
    const query = new URLSearchParams({ lang: options.lang, page: address(location.href) })
    const { ok, body, retryAfter } = await call<Config>(`config?${query}`)
    if (mine !== asked) return
    if (ok && body.topics) {
      wording = wordingFor(body.lang ?? options.lang, body.texts)
      go(step.configured(state, body, options.topic))
    } else if (!state.chatId) fail(retryAfter)
  }

  function fail(retryAfter: number, notice = wording.say('failed')): void {
    const wait = retryAfter * 1000
    go(step.failed(state, notice, Date.now() + wait))
    // Drawn again when the button may be used.
    if (wait) setTimeout(() => go(state), wait)
  }

  async function start(): Promise<void> {
    const { config, topic, phase, retryAt } = state
    if (phase !== 'form' || !topic || Date.now() < retryAt) return
    const fields = config?.topics.find(({ id }) => id === topic)?.form?.fields ?? []
    const wrong = mistakes(fields, values, wording.say)
    if (Object.keys(wrong)[0]) return complain(wrong)
    go(step.starting(state))
    const page = { url: address(location.href), title: document.title, referrer: address(document.referrer) }
    const answer = await begin({ topic, lang: wording.lang, page, ...formBody(fields, values) })
    if (answer.ok) {
      go(step.started(state, answer.body.chat, answer.body.events))
      return poll.start()
    }
    const { code, errors = [], detail } = answer.body
    const saved = store.read()
    if (code === 'closed_hours') go(step.closed(state, answer.body))
    // Begun in another tab.
    else if (code === 'chat_open' && saved?.chatId) resume(saved)
    else if (errors[0] && errors.every(({ path }) => fields.some((field) => pathOf(field) === path))) {
      complain(Object.fromEntries(errors.map(({ path, message }) => [path, message])))
    } else fail(answer.retryAfter, errors[0] && detail)
  }

  function complain(errors: Complaints): void {
    go(step.wrong(state, errors))
    view.focus()
  }

  function resume({ token: held, chatId, seen, unsent }: Saved): void {
    token = held
    if (!chatId) return
    poll.stop()
    outbox.clear()
    go(step.resumed(state, chatId, seen, unsent, new Date().toISOString()))
    poll.start()
    unsent.forEach(outbox.push)
    presence('here')
    if (!state.config) void configure()
  }

  async function end(): Promise<void> {
    const { ok, status, retryAfter } = await call(`${path()}/close`, null)
    if (ok || isFinal(status)) go(step.over(state, ok ? 'visitor_ended' : 'gone'))
    else fail(retryAfter)
  }

  /** Best effort: the next held poll says the same. */
  function presence(where: 'here' | 'away'): void {
    if (state.chatId && state.phase !== 'ended') void call(`${path()}/presence`, { state: where })
  }

  function close(): void {
    if (!state.open) return
    go(step.minimised(state))
    button.focus()
    emit('close')
  }

  function open(topic?: string): void {
    if (topic) options.topic = topic
    const { phase, config } = state
    if (topic && phase === 'form' && config?.topics.some(({ id, open: now }) => id === topic && now))
      go(step.chose(state, topic))
    if (!state.open) {
      go(step.opened(state))
      emit('open')
    }
    if (!state.chatId && (phase === 'loading' || phase === 'closed_hours' || phase === 'error')) reload()
    view.focus()
  }

  function reload(): void {
    if (Date.now() < state.retryAt) return
    go(step.loading(state))
    void configure()
  }

  function wake(): void {
    poll.kick()
    outbox.kick()
    if (state.chatId && !state.config) void configure()
  }

  addEventListener('online', wake, life)
  document.addEventListener('visibilitychange', () => document.hidden || wake(), life)
  // A request that is held would keep the page out of the browser's back/forward cache.
  addEventListener(
    'pagehide',
    () => {
      poll.stop()
      presence('away')
    },
    life,
  )
  addEventListener(
    'pageshow',
    ({ persisted }) => {
      if (!persisted || !state.chatId || state.phase === 'ended') return
      poll.start()
      presence('here')
    },
    life,
  )
  // Another tab began a chat: it is this tab's chat too. Its end is told by the poll.
  addEventListener(
    'storage',
    ({ key }) => {
      const saved = key === STORAGE_KEY && state.phase !== 'starting' && store.read()
      if (saved && saved.chatId !== state.chatId) resume(saved)
    },
    life,
  )

  const saved = store.read()
  if (saved) {
    resume(saved)
    // Over a whole small screen it would cover the page just navigated to.
    if (saved.open && saved.chatId && !view.fills()) {
      go(step.opened(state))
      emit('open')
    }
  }

  return {
    open,
    close,
    isOpen: () => state.open,
    update: () => void configure(),
    destroy() {
      life.abort()
      poll.stop()
      outbox.clear()
      view.destroy()
    },
  }
}

/** Staff see the page, not what its query and fragment carry. */
function address(href: string): string {
  return href.replace(/[?#].*/, '')
}

/** `crypto.randomUUID` exists on secure pages only, and host pages may be plain http. It tells lines apart, no more. */
function uuid(): string {
  return 'xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx'.replace(/x/g, () => ((Math.random() * 16) | 0).toString(16))
}
