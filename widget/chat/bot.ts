/** The bot's part of the panel: answers to pick from, and the way to a person. A file of its own, as most chats need none. */
import css from './bot.css'
import { adopt, h, setAttr } from './dom.ts'
import type { Say } from './i18n.ts'
import { type Asked, choicesOf, isWithBot, mustWait } from './offers.ts'
import type { State } from './state.ts'
import type { Acts } from './view.ts'

export interface BotModule {
  createBot: typeof createBot
}

/** Adds the bot's part to a panel; what it returns draws it, after the panel was drawn itself. */
export function createBot(
  root: ShadowRoot,
  panel: HTMLElement,
  say: Say,
  acts: Acts,
): (state: State) => void {
  const group = h('div', { part: 'choices', class: 'choices', role: 'group', 'aria-label': say('choices') })
  const person = h('button', { part: 'person', click: ask }, say('talkToPerson'))
  let shown: readonly string[] | undefined
  let asked: Asked | undefined
  let last: State | undefined

  adopt(root, css)
  // Behind the answer to an idle warning, which is more urgent.
  panel.querySelector('.bar')?.append(person)

  /** Last in the list: rows are put in front of it. */
  function offer(choices: readonly string[]): void {
    const log = panel.querySelector('[part=log]')
    const list = log?.firstChild
    // Not before the question, and not anew: what has the focus would lose it.
    if (!log || !list?.firstChild || (choices === shown && group === list.lastChild)) return
    group.replaceChildren(...choices.map(choice))
    list.appendChild(group)
    // The question stays in view when its answers are more than the panel holds. (The style counts from the end.)
    const question = group.previousElementSibling ?? group
    const over = log.getBoundingClientRect().top - question.getBoundingClientRect().top
    if (!log.scrollTop && over > 0) log.scrollTop = -over
  }

  function choice(text: string): HTMLElement {
    return h('button', { part: 'choice', dir: 'auto', click: () => choose(text) }, text)
  }

  function choose(text: string): void {
    // The button goes, and the focus with it to the composer, where a phone would unfold its keyboard.
    if (matchMedia('(pointer:coarse)').matches) panel.querySelector<HTMLElement>('[part=log]')?.focus()
    acts.send(text)
  }

  async function ask(): Promise<void> {
    if (!last || mustWait(last, asked, Date.now())) return
    const { chatId, cursor } = last
    asked = { chatId, cursor: Number.POSITIVE_INFINITY }
    // Takes the notice of an earlier failure away.
    acts.ask(false)
    const { status, retryAfter } = await acts.handover()
    const isAgreed = status === 202
    asked = isAgreed ? { chatId, cursor } : undefined
    if (!isAgreed && last.chatId === chatId && isWithBot(last)) acts.fail(retryAfter)
    else update(last)
  }

  function update(state: State): void {
    const choices = choicesOf(state)
    last = state
    if (choices.length) offer(choices)
    else group.remove()
    shown = choices
    person.hidden = !isWithBot(state)
    // Not `disabled`: that would throw away the focus.
    setAttr(person, 'aria-disabled', mustWait(state, asked, Date.now()) && 'true')
    if (!person.hidden) person.parentElement?.removeAttribute('hidden')
  }

  return update
}
