/** The form of a topic that asks for something. A file of its own, as many topics ask for nothing. */

import { h, setAttr, setText } from './dom.ts'
import { type Complaints, maxOf, pathOf, readForm } from './fields.ts'
import type { Say } from './i18n.ts'
import type { Field } from './wire.ts'

export interface Form {
  readonly element: HTMLElement
  complain(errors: Complaints): void
  /** The form's part of `POST /chats`, and what is wrong with it. */
  read(): ReturnType<typeof readForm>
}

/** A link in a label, as Markdown writes it; the server has seen that it is well written. */
const LINK = /\[([^[]+)]\((http.+?)\)/

/** A text with its links: cut at them it is plain words, a link's words and its address, in turns. */
function withLinks(text: string): (Node | string)[] {
  return text
    .split(LINK)
    .map((part, at, { [at + 1]: href }) =>
      at % 3 === 1 ? h('a', { href, target: '_blank' }, part) : at % 3 ? '' : part,
    )
}

/** `values`: what was written, by field id. */
export function createForm(say: Say, fields: readonly Field[], values: Record<string, string>): Form {
  const inputs = fields.map(createField)

  function createOption({ value, label }: { value: string; label: string }): HTMLElement {
    const option = h('option', {}, label)
    // Also the empty one: without a value an option's text is its value.
    option.value = value
    return option
  }

  function createField(field: Field) {
    const { id, type, required, label, version, options } = field
    const tag = options ? 'select' : type === 'textarea' ? type : 'input'
    // Only a consent has a version, which is its answer.
    const ticked = version ?? (type === 'checkbox' ? 'yes' : undefined)
    const sentence = `${id} ${label}`
    const choices = options && [{ value: '', label: say('selectOne') }, ...options]
    const input = h(
      tag as 'input',
      {
        part: 'field',
        'aria-describedby': `e-${id}`,
        required,
        maxlength: !options && !ticked && maxOf(field),
        type: ticked ? 'checkbox' : tag === 'input' && type,
        autocomplete: id === 'name' ? id : /email|tel/.test(type) && type,
        input() {
          values[id] = values[sentence] = ticked && !input.checked ? '' : input.value
        },
      },
      ...(choices ?? []).map(createOption),
    )
    const error = h('p', { class: 'bad', id: `e-${id}` })
    // A box is ticked for the sentence that stands beside it, and for no other.
    if (ticked) {
      input.checked = values[sentence] === ticked
      values[id] = input.checked ? ticked : ''
    }
    input.value = ticked ?? values[id] ?? ''
    const note = h('small', {}, required ? '' : say('optional'))
    const words = [...withLinks(label), ' ', note]
    return {
      element: h('div', {}, h('label', {}, ...(ticked ? [input, ...words] : [...words, input])), error),
      complain(errors: Complaints) {
        const found = errors[pathOf(field)] ?? ''
        // The server's words are English; of a choice, a box, or nothing at all there is only one thing to say.
        const text = found && (options || ticked || !values[id]) ? say('fieldRequired') : found
        setText(error, text)
        setAttr(input, 'aria-invalid', text && 'true')
      },
    }
  }

  return {
    element: h('div', { class: 'fields' }, ...inputs.map(({ element }) => element)),
    complain(errors) {
      for (const { complain } of inputs) complain(errors)
    },
    read: () => readForm(fields, values, say),
  }
}
