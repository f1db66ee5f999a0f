/**
 * The script a site owner pastes: a button, and nothing else until it is wanted. Before a click it fetches nothing and
 * stores nothing; a chat that is under way (the storage key is there) is resumed when the page is idle.
 *
 * The server replaces the one identifier `__FRONTROOM__` in the built file by a JSON object (`LoaderSettings`). It is
 * an undeclared global, so minifiers neither rename nor copy it; a test counts it.
 */
import css from './loader.css'
import {
  type ChatApp,
  type ChatModule,
  direction,
  type EventName,
  type LoaderSettings,
  type Options,
  pick,
  STORAGE_KEY,
} from './shared.ts'

declare const __FRONTROOM__: LoaderSettings

type Command = (command: string, value?: unknown) => void

declare global {
  interface Window {
    /** Commands: `open` [topic], `close`, `toggle`, `show`, `hide`, `set` {…}, `destroy`. Before the loader: a stub with a queue. */
    Frontroom?: Command & { q?: ArrayLike<unknown>[]; live?: true }
  }
}

const settings = __FRONTROOM__
const script = document.currentScript

if (script instanceof HTMLScriptElement) {
  // In front of <body> the button would come first in the tab order.
  if (document.body) mount(script)
  else document.addEventListener('DOMContentLoaded', () => mount(script))
}

function mount({ src, dataset }: HTMLScriptElement): void {
  const earlier = window.Frontroom
  // Frameworks that swap pages run the tag again; the first run goes on.
  if (earlier?.live) return
  const { look, bubble, chat } = settings
  const page = document.documentElement
  const options: Options = { ...dataset, lang: dataset.lang || page.lang || navigator.language }
  const life = new AbortController()
  const host = document.createElement('frontroom-chat')
  const root = host.attachShadow({ mode: 'open' })
  const button = document.createElement('button')
  const badge = document.createElement('span')
  let loading: Promise<ChatModule> | undefined
  let attempts = 0
  let app: ChatApp | undefined
  let opener: HTMLElement | undefined

  function adopt(text: string): CSSStyleSheet {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(text)
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]
    return sheet
  }

  function icon(path: string): Element {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    const line = document.createElementNS(svg.namespaceURI, 'path')
    svg.setAttribute('viewBox', '0 0 24 24')
    svg.setAttribute('aria-hidden', 'true')
    line.setAttribute('d', path)
    svg.append(line)
    return svg
  }

  function emit(name: EventName, detail?: unknown): void {
    document.dispatchEvent(new CustomEvent(`frontroom:${name}`, { detail }))
  }

  function speak(lang: string): void {
    host.lang = lang
    host.dir = direction(lang)
  }

  function dress(): void {
    host.dataset.theme = options.theme
    host.dataset.position = options.position || look.position
  }

  /** Browsers may remember a failed module under its address, so a new attempt gets a new one. */
  function load(): Promise<ChatModule> {
    loading ??= import(new URL(attempts ? `${chat}?${attempts}` : chat, src).href)
    loading.catch(() => {
      attempts++
      loading = undefined
    })
    return loading
  }

  async function wake(): Promise<ChatApp | undefined> {
    host.dataset.busy = ''
    try {
      const { createChat } = await load()
      if (life.signal.aborted) return
      badge.textContent = ''
      const { origin } = new URL(src)
      app ??= createChat({ root, button, badge, base: origin, look, options, emit, adopt, icon, speak, pick })
    } catch {
      badge.textContent = '!'
      emit('error')
    }
    delete host.dataset.busy
    return app
  }

  const commands: Record<string, (value?: string) => unknown> = {
    open: async (topic) => (await wake())?.open(topic),
    close: () => app?.close(),
    toggle: () => frontroom(app?.isOpen() ? 'close' : 'open'),
    show: () => host.removeAttribute('hidden'),
    /** Hides the bubble only: a site with its own launcher opens the panel all the same. */
    hide() {
      app?.close()
      host.setAttribute('hidden', '')
    },
    set(value) {
      Object.assign(options, value)
      dress()
      app?.update()
    },
    destroy() {
      life.abort()
      guard.disconnect()
      app?.destroy()
      host.remove()
      delete window.Frontroom
    },
  }
  const frontroom: NonNullable<Window['Frontroom']> = (command, value) => commands[command]?.(value as string)

  const accents = adopt(css).cssRules[0] as CSSStyleRule
  accents.style.setProperty('--fr-accent', look.accent)
  accents.style.setProperty('--fr-on-accent', look.onAccent)
  button.part.add('button')
  button.setAttribute('aria-expanded', 'false')
  button.setAttribute('aria-label', pick(bubble, options.lang))
  badge.setAttribute('aria-hidden', 'true')
  button.append(icon('M4 5h16v11H9l-5 4z'), icon('M6 9l6 6 6-6'), badge)
  root.append(button)
  speak(options.lang)
  dress()
  // Beside <body>, not in it: page swaps replace the body, and a transformed body would carry fixed elements along.
  page.append(host)
  const guard = new MutationObserver(() => host.isConnected || page.append(host))
  guard.observe(page, { childList: true })

  button.onpointerenter = button.onfocus = load
  button.onclick = () => frontroom('toggle')
  document.addEventListener(
    'click',
    (event) => {
      const found = (event.target as Element).closest<HTMLElement>('[data-frontroom-open]')
      if (!found) return
      event.preventDefault()
      opener = found
      frontroom('open', found.dataset.frontroomOpen)
    },
    life,
  )
  // Who opened it gets the focus back, not always the bubble.
  document.addEventListener(
    'frontroom:close',
    () => {
      opener?.focus()
      opener = undefined
    },
    life,
  )

  frontroom.live = true
  window.Frontroom = frontroom
  for (const [command, value] of Array.from(earlier?.q ?? [], (call) => Array.from(call))) {
    frontroom(command as string, value)
  }
  try {
    // Storage may be forbidden: then there is nothing to resume.
    if (localStorage.getItem(STORAGE_KEY)) (window.requestIdleCallback ?? setTimeout)(wake)
  } catch {}
  emit('ready')
}
