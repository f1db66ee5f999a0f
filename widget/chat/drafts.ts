/**
 * What is written and not yet with the server survives a reload, a crash, another language and the end of the chat. What stands
 * in the box stands there in every tab; the last written counts.
 */
import type { Conversation } from './beside.ts'
import type { Unsent } from './outbox.ts'
import type { State } from './state.ts'

export interface Drafts {
  /** Sends what an earlier page could not. */
  restore(state: State): void
  update(state: State): void
  /** Another tab has saved something. */
  follow(state: State): void
}

export function createDrafts({ root, store, write }: Conversation): Drafts {
  let { draft = '', drafted = 0, token: whose } = store.read() ?? {}
  let box: HTMLTextAreaElement | null = null
  let kept = '[]'

  function unsentIn({ lines }: State): Unsent[] {
    return lines
      .filter(({ id, from }) => !id && from === 'visitor')
      .map(({ key, text, at }) => ({ clientId: key, text, at }))
  }

  /** Later than all that any tab has seen, whatever the clock does. */
  function stamp(): void {
    drafted = Math.max(Date.now(), drafted + 1)
  }

  function put(): void {
    store.write({ draft, drafted })
  }

  function fill(text: string): void {
    if (!box) return
    box.value = text
    box.dispatchEvent(new Event('input'))
  }

  /** Other tabs have lines of their own there. */
  function keep(state: State): void {
    const unsent = unsentIn(state)
    const now = JSON.stringify(unsent)
    if (now === kept) return
    const known = new Set(state.lines.map(({ key }) => key))
    const others = store.read()?.unsent?.filter(({ clientId }) => !known.has(clientId)) ?? []
    kept = now
    store.write({ unsent: [...others, ...unsent] })
  }

  return {
    restore({ lines }) {
      const known = new Set(lines.map(({ key }) => key))
      for (const line of store.read()?.unsent ?? []) if (!known.has(line.clientId)) write(line)
    },
    update(state) {
      if (state.phase === 'ended') {
        // Nobody will read it here: it is for the next chat.
        const unsent = box ? unsentIn(state).map(({ text }) => text) : []
        draft = [...unsent, draft].join('\n').trim()
        kept = '[]'
        if (unsent[0]) stamp()
        box = null
        return
      }
      keep(state)
      const there = root.querySelector('textarea')
      if (!there?.closest('[part=composer]')) return
      if (there !== box) {
        box = there
        if (draft && !box.value) fill(draft)
        const saved = store.read()
        whose = saved?.token
        if (drafted > (saved?.drafted ?? 0)) put()
      }
      if (box.value === draft) return
      draft = box.value
      stamp()
      put()
    },
    follow({ chatId, phase }) {
      const saved = store.read()
      if (!saved || saved.chatId !== chatId || phase === 'ended') return
      const { draft: theirs = '', drafted: then = 0, token } = saved
      const isAnothers = token !== whose
      whose = token
      // Tabs write at the same time: a late one may have put older words back.
      if (then < drafted && !isAnothers) put()
      // Of another visitor nothing is kept.
      if (then <= drafted && !isAnothers) return
      drafted = then
      draft = theirs
      fill(draft)
    },
  }
}
