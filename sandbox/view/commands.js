/** The row of what staff can say to the product: each puts its text where one writes. */
import { make } from './log.js'

const IN_ROOM = ['/help', '/take', '/handback', '/close']
const DIRECT = ['help', 'chats', 'join C-']
const NOTE = '// '

/** `changed` is called when the field was written to. */
export function createCommands({ row, field, changed }) {
  /** What was being written when a command was put in its place. */
  let aside = ''
  let shown = null

  function put(text) {
    field.value = text
    field.focus()
    changed()
  }

  function command(text) {
    const isDraft = field.value.trim() !== '' && ![...IN_ROOM, ...DIRECT].includes(field.value)
    if (isDraft) aside = field.value
    put(text)
  }

  function button(label, run) {
    const element = make('button', '', label)
    element.type = 'button'
    element.addEventListener('click', run)
    const item = make('li')
    item.append(element)
    return item
  }

  return {
    /** For a room of that type, `group` or `direct`. */
    show(type) {
      if (type === shown) return
      shown = type
      const buttons = (type === 'direct' ? DIRECT : IN_ROOM).map((text) => button(text, () => command(text)))
      if (type !== 'direct') {
        buttons.push(
          button('// inside', () => put(field.value.startsWith('//') ? field.value : NOTE + field.value)),
        )
      }
      row.replaceChildren(...buttons)
    },
    /** What had been written before the command, once. */
    takeBack() {
      const text = aside
      aside = ''
      return text
    },
    keep(text) {
      aside = text
    },
  }
}
