/** Where the visitor writes. */
import { h, setAttr, setText } from './dom.ts'
import type { Say } from './i18n.ts'

/** Code points of one message, and how near to it the count is shown. */
const MAX = 4000
const NEAR = 400

export function createComposer(say: Say, send: (text: string) => void): HTMLElement {
  const count = h('div', { id: 'count' })
  const box = h('textarea', {
    'aria-label': say('placeholder'),
    'aria-describedby': 'count',
    placeholder: say('placeholder'),
    // Grows where `field-sizing` is known.
    rows: 2,
    enterkeyhint: 'send',
    input: fit,
  })
  const button = h('button', { part: 'send', 'aria-label': say('send'), click: submit })
  box.addEventListener('keydown', (event) => {
    // Enter that ends an input method's composition is not ours; Safari tells it by 229 only.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    submit()
  })

  function fit(): number {
    const left = MAX - [...box.value].length
    setText(count, left > NEAR ? '' : say('charsLeft', left))
    setAttr(box, 'aria-invalid', left < 0 && 'true')
    setAttr(button, 'aria-disabled', left < 0 && 'true')
    return left
  }

  function submit(): void {
    const text = box.value
    box.focus()
    if (!text.trim() || fit() < 0) return
    box.value = ''
    fit()
    send(text)
  }

  return h('div', { part: 'composer' }, count, box, button)
}
