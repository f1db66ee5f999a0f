/** Puts the parts of the chat together: what the visitor does, what the server answers, what the browser tells. */
import { type ChatApp, type Frame, STORAGE_KEY } from '../shared.ts'
import { createCall, isFinal } from './api.ts'
import css from './chat.css'
import { type Complaints, readForm } from './fields.ts'
import { createSay, localesOf } from './i18n.ts'
import { createOutbox } from './outbox.ts'
import { createPoll } from './poll.ts'
import { createStarter } from './start.ts'
import * as step from './state.ts'
import { createStore, type Saved } from './store.ts'
import { createView, isSmall, type View, type Wording } from './view.ts'
import type { Config } from './wire.ts'

/** Nothing is asked of the server before `open()`, unless a chat is under way: that one is resumed. */
export function createChat(frame: Frame): ChatApp {
  const { button, base, options, emit } = frame
  const life = new AbortController()
  const store = createStore(() => localStorage, base)
  const values: Record<string, string> = {}
  let state = step.initial
  let token: string | undefined
  let wording = wordingFor(options.lang)

  frame.adopt(css)
  const call = createCall(base, () => token)
  const poll = createPoll({
    events(signal) {
      // History is not waited for.
      const wait = state.phase === 'loading' ? 0 : 25
      return call(`${path()}/events?after=${state.cursor}&wait=${wait}`, undefined, wait + 15, signal)
    },
    onEvents({ events, chat }) {
      const isNews =
        state.phase === 'chat' &&
        events.some((event) => event.type === 'message' && event.message.from !== 'visitor')
      go(step.heard(state, events, chat.state))
      if (isNews) emit('message')
    },
    onLink(online) {
      set({ online })
      if (online) outbox.kick()
    },
    onGone() {
      token = undefined
      go(step.over(state, 'gone'))
    },
  })
  const outbox = createOutbox({
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
  let view = draw()

  function draw(): View {
    return createView(frame, wording, values, {
      minimise: close,
      topic: (topic) => set({ topic, errors: {} }),
      start,
      send(text) {
        const line = { clientId: uuid(), text }
        go(step.wrote(state, line, new Date().toISOString()))
        outbox.push(line)
      },
      retry({ key, text }) {
        go(step.marked(state, key, 'sending'))
        outbox.push({ clientId: key, text })
      },
      reload,
      here() {
        set({ closesAt: undefined })
        attend('here')
      },
      ask: (asking) => set({ asking, notice: '' }),
      end,
      handover: () => call(`${path()}/handover`, null),
      fail,
    })
  }

  function path(): string {
    return `chats/${state.chatId}`
  }

  function set(patch: Partial<step.State>): void {
    go({ ...state, ...patch })
  }

  function go(next: step.State): void {
    if (life.signal.aborted) return
    const was = state
    const { phase } = next
    state = next
    view.render(state)
    save()
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
      store.write({ token, chatId, open, seen })
    }
  }

  function wordingFor(lang: string, texts?: Readonly<Record<string, unknown>>): Wording {
    frame.speak(lang)
    return { say: createSay(texts), lang, locales: localesOf(lang, navigator.languages) }
  }

  async function configure(): Promise<void> {
    const query = new URLSearchParams({ lang: options.lang, page: address(location.href) })
    const { ok, body, retryAfter } = await call<Config>(`config?${query}`)
    const { phase } = state
    if (life.signal.aborted) return
    if (ok) {
      // Nothing new: a form that is being filled in is not drawn again.
      if (phase !== 'loading' && JSON.stringify(body) === JSON.stringify(state.config)) return
      const isHeld = frame.root.activeElement
      view.destroy()
      wording = wordingFor(body.lang ?? options.lang, body.texts)
      view = draw()
      go(step.configured(state, body, options.topic))
      if (isHeld) view.focus()
    } else if (phase === 'loading') fail(retryAfter)
  }

  function fail(retryAfter: number): void {
    const wait = retryAfter * 1000
    go(step.failed(state, wording.say('failed'), Date.now() + wait))
    // Drawn again when the button may be used.
    setTimeout(() => set({}), wait)
  }

  async function start(): Promise<void> {
    const { config, topic, phase, retryAt } = state
    if (phase !== 'form' || !topic || Date.now() < retryAt) return
    const fields = config?.topics.find(({ id }) => id === topic)?.form?.fields ?? []
    const form = readForm(fields, values, wording.say)
    if (Object.keys(form.errors)[0]) return complain(form.errors)
    go(step.starting(state))
    const page = { url: address(location.href), title: document.title, referrer: address(document.referrer) }
    const answer = await begin({ topic, lang: wording.lang, page, ...form.body })
    if (answer.ok) {
      go(step.started(state, answer.body.chat, answer.body.events))
      return poll.start()
    }
    const { code, errors, chatId = store.read()?.chatId } = answer.body
    if (code === 'closed_hours') return go(step.closed(state, answer.body))
    // Begun in another tab, or by a start whose answer was lost.
    if (code === 'chat_open' && token && chatId) return resume({ token, chatId })
    fail(answer.retryAfter)
    if (errors) complain(Object.fromEntries(errors.map(({ path, message }) => [path, message])))
  }

  function complain(errors: Complaints): void {
    set({ errors })
    view.focus()
  }

  async function resume({ token: held, chatId, seen = 0 }: Partial<Saved>): Promise<void> {
    token = held
    if (!chatId) return
    poll.stop()
    outbox.clear()
    go(step.resumed(state, chatId, seen))
    // The conversation is shown in the visitor's words from the start.
    if (!state.config) await configure()
    attend('here')
  }

  async function end(): Promise<void> {
    const { ok, status, retryAfter } = await call(`${path()}/close`, null)
    if (ok || isFinal(status)) go(step.over(state, ok ? 'visitor_ended' : 'gone'))
    else fail(retryAfter)
  }

  /** The visitor comes or goes. A held request goes along: it would keep the page out of the back/forward cache. */
  function attend(where: 'here' | 'away'): void {
    if (!state.chatId || state.phase === 'ended') return
    if (where === 'here') poll.start()
    else poll.stop()
    void call(`${path()}/presence`, { state: where })
  }

  function close(): void {
    if (!state.open) return
    go(step.minimised(state))
    button.focus()
    emit('close')
  }

  function open(topic?: string): void {
    const { phase, chatId } = state
    if (topic) options.topic = topic
    if (!state.open) {
      go(step.opened(state))
      emit('open')
    }
    // A form that is shown already is kept, unless another topic is wanted.
    if (!chatId && phase !== 'starting' && (phase !== 'form' || topic)) reload()
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

  // An AbortController is a listener's options too: it has a `signal`.
  addEventListener('online', wake, life)
  document.addEventListener('visibilitychange', wake, life)
  addEventListener('pagehide', () => attend('away'), life)
  addEventListener('pageshow', () => attend('here'), life)
  // Another tab began a chat: it is this tab's chat too. Its end is told by the poll.
  addEventListener(
    'storage',
    ({ key }) => {
      const saved = key === STORAGE_KEY && state.phase !== 'starting' && store.read()
      if (saved && saved.chatId !== state.chatId) resume(saved)
    },
    life,
  )

  // Doors open and close while the panel is open.
  const watching = setInterval(() => {
    if (state.open && /^(form|closed)/.test(state.phase)) void configure()
  }, 45_000)

  const saved = store.read()
  if (saved) {
    resume(saved)
    // Over a whole small screen it would cover the page just navigated to.
    if (saved.open && saved.chatId && !isSmall()) {
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
      clearInterval(watching)
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
