/**
 * What goes on beside a conversation, fetched when a chat is under way: one tab asks the server for all, what is written
 * survives a reload, the server is told when the visitor goes, the title counts, a sound rings. Without this file the
 * conversation works all the same, each tab for itself.
 */

import { createBell } from './bell.ts'
import { createDrafts } from './drafts.ts'
import type { Say } from './i18n.ts'
import type { Unsent } from './outbox.ts'
import { type State, unread } from './state.ts'
import type { Store } from './store.ts'
import { createTabs } from './tabs.ts'
import type { Events } from './wire.ts'

export interface BesideModule {
  createBeside: typeof createBeside
}

/** The chat, as what is beside it needs it. */
export interface Conversation {
  readonly root: ShadowRoot
  readonly store: Store
  say: Say
  /** Whether this tab goes on asking the server; either way it asks once. */
  lead(isLeader: boolean): void
  /** Asks the server once, or goes on asking. */
  ask(): void
  /** Asks the server nothing until `lead` or `ask`. */
  pause(): void
  hear(answer: Events): void
  /** The visitor has seen this far, in another tab. */
  saw(seen: number): void
  /** Sends a line that an earlier page could not. */
  write(line: Unsent): void
  presence(where: 'here' | 'away'): void
}

export interface Beside {
  /** Settled when it is known whether this tab leads. */
  readonly ready: Promise<void>
  /** What the poll was answered. */
  tell(answer: Events): void
  /** Draws what it adds, after the panel was drawn, and keeps what must not be lost. */
  update(state: State): void
  destroy(): void
}

export function createBeside(chat: Conversation, first: State): Beside {
  const { root } = chat
  const life = new AbortController()
  const tabs = createTabs(chat, () => last)
  const drafts = createDrafts(chat)
  const bell = createBell(chat)
  let last = first
  /** What we have put before the page's title. */
  let count = ''

  function title(unseen: number): void {
    const { title } = document
    const bare = title.startsWith(count) ? title.slice(count.length) : title
    count = unseen ? `(${unseen}) ` : ''
    // The page's own title is written only when it has to be.
    if (count + bare !== title) document.title = count + bare
  }

  /** A phone's keyboard covers the page instead of shrinking it; what is left is told by the visual viewport only. */
  function fit(): void {
    const panel = root.querySelector('dialog')
    const seen = visualViewport
    if (!panel || !seen) return
    const isZoomed = seen.scale > 1.1
    panel.style.cssText =
      panel.matches(':modal') && !isZoomed
        ? `block-size:${seen.height}px;inset-block-start:${seen.offsetTop}px`
        : ''
  }

  function isOn({ phase, chatId }: State): boolean {
    return !!chatId && phase !== 'ended'
  }

  /** Whatever is held open would keep the page out of the back/forward cache. */
  function part(): void {
    title(0)
    chat.pause()
    if (tabs.leave() && isOn(last)) chat.presence('away')
  }

  function update(state: State): void {
    const was = last
    last = state
    if (state.chatId !== was.chatId && isOn(state)) void tabs.join()
    if (!isOn(state)) tabs.leave()
    if (state.seen > was.seen) tabs.tell({ seen: state.seen })
    drafts.update(state)
    bell.update(state, tabs.leads())
    title(unread(state))
  }

  addEventListener('pagehide', part, life)
  addEventListener('pageshow', ({ persisted }) => persisted && isOn(last) && tabs.join(), life)
  addEventListener('storage', () => drafts.follow(last), life)
  root.addEventListener('input', () => drafts.update(last), life)
  window.visualViewport?.addEventListener('resize', fit, life)
  drafts.restore(first)
  update(first)

  return {
    ready: tabs.join(),
    tell: (answer) => tabs.tell({ answer }),
    update,
    destroy() {
      life.abort()
      part()
      bell.destroy()
    },
  }
}
