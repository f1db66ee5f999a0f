/** The list of rooms: one button per room, kept while it stays the same so that focus survives. */
import { make } from './log.js'

const short = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const dayOnly = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })

function when(instant) {
  const date = new Date(instant)
  return date.toDateString() === new Date().toDateString() ? short.format(date) : dayOnly.format(date)
}

export const humans = (room) => room.members.filter((member) => member.kind === 'person')

export function createRooms({ list, count, pick }) {
  const buttons = new Map()
  /** The latest activity that was on screen, by room. */
  const seen = new Map()

  function roomButton(room, chosen) {
    let entry = buttons.get(room.id)
    if (!entry) {
      const item = make('li')
      const button = make('button')
      button.type = 'button'
      button.addEventListener('click', () => pick(room))
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

  return {
    show(rooms, chosen) {
      const order = rooms.map((room) => roomButton(room, chosen))
      // Reordering takes focus away from a button that is moved.
      const focused = document.activeElement
      order.forEach((item, index) => {
        if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null)
      })
      while (list.children.length > order.length) list.lastChild.remove()
      if (focused !== document.activeElement && list.contains(focused)) focused.focus()
      count.textContent = rooms.length > 0 ? String(rooms.length) : ''
      for (const id of buttons.keys()) if (!rooms.some((room) => room.id === id)) buttons.delete(id)
    },
    seen: (room) => void seen.set(room.id, room.lastActivity),
  }
}
