/** The panel: header, what the phase asks for, one status line. It draws the state and decides nothing. */
import type { Frame } from '../shared.ts'
import type { Answer } from './api.ts'
import type { BotModule } from './bot.ts'
import { createComposer } from './composer.ts'
import css from './conversation.css'
import { adopt, h, setAttr, setText } from './dom.ts'
import { direction, format, sayEnd, type Wording } from './i18n.ts'
import { lazy } from './lazy.ts'
import { createLog } from './log.ts'
import { isShown, type Line, type State, unread } from './state.ts'
import type { TextKey } from './words.ts'

/** The address of the bot's module beside ours; put in by the build. */
declare const __BOT__: string

const loadBot = lazy<BotModule>(__BOT__)

/** What the visitor can do. */
export interface Acts {
  minimise(): void
  send(text: string): void
  retry(line: Line): void
  /** Asks for the configuration again, for a new chat if there was one. */
  reload(): void
  here(): void
  /** Shows or hides the question whether to end the chat. */
  ask(asking: boolean): void
  end(): void
  /** Asks for a person instead of the bot; 202 when the server will see to it. */
  handover(): Promise<Answer<unknown>>
  /** Says that it did not work; `retryAfter` in seconds. */
  fail(retryAfter: number): void
}

export interface View {
  render(state: State): void
  /** Puts the focus where the visitor goes on. */
  focus(): void
  destroy(): void
}

/** What stands in the middle of the panel. */
export interface Stage {
  readonly nodes: readonly Node[]
  update(state: State): void
}

/** An open panel takes the whole screen. */
export function isSmall(): boolean {
  return matchMedia('(max-width:480px),(max-height:420px)').matches
}

/** The bubble tells how many lines wait, and whether the panel is open. */
export function markBubble({ button }: Frame, { say }: Wording, state: State): void {
  const count = unread(state)
  setAttr(button, 'data-badge', count)
  setAttr(button, 'aria-label', say('open') + (count ? `, ${say('unread', count)}` : ''))
  setAttr(button, 'aria-expanded', `${isShown(state)}`)
}

/** For one wording: another language is another view. */
export function createView(
  { root, look }: Frame,
  wording: Wording,
  acts: Acts,
  createBefore: (state: State) => Stage,
): View {
  const { say, lang, locales } = wording
  const end = press('end', () => acts.ask(true), say('end'))
  const minimise = press('minimise', acts.minimise)
  const title = h('h2', { id: 'title' }, say('title'))
  const header = h('div', { part: 'header' }, title, end, minimise)
  const yes = press('confirm-end', acts.end, say('end'))
  const no = press('keep', () => acts.ask(false), say('endKeep'))
  const words = h('span', { part: 'status', role: 'status' })
  const here = press('here', acts.here, say('here'))
  const status = h('div', {}, words, here, yes, no)
  const body = h('div', { class: 'body' })
  const panel = h(
    'dialog',
    { part: 'panel', lang, 'aria-labelledby': 'title', tabindex: -1, cancel: leave },
    header,
    status,
    body,
  )
  let stage: Stage | undefined
  let stageName: string | undefined
  let last: State | undefined
  let assist: (state: State) => void = meetBot

  if (look.logo) header.prepend(h('img', { src: look.logo, alt: true }))
  setAttr(minimise, 'aria-label', say('minimise'))
  // Not of the panel: its place follows the bubble, whose side is the page's.
  for (const part of [header, status, body]) part.dir = direction(lang)
  // The host page's shortcuts and focus traps must not act on what is written here.
  for (const name of ['keydown', 'keyup', 'focusin']) {
    panel.addEventListener(name, (event) => event.stopPropagation())
  }
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.isComposing) leave(event)
  })
  root.prepend(panel)

  /** By Escape, or by the system's "back". */
  function leave(event: Event): void {
    event.preventDefault()
    if (last?.asking) acts.ask(false)
    else acts.minimise()
  }

  function press(part: string, act: () => void, text = ''): HTMLButtonElement {
    return h('button', { part, click: act }, text)
  }

  /** Nothing to see yet, or nothing but another try. */
  function createBlank({ phase }: State): Stage {
    const retry = press('retry', acts.reload, say('retry'))
    return { nodes: [h('div', { class: 'message' }, phase === 'error' ? retry : '')], update() {} }
  }

  function createConversation(): Stage {
    adopt(root, css)
    const log = createLog(say, locales, acts.retry)
    const composer = createComposer(say, acts.send)
    const foot = h('div', {}, composer)
    let isReady = last?.phase !== 'starting'
    // What a new chat opens with is news, and a live region must stand before it is filled.
    if (!isReady) {
      setTimeout(() => {
        isReady = true
        if (last) render(last)
      }, 50)
    }
    return {
      nodes: [log.element, foot],
      update(state) {
        if (isReady) log.update(state)
        if (state.phase !== 'ended' || !composer.isConnected) return
        foot.replaceChildren(h('div', { class: 'message' }, press('again', acts.reload, say('again'))))
      },
    }
  }

  /** Most chats never see a bot, so what a bot needs is fetched when there is one. Without it a visitor can still write. */
  async function meetBot({ chatState, lines }: State): Promise<void> {
    if (chatState !== 'bot' && !lines.at(-1)?.choices) return
    assist = () => {}
    try {
      const { createBot } = await loadBot()
      assist = createBot(root, panel, say, acts)
      assist(last as State)
    } catch {
      assist = meetBot
    }
  }

  function statusOf({ phase, notice, online, closesAt, chatState, asking, reason }: State): string {
    if (notice) return notice
    if (asking) return say('endAsk')
    if (!online) return say('offline')
    if (phase === 'ended') return sayEnd(say, reason)
    if (phase !== 'chat') return say(phase as TextKey)
    if (closesAt) return say('idle', format(closesAt, locales))
    return say(chatState === 'bot' ? 'assisted' : chatState)
  }

  function render(state: State): void {
    const { phase, open, asking, closesAt, notice, online } = state
    const isChat = phase === 'chat'
    const name = phase === 'starting' ? 'form' : phase === 'ended' ? 'chat' : phase
    const isNew = name !== stageName
    // Whether the focus is ours to move: an arriving message never takes it from the page.
    const held = panel.contains(root.activeElement) && root.activeElement
    if (isNew) {
      const create =
        name === 'chat' ? createConversation : /^(form|closed)/.test(name) ? createBefore : createBlank
      stage = create(state)
      stageName = name
    }
    last = state
    stage?.update(state)
    // History stands in the log before it is shown, so it is not read out.
    if (isNew && stage) body.replaceChildren(...stage.nodes)
    end.hidden = !isChat || !!asking
    yes.hidden = no.hidden = !asking
    here.hidden = !isChat || asking || !closesAt
    setText(words, statusOf(state))
    status.hidden = !words.textContent
    status.className = notice || !online ? 'bar bad' : 'bar'
    assist(state)

    if (!isShown(state)) panel.close()
    // Beside a dialog of the page's that keeps all else from being used, only another such one can be.
    else if (isSmall() || (!panel.open && document.querySelector(':modal'))) {
      if (!panel.matches(':modal')) {
        panel.close()
        panel.showModal()
      }
    }
    // show() would take the focus, also when a page was only loaded again.
    else panel.open = true
    if (open && held && (isNew || !held.getClientRects()[0])) focus()
  }

  function focus(): void {
    const find = (selector: string) => panel.querySelector<HTMLElement>(selector)
    const next =
      find('[aria-invalid]') ??
      find('[part=confirm-end]:not([hidden]),:checked,fieldset:not(:has(:checked)) :enabled') ??
      find('textarea,[part=retry],[part=again]')
    ;(next ?? panel).focus()
  }

  return { render, focus, destroy: () => panel.remove() }
}
