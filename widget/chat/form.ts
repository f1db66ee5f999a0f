/** Topics, the chosen topic's fields, and Start. */
import { h, setAttr, setText } from './dom.ts'
import { type Complaints, maxOf, pathOf } from './fields.ts'
import { format } from './i18n.ts'
import type { Acts, Stage, Wording } from './view.ts'
import type { Field, Topic } from './wire.ts'

/** `values`: what was written, by field id; shared by all topics so that nothing is asked twice. */
export function createForm(
  { say, locales }: Wording,
  topics: readonly Topic[],
  chosen: string | undefined,
  values: Record<string, string>,
  acts: Acts,
): Stage {
  const cards = topics.map(({ id, title, open, opensAt }) => {
    const when = format(opensAt, locales, true)
    return h(
      'label',
      { class: 'card' },
      h('input', {
        type: 'radio',
        name: 'topic',
        checked: id === chosen,
        disabled: !open,
        change: () => acts.topic(id),
      }),
      title,
      h('small', {}, open ? '' : when ? say('opens', when) : say('closed')),
    )
  })
  const fields = h('div')
  const button = h('button', { part: 'start' })
  const element = h(
    'form',
    {
      class: 'form',
      novalidate: true,
      submit(event) {
        event.preventDefault()
        acts.start()
      },
    },
    h('fieldset', {}, h('legend', {}, say('topics')), ...cards),
    fields,
    button,
  )
  let shown: string | undefined
  let complain: ((errors: Complaints) => void)[] = []

  function createField(field: Field): HTMLElement {
    // Only a consent has a version: a box to tick, whose answer is the text's version.
    const { id, type, required, label, version } = field
    const isArea = type === 'textarea'
    const input = h(isArea ? type : 'input', {
      'aria-describedby': `e-${id}`,
      required,
      maxlength: maxOf(field),
      type: version ? 'checkbox' : !isArea && type,
      autocomplete: id === 'name' ? id : /email|tel/.test(type) && type,
      input() {
        values[id] = version && !(input as HTMLInputElement).checked ? '' : input.value
      },
    })
    const error = h('p', { class: 'bad', id: `e-${id}` })
    // A box comes unticked, also when it was ticked for another topic.
    if (version) values[id] = ''
    input.value = version ?? values[id] ?? ''
    complain.push((errors) => {
      const text = errors[pathOf(field)] ?? ''
      setText(error, text)
      setAttr(input, 'aria-invalid', text && 'true')
    })
    const note = h('small', {}, required ? '' : say('optional'))
    return h('div', {}, h('label', {}, label, ' ', note, input), error)
  }

  return {
    nodes: [element],
    update({ topic, errors, notice, phase, retryAt }) {
      if (topic !== shown) {
        shown = topic
        complain = []
        fields.replaceChildren(
          ...(topics.find(({ id }) => id === topic)?.form?.fields ?? []).map(createField),
        )
      }
      for (const show of complain) show(errors)
      const isBusy = phase === 'starting'
      setText(button, say(isBusy ? phase : notice ? 'retry' : 'start'))
      button.disabled = !topic
      // Not `disabled`: that would throw away the focus.
      setAttr(button, 'aria-disabled', (isBusy || retryAt > Date.now()) && 'true')
    },
  }
}
