/** The conversation: one list item per message, kept while it stays the same so that focus and selection survive. */

const NEAR_PX = 80
const GROUP_MS = 5 * 60_000

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })

export function make(tag, className, text) {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text !== undefined) element.textContent = text
  return element
}

function act(label, run) {
  const button = make('button', '', label)
  button.type = 'button'
  button.addEventListener('click', run)
  return button
}

/** Replies follow the line they answer, their `root`, as in a Webex client. */
function threaded(messages) {
  const threads = new Map()
  for (const message of messages) {
    const thread = threads.get(message.parentId)
    if (thread) thread.push({ ...message, root: thread[0] })
    else threads.set(message.id, [message])
  }
  return [...threads.values()].flat()
}

/** As far as one can see from here: notes and commands, lines that call somebody by name, and threads under a note. */
function staysInside({ from, text, mentions, root }) {
  if (root && staysInside(root)) return true
  return from.kind === 'person' && (/^\s*[/／]/.test(text ?? '') || mentions?.length > 0)
}

export function createLog({ list, scroll, newest, edit, remove, reply }) {
  let items = new Map()
  let shownRoom = null
  let editing = null

  const isNear = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_PX

  function toEnd() {
    scroll.scrollTop = scroll.scrollHeight
    newest.hidden = true
  }
  newest.addEventListener('click', toEnd)
  scroll.addEventListener('scroll', () => {
    if (isNear()) newest.hidden = true
  })

  function startEditing(item, message) {
    editing = message.id
    const form = make('form', 'editor')
    const field = make('textarea')
    field.value = message.text ?? ''
    field.setAttribute('aria-label', 'Edit your message')
    const acts = make('div', 'acts')
    const save = make('button', '', 'Save')
    save.type = 'submit'
    const stop = () => {
      editing = null
      form.replaceWith(...parts(item, message))
      item.querySelector('.acts button')?.focus()
    }
    acts.append(act('Cancel', stop), save)
    form.append(field, acts)
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      if (field.value.trim() === '' || !(await edit(message, field.value))) return
      stop()
    })
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') stop()
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault()
        form.requestSubmit()
      }
    })
    item.replaceChildren(form)
    field.focus()
  }

  function parts(item, message) {
    const meta = make('div', 'meta')
    const who = make('span', 'who', message.from.displayName)
    who.title = message.from.email
    meta.append(who)
    if (message.from.kind === 'integration') meta.append(make('span', 'via', 'integration'))
    if (message.from.kind === 'bot') meta.append(make('span', 'via', 'bot'))
    const time = make('time', '', clock.format(new Date(message.created)))
    time.dateTime = message.created
    meta.append(time)
    if (message.updated) meta.append(make('span', '', 'edited'))
    if (message.root) meta.append(make('span', '', `↳ in reply to ${message.root.from.displayName}`))
    if (message.inside) meta.append(make('span', '', 'stays inside'))

    const bubble = make('div', 'bubble', message.text ?? '')
    for (const name of message.files) bubble.append(make('span', 'file', `📎 ${name}`))

    const acts = make('div', 'acts')
    acts.append(act('Reply', () => reply(message.root ?? message)))
    if (!message.mine) return [meta, bubble, acts]
    if (message.files.length === 0) acts.append(act('Edit', () => startEditing(item, message)))
    acts.append(act('Delete', () => remove(message)))
    return [meta, bubble, acts]
  }

  function classOf(message) {
    const names = [message.from.kind]
    if (message.mine) names.push('mine')
    if (message.more) names.push('more')
    if (message.inside) names.push('inside')
    if (message.root) names.push('reply')
    return names.join(' ')
  }

  function toShow(message, as, more = false) {
    const inside = staysInside(message)
    return { ...message, more: more && !inside, inside, mine: message.from.email === as }
  }

  /** Lines that follow each other closely share one heading; days are set apart. */
  function arranged(room, as) {
    let before = null
    let day = ''
    const lines = []
    for (const message of threaded(room.messages)) {
      if (message.root) {
        lines.push(toShow(message, as))
        before = null
        continue
      }
      const today = calendar.format(new Date(message.created))
      if (today !== day) lines.push({ id: `day ${today}`, day: today })
      const more =
        today === day &&
        before?.from.email === message.from.email &&
        !message.updated &&
        Date.parse(message.created) - Date.parse(before.created) < GROUP_MS &&
        message.from.kind === 'person'
      lines.push(toShow(message, as, more))
      before = message
      day = today
    }
    return lines
  }

  function itemOf(line, fresh) {
    if (line.day) return make('li', 'day', line.day)
    const item = make('li', `${classOf(line)}${fresh ? ' fresh' : ''}`)
    item.append(...parts(item, line))
    return item
  }

  return {
    show(room, as) {
      const sameRoom = shownRoom === room.id
      const follow = !sameRoom || isNear()
      const known = sameRoom ? items : new Map()
      if (!sameRoom) editing = null
      shownRoom = room.id
      const next = new Map()
      let grew = false
      for (const line of arranged(room, as)) {
        const key = JSON.stringify(line)
        const old = known.get(line.id)
        const keep = old && (old.key === key || editing === line.id)
        if (!old) grew = true
        next.set(line.id, keep ? old : { key, item: itemOf(line, sameRoom && !old) })
      }
      items = next
      // Only what moved is touched: replacing everything would close open editors and read the log aloud again.
      let place = list.firstChild
      for (const { item } of next.values()) {
        if (item === place) place = place.nextSibling
        else list.insertBefore(item, place)
      }
      while (place) {
        const gone = place
        place = place.nextSibling
        gone.remove()
      }
      if (follow) toEnd()
      else if (grew) newest.hidden = false
    },
    clear() {
      items = new Map()
      shownRoom = null
      editing = null
      newest.hidden = true
      list.replaceChildren()
    },
    toEnd,
    isEditing: () => editing !== null,
  }
}
