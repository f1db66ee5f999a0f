/** A sound at each new line from our side, once the visitor has asked for it. */
import css from './bell.css'
import type { Conversation } from './beside.ts'
import { adopt, h, setAttr } from './dom.ts'
import { isNew, type State } from './state.ts'

export interface Bell {
  /** One tab rings for all: the one that leads. */
  update(state: State, leads: boolean): void
  destroy(): void
}

export function createBell(chat: Conversation): Bell {
  const { root, store } = chat
  const button = h('button', { part: 'sound', click: toggle })
  let audio: AudioContext | undefined
  let heard = Number.POSITIVE_INFINITY

  function isWanted(): boolean {
    return !!store.read()?.sound
  }

  function toggle(): void {
    store.write({ sound: !isWanted() })
    show()
    if (isWanted()) ring()
  }

  function show(): void {
    setAttr(button, 'aria-label', chat.say('sound'))
    setAttr(button, 'aria-pressed', `${isWanted()}`)
  }

  /** Two short notes, made on the spot: no file. A page that was not touched yet may not make a sound; nobody is told. */
  function ring(): void {
    audio ??= new AudioContext()
    void audio.resume()
    for (const [after, pitch] of [
      [0, 660],
      [0.12, 880],
    ] as const) {
      const note = audio.createOscillator()
      const volume = audio.createGain()
      const begin = audio.currentTime + after
      note.frequency.value = pitch
      volume.gain.setValueAtTime(0.15, begin)
      volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.25)
      note.connect(volume).connect(audio.destination)
      note.start(begin)
      note.stop(begin + 0.25)
    }
  }

  return {
    update({ phase, lines }, leads) {
      const minimise = root.querySelector('[part=minimise]')
      if (minimise && minimise.previousSibling !== button) {
        adopt(root, css)
        minimise.before(button)
      }
      button.hidden = phase !== 'chat'
      show()
      const newest = lines.findLast((line) => isNew(line, 0))?.seq ?? 0
      if (newest > heard && leads && isWanted()) ring()
      // What was there before is no news.
      heard = phase === 'chat' ? newest : Number.POSITIVE_INFINITY
    },
    destroy() {
      button.remove()
      void audio?.close()
    },
  }
}
