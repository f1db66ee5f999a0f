/** The panel that makes things go wrong: arms faults, shows what is armed, and takes it back. */
import { backend } from './backend.js'
import { CALLS, describe, GROUPS } from './fault-list.js'
import { make } from './log.js'

const $ = (id) => document.getElementById(id)

function button(label, run) {
  const made = make('button', 'quiet', label)
  made.type = 'button'
  made.addEventListener('click', run)
  return made
}

/** `attempt` runs an action and shows its error; `room` gives the room that is open, or null. */
export function createFaults({ attempt, room }) {
  const call = $('fault-call')
  const ms = $('fault-ms')
  const said = $('fault-said')
  const mishaps = []
  let key = ''

  async function tell(words, action) {
    if (await attempt(action)) said.textContent = words
  }

  async function arm(fault) {
    if (!ms.reportValidity()) return
    const rule = fault.rule(CALLS[Number(call.value)], ms.valueAsNumber)
    await tell(`Armed: ${fault.label}`, () => backend.arm(rule))
  }

  function group(title, buttons) {
    const set = make('fieldset')
    set.append(make('legend', '', title), ...buttons)
    return set
  }

  /** Happens at once, to the room that is open. */
  function mishap(label, run) {
    const made = button(label, () => run(room()))
    mishaps.push(made)
    return made
  }

  function switchOff({ webhooks }) {
    const active = webhooks.filter((webhook) => webhook.status === 'active')
    return tell(active.length > 0 ? 'Webhooks switched off' : 'No webhook is on in this room', () =>
      Promise.all(active.map((webhook) => backend.switchOff(webhook.id))),
    )
  }

  function removeRoom({ id, title }) {
    if (confirm(`Delete the room “${title}” with everything in it?`)) {
      void tell('Room deleted', () => backend.removeRoom(id))
    }
  }

  function expire() {
    const warning = 'Without a refresh token the server stays without Webex until it is started again.'
    if (confirm(`Let the token of the integration expire? ${warning}`)) {
      void tell('Token expired', () => backend.expireTokens())
    }
  }

  call.append(...CALLS.map(({ label }, index) => new Option(label, String(index))))
  $('fault-groups').append(
    ...GROUPS.map(({ title, faults }) =>
      group(
        title,
        faults.map((fault) => button(fault.label, () => arm(fault))),
      ),
    ),
    group('At once', [
      mishap('Switch off the webhook', switchOff),
      mishap('Delete this room', removeRoom),
      button('Expire the token', expire),
    ]),
  )
  $('fault-clear').addEventListener('click', () => tell('Nothing is armed any more', () => backend.disarm()))

  return {
    /** The armed rules as the API lists them. */
    show(rules) {
      for (const each of mishaps) each.disabled = room() === null
      const lines = rules.map(describe)
      if (key === JSON.stringify(lines)) return
      key = JSON.stringify(lines)
      $('fault-count').textContent = lines.length > 0 ? `${lines.length} armed` : ''
      const shown = lines.length > 0 ? lines : ['Nothing is armed.']
      $('fault-armed').replaceChildren(...shown.map((line) => make('li', '', line)))
    },
  }
}
