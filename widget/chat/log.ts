/** The conversation. */
import { h, setAttr, setText } from './dom.ts'
import { format, type Say } from './i18n.ts'
import { linkify } from './linkify.ts'
import { isNew, type Line, type State } from './state.ts'

export interface Log {
  readonly element: HTMLElement
  update(state: State): void
}

/** Shows a line as it is now, above the one that follows it. */
type Show = (line: Line, next: Line | undefined) => HTMLElement

/**
 * Rows are kept and moved, never made anew, so a live region reads each once. Fill the log before it is put into the
 * document and its history is not read out.
 */
export function createLog(say: Say, locales: string[], retry: (line: Line) => void): Log {
  // Focusable, as it must scroll by keyboard. A change of marks is no addition, so it is not read.
  const list = h('div', { class: 'list' })
  const element = h(
    'div',
    { part: 'log', role: 'log', 'aria-label': say('log'), 'aria-relevant': 'additions', tabindex: '0' },
    list,
  )
  const rows = new Map<string, Show>()

  function createRow(first: Line): Show {
    const { from, at } = first
    const moment = format(at, locales, 'short')
    const isOwn = from === 'visitor'
    const text = h('div', { class: 'text', part: 'text', dir: 'auto' })
    const time = h('span')
    const edited = h('span')
    const status = h('span', { class: 'mark' })
    const again = h('button', { click: () => retry(first) }, say('retry'))
    const meta = h('div', { class: 'meta' }, time, ' ', edited, ' ', status, ' ', again)
    const row = h(
      'div',
      { part: 'message' },
      h('div', { class: 'who' }, say(isOwn ? 'you' : from)),
      text,
      meta,
    )
    return (line, next) => {
      const words = line.deleted ? say('deleted') : line.text
      if (text.textContent !== words)
        text.replaceChildren(...(line.deleted ? [words] : linkify(words).map(node)))
      row.className = `row ${from} ${line.deleted ? 'gone' : isOwn ? line.status : ''}`
      // Said once for what one of them says in a minute.
      setText(time, next?.from === from && next.at.slice(0, 16) === line.at.slice(0, 16) ? '' : moment)
      setText(edited, line.edited ? say('edited') : '')
      if (isOwn) setText(status, say(line.status))
      again.hidden = line.status !== 'unsent'
      return row
    }
  }

  return {
    element,
    update({ lines, newAfter }) {
      const firstNew = lines.find((line) => isNew(line, newAfter))
      lines.forEach((line, index) => {
        const show = rows.get(line.key) ?? createRow(line)
        const row = show(line, lines[index + 1])
        const there = list.children[index]
        rows.set(line.key, show)
        setAttr(row, 'data-new', line === firstNew && say('newLines'))
        if (there === row) return
        list.insertBefore(row, there ?? null)
        // Who reads further up stays there, unless they write. (The style counts from the end.)
        if (!line.id) element.scrollTop = 0
      })
    },
  }
}

function node(part: string, index: number): Node | string {
  return index % 2
    ? h('a', { href: part, target: '_blank', rel: 'noopener noreferrer nofollow' }, part)
    : part
}
