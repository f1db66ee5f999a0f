import { backend, listen } from './backend.js'
import { createCommands } from './commands.js'
import { createFaults } from './faults.js'
import { createLog, make } from './log.js'
import { createRooms, humans } from './rooms.js'

const $ = (id) => document.getElementById(id)

const side = $('side')
const form = $('composer')
const field = $('text')
const as = $('as')
const addForm = $('add')

/** The line that is answered, while one writes in its thread. */
let thread = null

let rooms = []
let chosen = null
let current = null
/** By room. */
const drafts = new Map()
/** The people answered as, latest last: in a new room the latest of its members is offered again. */
let voices = []

const log = createLog({
  list: $('log'),
  scroll: $('scroll'),
  newest: $('newest'),
  edit: (message, text) => attempt(() => backend.edit(chosen, message.from.email, message.id, text)),
  remove: (message) => attempt(() => backend.remove(chosen, message.from.email, message.id)),
  reply(message) {
    showThread(message)
    field.focus()
  },
})

const commands = createCommands({ row: $('commands'), field, changed: showSend })

const list = createRooms({
  list: $('rooms'),
  count: $('count'),
  pick(room) {
    choose(room.id)
    toggleRooms(false)
    field.focus()
  },
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

function showThread(message) {
  thread = message
  $('thread').hidden = message === null
  $('thread-of').textContent =
    message === null
      ? ''
      : `In reply to ${message.from.displayName}: ${message.text ?? message.files.join(', ')}`
}

const botOf = (room) =>
  room.type === 'group' ? room.members.find((member) => member.kind === 'bot') : undefined

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
  $('add-toggle').hidden = current?.type !== 'group'
  $('direct').hidden = none || !botOf(current) || humans(current).length === 0
  if (none) {
    $('title').textContent = 'No room yet'
    $('members').replaceChildren()
    showAdd(false)
    log.clear()
    return
  }
  list.seen(current)
  $('title').textContent = current.title
  $('title').title = current.title
  showPeople(current)
  commands.show(current.type)
  field.placeholder = current.type === 'direct' ? 'Write to the bot …' : 'Write to the visitor …'
  log.show(current, as.value)
}

/** To another room; what was being written here waits here. */
function turnTo(roomId) {
  const aside = commands.takeBack()
  if (chosen !== null) drafts.set(chosen, aside || field.value)
  chosen = roomId
  field.value = drafts.get(roomId) ?? ''
  showThread(null)
}

function choose(roomId) {
  if (roomId === chosen) return
  turnTo(roomId)
  current = null
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
    for (const room of rooms) list.seen(room)
  }
  const target = chosen === null ? rooms[0] : fresh && !isBusy() ? fresh : null
  if (target && target.id !== chosen) turnTo(target.id)
  const wanted = chosen
  const room = wanted === null ? null : await backend.room(wanted)
  if (wanted === chosen) {
    current = room
    showRoom()
  }
  list.show(rooms, chosen)
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

$('thread-leave').addEventListener('click', () => {
  showThread(null)
  field.focus()
})
$('direct').addEventListener('click', () => {
  const bot = botOf(current)
  const isHere = (room, email) => room.members.some((member) => member.email === email)
  const known = rooms.find(
    (room) => room.type === 'direct' && isHere(room, as.value) && isHere(room, bot.email),
  )
  void attempt(async () => {
    // The space comes to be with its first line.
    choose(known?.id ?? (await backend.direct(as.value, bot.email, 'help')).roomId)
    field.focus()
  })
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
  const answered = thread
  if (text.trim() === '' || field.disabled || roomId === null) return
  voices = [...voices.filter((email) => email !== as.value), as.value]
  // Emptied at once, so that a second Enter sends nothing twice; given back when it failed.
  const aside = commands.takeBack()
  field.value = aside
  showSend()
  const sent = await attempt(() => backend.write(roomId, as.value, text, answered?.id))
  if (sent) {
    if (answered === null) log.toEnd()
    if (thread === answered) showThread(null)
    return
  }
  if (chosen === roomId && field.value === aside) {
    field.value = text
    commands.keep(aside)
  } else drafts.set(roomId, text)
  showSend()
})

// Only a focused region scrolls by keys, and it holds nothing else to focus.
$('scroll').tabIndex = 0
listen(() => void refresh())
