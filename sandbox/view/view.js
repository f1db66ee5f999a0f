import { backend, listen } from './backend.js'
import { createFaults } from './faults.js'
import { createLog, make } from './log.js'

const $ = (id) => document.getElementById(id)

const side = $('side')
const form = $('composer')
const field = $('text')
const as = $('as')
const addForm = $('add')

let rooms = []
let chosen = null
let current = null
/** Drafts and the last seen activity, per room. */
const drafts = new Map()
const seen = new Map()
/** The people answered as, latest last: in a new room the latest of its members is offered again. */
let voices = []

const log = createLog({
  list: $('log'),
  scroll: $('scroll'),
  newest: $('newest'),
  edit: (message, text) => attempt(() => backend.edit(chosen, message.from.email, message.id, text)),
  remove: (message) => attempt(() => backend.remove(chosen, message.from.email, message.id)),
})

const faults = createFaults({ attempt, room: () => current })

async function attempt(action) {
  try {
    await action()
    $('error').hidden = true
    return true
  } catch (error) {
    $('error').textContent = error instanceof TypeError ? 'The sandbox does not answer.' : error.message
    $('error').hidden = false
    return false
  }
}

const short = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const dayOnly = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })

function when(instant) {
  const date = new Date(instant)
  return date.toDateString() === new Date().toDateString() ? short.format(date) : dayOnly.format(date)
}

const humans = (room) => room.members.filter((member) => member.kind === 'person')

const buttons = new Map()

function roomButton(room) {
  let entry = buttons.get(room.id)
  if (!entry) {
    const item = make('li')
    const button = make('button')
    button.type = 'button'
    button.addEventListener('click', () => {
      choose(room.id)
      toggleRooms(false)
      field.focus()
    })
    item.append(button)
    entry = { item, button, key: '' }
    buttons.set(room.id, entry)
  }
  const isUnread = room.id !== chosen && seen.get(room.id) !== room.lastActivity
  const people = humans(room).map((member) => member.displayName)
  const key = JSON.stringify([room.title, room.lastActivity, people, isUnread])
  if (entry.key !== key) {
    entry.key = key
    const time = make('time', '', when(room.lastActivity))
    time.dateTime = room.lastActivity
    const sub = make('span', 'sub', people.join(', ') || 'Nobody yet')
    entry.button.title = room.title
    entry.button.className = isUnread ? 'unread' : ''
    entry.button.replaceChildren(make('span', 'name', room.title), sub, time)
    if (isUnread) {
      const dot = make('span', 'dot')
      dot.setAttribute('role', 'img')
      dot.setAttribute('aria-label', 'New messages')
      entry.button.append(dot)
    }
  }
  entry.button.setAttribute('aria-current', String(room.id === chosen))
  return entry.item
}

function showRooms() {
  const list = $('rooms')
  const order = rooms.map(roomButton)
  // Reordering takes focus away from a button that is moved.
  const focused = document.activeElement
  order.forEach((item, index) => {
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null)
  })
  while (list.children.length > order.length) list.lastChild.remove()
  if (focused !== document.activeElement && list.contains(focused)) focused.focus()
  $('count').textContent = rooms.length > 0 ? String(rooms.length) : ''
  for (const id of buttons.keys()) if (!rooms.some((room) => room.id === id)) buttons.delete(id)
}

function showPeople(room) {
  $('members').replaceChildren(
    ...room.members.map((member) => {
      const item = make('li', '', member.displayName)
      item.dataset.status = member.status
      item.title = `${member.email} · ${member.status}`
      return item
    }),
  )
  const people = humans(room)
  const isHere = (email) => people.some((person) => person.email === email)
  const wanted =
    as.dataset.room === room.id && isHere(as.value)
      ? as.value
      : (voices.findLast(isHere) ?? people[0]?.email ?? '')
  as.dataset.room = room.id
  const key = JSON.stringify(people.map((person) => person.email))
  if (as.dataset.key !== key) {
    as.dataset.key = key
    as.replaceChildren(
      ...people.map((person) => {
        const option = make('option', '', `${person.displayName} (${person.email})`)
        option.value = person.email
        return option
      }),
    )
  }
  as.value = wanted
  as.hidden = people.length === 0
  $('as-none').hidden = people.length > 0
  field.disabled = people.length === 0
  showSend()
}

function showSend() {
  $('send').disabled = field.disabled || field.value.trim() === ''
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight + 2}px`
}

function showRoom() {
  const none = current === null
  $('empty').hidden = !none
  $('log').hidden = none
  form.hidden = none
  $('add-toggle').hidden = none
  if (none) {
    $('title').textContent = 'No room yet'
    $('members').replaceChildren()
    showAdd(false)
    log.clear()
    return
  }
  seen.set(current.id, current.lastActivity)
  $('title').textContent = current.title
  $('title').title = current.title
  showPeople(current)
  log.show(current, as.value)
}

function choose(roomId) {
  if (roomId === chosen) return
  if (chosen !== null) drafts.set(chosen, field.value)
  chosen = roomId
  current = null
  field.value = drafts.get(roomId) ?? ''
  $('error').hidden = true
  showAdd(false)
  void refresh()
}

/** Nothing the user is in the middle of is taken away by a room that opens. */
function isBusy() {
  return field.value.trim() !== '' || !addForm.hidden || log.isEditing()
}

let running = false
let again = false

/** Reads everything again; changes that come meanwhile are read in one more go. */
async function refresh() {
  if (running) {
    again = true
    return
  }
  running = true
  do {
    again = false
    await attempt(readOnce)
  } while (again)
  running = false
}

async function readOnce() {
  const known = new Set(rooms.map((room) => room.id))
  const first = rooms.length === 0 && chosen === null
  rooms = await backend.rooms()
  const fresh = rooms.find((room) => !known.has(room.id))
  if (chosen !== null && !rooms.some((room) => room.id === chosen)) chosen = null
  if (first) {
    // What was there before the page opened is not news; only the newest room is opened.
    for (const room of rooms) seen.set(room.id, room.lastActivity)
  }
  const target = chosen === null ? rooms[0] : fresh && !isBusy() ? fresh : null
  if (target && target.id !== chosen) {
    if (chosen !== null) drafts.set(chosen, field.value)
    chosen = target.id
    field.value = drafts.get(target.id) ?? ''
  }
  const wanted = chosen
  const room = wanted === null ? null : await backend.room(wanted)
  if (wanted === chosen) {
    current = room
    showRoom()
  }
  showRooms()
  faults.show(await backend.faults())
}

function toggleRooms(open) {
  side.classList.toggle('open', open)
  $('open-rooms').setAttribute('aria-expanded', String(open))
  if (open) side.querySelector('[aria-current="true"], #close-rooms')?.focus()
}

function showAdd(open) {
  addForm.hidden = !open
  $('add-toggle').setAttribute('aria-expanded', String(open))
  if (open) $('add-email').focus()
}

$('open-rooms').addEventListener('click', () => toggleRooms(true))
$('close-rooms').addEventListener('click', () => {
  toggleRooms(false)
  $('open-rooms').focus()
})
side.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') $('close-rooms').click()
})
$('add-toggle').addEventListener('click', () => showAdd(addForm.hidden))
addForm.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  showAdd(false)
  $('add-toggle').focus()
})
addForm.addEventListener('submit', async (event) => {
  event.preventDefault()
  // A room whose people are all gone can still be helped by one of its other members.
  const by = as.value || current.members[0]?.email
  if (!(await attempt(() => backend.add(chosen, by, $('add-email').value.trim())))) return
  addForm.reset()
  showAdd(false)
  $('add-toggle').focus()
})

field.addEventListener('input', showSend)
field.addEventListener('keydown', (event) => {
  // While an input method composes, Enter accepts its proposal.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  form.requestSubmit()
})
as.addEventListener('change', () => {
  voices = [...voices.filter((email) => email !== as.value), as.value]
  if (current) log.show(current, as.value)
})
form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const text = field.value
  const roomId = chosen
  if (text.trim() === '' || field.disabled || roomId === null) return
  voices = [...voices.filter((email) => email !== as.value), as.value]
  // Emptied at once, so that a second Enter sends nothing twice; given back when it failed.
  field.value = ''
  showSend()
  const sent = await attempt(() => backend.write(roomId, as.value, text))
  if (sent) {
    log.toEnd()
    return
  }
  if (chosen === roomId && field.value === '') field.value = text
  else drafts.set(roomId, text)
  showSend()
})

// Only a focused region scrolls by keys, and it holds nothing else to focus.
$('scroll').tabIndex = 0
listen(() => void refresh())
