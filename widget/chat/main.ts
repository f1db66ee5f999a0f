/** Puts the parts of the chat together: what the visitor does, what the server answers, what the browser tells. */
import { type ChatApp, type Frame, STORAGE_KEY } from '../shared.ts'
import { type Answer, address, createCall, isFinal } from './api.ts'
import type { BeginModule, Beginning } from './begin.ts'
import css from './chat.css'
import { createCompany } from './company.ts'
import { adopt } from './dom.ts'
import { createWording } from './i18n.ts'
import { lazy } from './lazy.ts'
import { rhythm } from './loop.ts'
import { createLine, createOutbox, type Unsent } from './outbox.ts'
import { createPoll } from './poll.ts'
import * as step from './state.ts'
import { createStore, type Saved } from './store.ts'
import { type Acts, createView, isSmall, markBubble, type View } from './view.ts'
import type { Config, Events } from './wire.ts'

/** The address of `begin.ts` beside ours; put in by the build. */
declare const __BEGIN__: string

const SLOW_MS = 300

const loadBegin = lazy<BeginModule>(__BEGIN__)

/** Nothing is asked of the server before `open()`, unless a chat is under way: that one is resumed. */
export function createChat(frame: Frame): ChatApp {
  const { root, button, options, emit } = frame
  const host = root.host as HTMLElement
  const base = new URL(import.meta.url).origin
  const life = new AbortController()
  const store = createStore(() => localStorage, base)
  /** Lines that the page wants said, once there is a chat. */
  const wished: string[] = []
  let state: step.State = { ...step.initial, hidden: document.hidden }
  let token: string | undefined
  let beginning: Beginning | undefined
  let opener: Element | null = null
  /** What had the focus when the panel was opened. */
  let focused: Element | null = null
  let slow: ReturnType<typeof setTimeout> | undefined
  let wording = createWording(frame.langOf())

  host.dataset.theme = options.theme ?? ''
  const call = createCall(base, () => token)
  const poll = createPoll({
    async events(signal) {
      // A conversation is shown in the visitor's words from the start.
      const config = state.config ? { ok: true } : await configure()
      if (!config.ok) return config as Answer<never>
      const isHistory = state.phase === 'loading'
      if (!isHistory) await company.settled()
      // History is not waited for; nor does a page that is not looked at hold its line for long.
      const wait = isHistory || !company.leads() ? 0 : state.hidden ? 5 : 25
      return call(`${path()}/events?after=${state.cursor}&wait=${wait}`, undefined, wait + 15, signal)
    },
    leads: () => company.leads(),
    onEvents(answer) {
      hear(answer)
      company.tell(answer)
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
  const company = createCompany(
    {
      root,
      store,
      say: (key, n) => wording.say(key, n),
      ask: poll.start,
      pause: poll.stop,
      hear,
      saw: (seen) => set({ seen: Math.max(seen, state.seen) }),
      write,
      presence,
    },
    () => state,
  )
  /** Not before there is something to be seen: most pages only show the bubble, and the language may become another yet. */
  let view: View | undefined

  function draw(): View {
    adopt(root, css)
    const acts: Acts = {
      minimise: close,
      send,
      retry({ key, text, at }) {
        go(step.marked(state, key, 'sending'))
        outbox.push({ clientId: key, text, at })
      },
      reload,
      here() {
        set({ closesAt: undefined })
        presence('here')
      },
      ask: (asking) => set({ asking, notice: '' }),
      end,
      handover: () => call(`${path()}/handover`, null),
      fail,
    }
    return createView(frame, wording, acts, (now) => (beginning as Beginning).createStage(wording, now))
  }

  function focus(): void {
    view?.focus()
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
    const unread = step.unread(next)
    state = next
    markBubble(frame, wording, state)
    if (step.isShown(state)) view ??= draw()
    view?.render(state)
    save()
    company.update(state)
    if (unread !== step.unread(was)) emit('unread', unread)
    if (phase === was.phase) return
    clearTimeout(slow)
    if (was.phase === 'starting' && phase === 'chat') emit('start')
    if (phase === 'chat') wished.splice(0).forEach(send)
    if (phase === 'error') emit(phase)
    if (phase === 'ended') {
      poll.stop()
      outbox.clear()
      emit('end')
    }
  }

  function send(text: string): void {
    write(createLine(text))
  }

  function write(line: Unsent): void {
    go(step.wrote(state, line))
    outbox.push(line)
  }

  function hear({ events, chat }: Events): void {
    const { phase, cursor } = state
    const news = events.filter(({ seq }) => seq > cursor)
    go(step.heard(state, events, chat.state))
    if (
      phase === 'chat' &&
      news.some((event) => event.type === 'message' && event.message.from !== 'visitor')
    ) {
      emit('message')
    }
  }

  function save(): void {
    const { phase, chatId, open, seen } = state
    if (phase === 'ended') forget()
    else if (token && (chatId || phase === 'starting')) store.write({ token, chatId, open, seen })
  }

  /** Unless another tab has begun another chat. */
  function forget(): void {
    if (store.read()?.chatId === state.chatId) store.write(null)
  }

  async function configure(): Promise<Answer<Config>> {
    const query = new URLSearchParams({ lang: frame.langOf(), page: address(location.href) })
    const [answer] = await Promise.all([call<Config>(`config?${query}`), state.chatId || prepare()])
    const { ok, body, retryAfter } = answer
    const { phase, chatId } = state
    if (ok && (chatId || beginning)) {
      // Nothing new: a form that is being filled in is not drawn again.
      if (phase !== 'loading' && JSON.stringify(body) === JSON.stringify(state.config)) return answer
      const hadFocus = hasFocus()
      const field = root.activeElement?.getAttribute('aria-describedby')
      view?.destroy()
      view = undefined
      wording = createWording(body.lang ?? wording.lang, body.texts)
      host.lang = wording.lang
      if (chatId) set({ config: body })
      else beginning?.configured(body)
      if (hadFocus) focus()
      // Who is writing goes on where they were.
      if (field) root.querySelector<HTMLElement>(`[aria-describedby=${field}]`)?.focus()
    } else if (phase === 'loading' && !chatId) fail(retryAfter)
    return answer
  }

  /** A failure shows in what is missing then. */
  async function prepare(): Promise<void> {
    try {
      const { createBeginning } = await loadBegin()
      if (life.signal.aborted) return
      beginning ??= createBeginning({
        root,
        options,
        life,
        call,
        token: () => token,
        keep(given) {
          token = given
          save()
        },
        state: () => state,
        go,
        reload,
        configure,
        fail,
        begun({ chat, events }) {
          go(step.started(state, chat, events))
          company.attend()
        },
        resume(chatId = store.read()?.chatId) {
          if (token && chatId) resume({ token, chatId })
          else fail(0)
        },
        focus,
      })
    } catch {}
  }

  function fail(retryAfter: number): void {
    const wait = retryAfter * 1000
    const wasLoading = state.phase === 'loading'
    go(step.failed(state, wording.say('failed'), Date.now() + wait))
    if (wasLoading && hasFocus()) focus()
    // Drawn again when the button may be used.
    setTimeout(() => set({}), wait)
  }

  function resume({ token: held, chatId, seen = 0 }: Partial<Saved>): void {
    token = held
    if (!chatId) return
    poll.stop()
    outbox.clear()
    go(step.resumed(state, chatId, seen))
    mindTheTime()
    company.attend()
  }

  async function end(): Promise<void> {
    // Last words first; a line that cannot be sent does not keep the visitor here.
    for (let n = 0; n < 20 && state.lines.some(({ id }) => !id); n++) await rhythm.pause(200, life.signal)
    // Over by other means meanwhile: by staff, or a reset.
    if (state.phase !== 'chat') return
    const { ok, status, retryAfter } = await call(`${path()}/close`, null)
    if (ok || isFinal(status)) go(step.over(state, ok ? 'visitor_ended' : 'gone'))
    else fail(retryAfter)
  }

  function presence(where: 'here' | 'away'): void {
    void call(`${path()}/presence`, { state: where })
  }

  function close(): void {
    if (!state.open) return
    const hadFocus = root.activeElement
    go(step.looked(state, { open: false, asking: false }))
    // Who opened it gets the focus back, if it can be had there. What is written elsewhere goes on.
    if (hadFocus) {
      button.focus()
      if (opener !== document.body) (opener as HTMLElement | null)?.focus()
    }
    opener = null
    emit('close')
  }

  function open(topic?: string, by = document.activeElement): void {
    const { phase, chatId } = state
    if (by !== host) opener = by
    focused = document.activeElement
    if (topic) options.topic = topic
    if (!state.open) {
      go(step.looked(state, { open: true }))
      emit('open')
    }
    // A form that is shown already is kept, unless another topic is wanted.
    if (!chatId && phase !== 'starting' && (phase !== 'form' || topic)) reload()
    else focus()
  }

  function reload(): void {
    if (Date.now() < state.retryAt) return
    go(step.loading(state))
    void configure()
    mindTheTime()
  }

  /** Whether the focus is ours to move: it is on our parts, or where it was when we were called. */
  function hasFocus(): boolean {
    return !!root.activeElement || document.activeElement === focused
  }

  /** What takes longer than this is said to be loading. */
  function mindTheTime(): void {
    clearTimeout(slow)
    slow = setTimeout(() => {
      set({ isSlow: true })
      if (hasFocus()) focus()
    }, SLOW_MS)
  }

  function wake(): void {
    poll.kick()
    outbox.kick()
  }

  // An AbortController is a listener's options too: it has a `signal`.
  addEventListener('online', wake, life)
  document.addEventListener(
    'visibilitychange',
    () => {
      go(step.looked(state, { hidden: document.hidden }))
      wake()
    },
    life,
  )
  // A page that was swapped as a whole has taken our element out and got it back: a full screen is none any more.
  const guard = new MutationObserver(() => set({}))
  guard.observe(document.documentElement, { childList: true })
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
    if (saved.open && saved.chatId && !isSmall()) {
      go(step.looked(state, { open: true }))
      emit('open')
    }
  }

  return {
    open,
    close,
    isOpen: () => state.open,
    send(text) {
      open()
      if (state.phase === 'chat') send(text)
      else wished.push(text)
    },
    reset() {
      close()
      if (token) void call('session', null, 15, undefined, 'DELETE')
      if (state.chatId) set({ phase: 'ended' })
      forget()
      // Also what was written, in forms and drafts: the next visitor is another one.
      company.destroy()
      token = beginning = undefined
      wished.splice(0)
      go({ ...step.initial, hidden: state.hidden })
    },
    update(changed) {
      const { lang, topic } = changed
      host.dataset.theme = options.theme ?? ''
      if (token)
        loadBegin().then(
          (begin) => begin.retell(call, changed),
          () => {},
        )
      if (topic && state.phase === 'form') reload()
      else if (lang && state.config) void configure()
    },
    destroy() {
      life.abort()
      guard.disconnect()
      company.destroy()
      poll.stop()
      outbox.clear()
      view?.destroy()
    },
  }
}
