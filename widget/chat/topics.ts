/** Topics with their state, the chosen topic's form where it has one, and Start. */
import { h, setAttr, setText } from './dom.ts'
import { createForm, type Form } from './form.ts'
import { format, type Wording } from './i18n.ts'
import type { State } from './state.ts'
import type { Stage } from './view.ts'

export interface TopicActs {
  choose(topic: string): void
  start(form: Form | undefined): void
}

/** `values`: what was written, by field id. */
export function createTopics(
  { say, locales }: Wording,
  { config, topic: chosen }: State,
  values: Record<string, string>,
  acts: TopicActs,
): Stage {
  const topics = config?.topics ?? []
  const cards = topics.map(({ id, title, open, opensAt }) => {
    const when = format(opensAt, locales, 'full')
    return h(
      'label',
      { class: 'card' },
      h('input', {
        type: 'radio',
        name: 'topic',
        checked: id === chosen,
        disabled: !open,
        change: () => acts.choose(id),
      }),
      title,
      open ? '' : h('small', {}, when ? say('opens', when) : say('closed')),
    )
  })
  const holder = h('div')
  const button = h('button', { part: 'start' })
  const element = h(
    'form',
    {
      class: 'form',
      novalidate: true,
      submit(event) {
        event.preventDefault()
        acts.start(form)
      },
    },
    h('fieldset', {}, h('legend', {}, say('topics')), ...cards),
    holder,
    button,
  )
  let shown: string | undefined
  let form: Form | undefined

  return {
    nodes: [element],
    update({ topic, errors, notice, phase, retryAt }) {
      if (topic !== shown) {
        const { fields = [] } = topics.find(({ id }) => id === topic)?.form ?? {}
        shown = topic
        form = fields[0] && createForm(say, fields, values)
        holder.replaceChildren(form?.element ?? '')
      }
      form?.complain(errors)
      const isBusy = phase === 'starting'
      setText(button, say(isBusy ? phase : notice ? 'retry' : 'start'))
      button.disabled = !topic
      // Not `disabled`: that would throw away the focus.
      setAttr(button, 'aria-disabled', (isBusy || retryAt > Date.now()) && 'true')
    },
  }
}
