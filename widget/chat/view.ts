/** The panel: header, what the phase asks for, one status line. It draws the state and decides nothing. */
import type { Frame } from '../shared.ts'
import { createComposer } from './composer.ts'
import { h, setAttr, setText } from './dom.ts'
import { createForm } from './form.ts'
import { format, type Say, sayEnd } from './i18n.ts'
import { createLog } from './log.ts'
import { type State, unread } from './state.ts'

/** What the visitor can do. */
export interface Acts {
  minimise(): void
  topic(id: string): void
  start(): void
  send(text: string): void
  retry(key: string): void
  /** Asks for the configuration again, for a new chat if there was one. */
  reload(): void
  here(): void
  /** Shows or hides the question whether to end the chat. */
  ask(asking: boolean): void
  end(): void
}

export interface View {
  render(state: State): void
  /** Puts the focus where the visitor goes on. */
  focus(): void
  /** An open panel takes the whole screen. */
  fills(): boolean
  destroy(): void
}

/** What stands in the middle of the panel. */
export interface Stage {
  readonly element: HTMLElement
  update(state: State): void
}

export interface Wording {
  readonly say: Say
  readonly lang: string
  readonly locales: string[]
}

/** `wording` gives the same object until the language or its texts have changed. */
export function createView(
  { root, button, badge, look, icon, pick }: Frame,
  values: Record<string, string>,
  wording: () => Wording,
  acts: Acts,
): View {
  const draft = { text: '' }
  const small = matchMedia('(max-width:480px),(max-height:420px)')
  const panel = h('dialog', { part: 'panel', 'aria-labelledby': 'title', tabindex: -1, cancel: leave })
  const words = h('span', { part: 'status', role: 'status' })
  let worded: Wording | undefined
  let stageName: string | undefined
  let drawn: Stage | undefined
  let last: State | undefined

  // The host page's shortcuts and focus traps must not act on what is written here.
  for (const name of ['keydown', 'keyup', 'keypress', 'focusin']) {
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

  function press(part: string, act: () => void, ...content: (Node | string)[]): HTMLButtonElement {
    return h('button', { part, click: act }, ...content)
  }

  function draw(state: State): Stage {
    const { say, lang } = wording()
    const { config, phase } = state
    const isChat = /chat|ended/.test(phase)
    const end = press('end', () => acts.ask(true), say('end'))
    const minimise = press('minimise', acts.minimise, icon('M6 9l6 6 6-6'))
    const question = h(
      'div',
      { class: 'bar', role: 'group', 'aria-label': say('endAsk') },
      h('span', {}, say('endAsk')),
      press('confirm-end', acts.end, say('end')),
      press('keep', () => acts.ask(false), say('endKeep')),
    )
    const here = press('here', acts.here, say('here'))
    const status = h('div', { class: 'bar' }, words, here)
    const foot = h('div', { class: 'foot' })
    const stage = isChat
      ? createConversation(foot)
      : config && /form|starting/.test(phase)
        ? createForm(wording(), config, values, acts)
        : createMessage(state)
    const header = h(
      'header',
      { part: 'header' },
      h('h2', { id: 'title' }, pick(look.title, lang)),
      end,
      minimise,
    )
    if (look.logo) header.prepend(h('img', { src: look.logo, alt: '' }))
    setAttr(minimise, 'aria-label', say('minimise'))

    function update(now: State): void {
      const { phase, asking, closesAt, notice, online } = now
      stage.update(now)
      end.hidden = phase !== 'chat'
      question.hidden = !asking
      here.hidden = !closesAt || phase !== 'chat'
      setText(words, statusOf(now))
      status.hidden = !words.textContent
      status.className = notice || !online ? 'bar bad' : 'bar'
    }

    update(state)
    panel.replaceChildren(header, question, stage.element, status, foot)
    return { element: panel, update }
  }

  function createMessage({ phase, closed }: State): Stage {
    const { say, locales } = wording()
    const element = h('div', { class: 'message' })
    if (phase === 'loading') element.append(h('div', { class: 'spinner' }))
    else {
      const when = phase === 'closed_hours' && format(closed?.opensAt, locales, true)
      if (closed) element.append(h('h3', {}, say('closed')), closed.name ?? '')
      if (when) element.append(h('p', {}, say('opensAgain'), h('strong', {}, when)))
      element.append(press('retry', acts.reload, say('retry')))
    }
    return { element, update() {} }
  }

  function createConversation(foot: HTMLElement): Stage {
    const { say, locales } = wording()
    const log = createLog(say, locales, acts.retry)
    const composer = createComposer(say, icon('M12 20V5M5 12l7-7 7 7'), draft, acts.send)
    const reason = h('p')
    let isReady = stageName !== 'form'
    // What a new chat opens with is news, and a live region must stand before it is filled.
    if (!isReady) {
      setTimeout(() => {
        isReady = true
        if (last) log.update(last.lines)
      }, 50)
    }
    return {
      element: log.element,
      update({ phase, lines, reason: why }) {
        if (phase !== 'ended') {
          if (!foot.firstChild) foot.append(composer)
        } else if (foot.firstChild !== reason) {
          foot.replaceChildren(reason, press('again', acts.reload, say('again')))
          setText(reason, sayEnd(say, why))
        }
        if (isReady) log.update(lines)
      },
    }
  }

  function statusOf({ phase, notice, online, closesAt, chatState }: State): string {
    const { say, locales } = wording()
    if (notice) return notice
    if (!online) return say('offline')
    if (phase === 'loading' || phase === 'starting') return say(phase)
    if (phase !== 'chat') return ''
    if (closesAt) return say('idle', format(closesAt, locales))
    return /opening|waiting/.test(chatState) ? say('waiting') : ''
  }

  function render(state: State): void {
    const { phase, open, asking } = state
    const was = last
    const name = phase === 'starting' ? 'form' : phase === 'ended' ? 'chat' : phase
    const isNew = name !== stageName || wording() !== worded
    // Whether the focus is ours to move: an arriving message never takes it from the page.
    const isHeld = panel.contains(root.activeElement)
    last = state
    if (isNew) {
      worded = wording()
      drawn = draw(state)
      stageName = name
    } else drawn?.update(state)

    const count = unread(state)
    const { say } = wording()
    setText(badge, count ? `${count}` : '')
    setAttr(button, 'aria-label', say('open') + (count ? `, ${say('unread', count)}` : ''))
    setAttr(button, 'aria-expanded', `${open}`)
    if (!open) panel.close()
    else if (!panel.open && small.matches) panel.showModal()
    // show() would take the focus, also when a page was only loaded again.
    else panel.open = true
    if (open && isHeld && (isNew || phase !== was?.phase || asking !== was.asking)) focus()
  }

  function focus(): void {
    const find = (selector: string) => panel.querySelector<HTMLElement>(selector)
    const next =
      find('[aria-invalid]') ??
      find('.bar:not([hidden]) [part=confirm-end],:checked,fieldset:not(:has(:checked)) :enabled') ??
      find('textarea,[part=retry],[part=again]')
    ;(next ?? panel).focus()
  }

  return { render, focus, fills: () => small.matches, destroy: () => panel.remove() }
}
