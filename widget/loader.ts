/**
 * The script a site owner pastes: a button, and nothing else until it is wanted. Before a click it fetches nothing and
 * stores nothing; a chat that is under way (the storage key is there) is resumed when the page is idle.
 *
 * The server replaces the one identifier `__FRONTROOM__` in the built file by a JSON object (`LoaderSettings`). It is
 * an undeclared global, so minifiers neither rename nor copy it; a test counts it. Every byte here is paid by every page
 * of the host: what can wait for a click belongs in the chat.
 */
import type { Frontroom, FrontroomOptions } from './frontroom.d.ts'
import css from './loader.css'
import {
  type ChatApp,
  type ChatModule,
  type EventName,
  type LoaderSettings,
  type Options,
  pick,
  STORAGE_KEY,
} from './shared.ts'

declare const __FRONTROOM__: LoaderSettings

type Commands = Readonly<Record<string, (...values: never[]) => unknown>>

const { chat, look, bubble } = __FRONTROOM__
const script = document.currentScript as HTMLScriptElement | null

if (script) {
  // In front of <body> the button would come first in the tab order.
  if (document.body) mount(script)
  else document.addEventListener('DOMContentLoaded', () => mount(script))
}

function mount({ src, dataset }: HTMLScriptElement): void {
  const earlier = window.Frontroom
  const options: Options = { ...dataset }
  // Frameworks that swap pages run the tag again; the first run goes on, with what this page's tag says.
  if (earlier?.live) {
    earlier('set', options as FrontroomOptions)
    return
  }
  const page = document.documentElement
  const life = new AbortController()
  const host = document.createElement('frontroom-chat')
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  const button = document.createElement('button')
  let loading: Promise<ChatModule> | undefined
  let attempts = ''
  let app: ChatApp | undefined

  function emit(name: EventName, detail?: unknown): void {
    document.dispatchEvent(new CustomEvent(`frontroom:${name}`, { detail }))
  }

  function langOf(): string {
    return options.lang || page.lang || navigator.language
  }

  /** Browsers may remember a failed module under its address, so a new attempt gets a new one. */
  function load(): Promise<ChatModule> {
    loading ??= import(new URL(chat + attempts, src).href)
    loading.catch(() => {
      attempts += '?'
      loading = undefined
    })
    return loading
  }

  function dress(): void {
    // Later the chat knows in which language it is answered.
    if (!app) {
      host.lang = langOf()
      button.ariaLabel = pick(bubble, langOf())
    }
    host.dataset.position = options.position || look.position
  }

  function mark(badge: string): void {
    button.dataset.badge = badge
  }

  async function wake(): Promise<ChatApp | undefined> {
    if (app) return app
    // A mark that comes and goes at once only flickers, and has the browser draw for it.
    const slow = setTimeout(mark, 300, '...')
    try {
      const { createChat } = await load()
      delete button.dataset.badge
      if (!life.signal.aborted) app ??= createChat({ root, button, look, options, emit, langOf })
    } catch {
      mark('!')
      emit('error')
    }
    clearTimeout(slow)
    return app
  }

  const commands: Commands = {
    close: () => app?.close(),
    toggle: () => (app?.isOpen() ? app.close() : frontroom('open')),
    show() {
      host.hidden = false
    },
    /** Hides the bubble only: a site with its own launcher opens the panel all the same. */
    hide() {
      app?.close()
      host.hidden = true
    },
    set(values: Options) {
      Object.assign(options, values)
      dress()
      app?.update(values)
    },
    on: (name: string, act: EventListener) => document.addEventListener(`frontroom:${name}`, act, life),
    off: (name: string, act: EventListener) => document.removeEventListener(`frontroom:${name}`, act),
    destroy() {
      life.abort()
      guard.disconnect()
      app?.destroy()
      host.remove()
      delete window.Frontroom
    },
  }
  // What the loader does not know the chat does: it is fetched for that.
  const frontroom = (async (command: string, ...values: never[]) =>
    (commands[command] ?? ((await wake()) as Commands | undefined)?.[command])?.(
      ...values,
    )) as unknown as Frontroom

  sheet.replaceSync(`:host{--fr-accent:${look.accent};--fr-on-accent:${look.onAccent}}${css}`)
  root.adoptedStyleSheets = [sheet]
  button.part = 'button'
  button.ariaExpanded = 'false'
  root.append(button)
  dress()
  // Beside <body>, not in it: page swaps replace the body, and a transformed body would carry fixed elements along.
  const attach = () => host.isConnected || page.append(host)
  const guard = new MutationObserver(attach)
  attach()
  guard.observe(page, { childList: true })

  button.onpointerenter = button.onfocus = load
  // The second click of a double one would close what the first has opened.
  button.onclick = (event) => event.detail > 1 || frontroom('toggle')
  document.addEventListener(
    'click',
    (event) => {
      const found = (event.target as Element).closest?.<HTMLElement>('[data-frontroom-open]')
      // Who wants the link in another tab gets it there.
      if (!found || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      frontroom('open', found.dataset.frontroomOpen, found)
    },
    life,
  )

  frontroom.live = true
  window.Frontroom = frontroom
  for (const call of earlier?.q ?? []) {
    frontroom(...(call as Parameters<Frontroom>))
  }
  // The browser answers for its storage while the page waits: it is not asked before the page has nothing else to do.
  ;(window.requestIdleCallback ?? setTimeout)(() => {
    try {
      // Storage may be forbidden: then there is nothing to resume.
      if (localStorage[STORAGE_KEY]) wake()
    } catch {}
  })
  emit('ready')
}
