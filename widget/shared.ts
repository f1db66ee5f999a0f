/** What passes between the server, the loader and the chat module. */
import type { FrontroomEvents, FrontroomOptions } from './frontroom.d.ts'

/** Texts by language tag. */
export type ByLang = Readonly<Record<string, string>>

/** What the server puts in the place of `__FRONTROOM__` when it serves `/widget.js`. */
export interface LoaderSettings {
  /** Path of the chat module on the server, e.g. `/widget/chat.0123456789.js`. */
  readonly chat: string
  readonly look: Look
  /** Name of the bubble by language. */
  readonly bubble: ByLang
}

export interface Look {
  readonly accent: string
  /** A colour that is read well on `accent`. */
  readonly onAccent: string
  /** Which side the bubble sits on; mirrored where the widget's language runs from right to left. */
  readonly position: 'left' | 'right'
  /** Address of an image shown in the header. */
  readonly logo?: string | null
}

/** From the script tag's `data-*` (also `data-param-<key>`), changed by `Frontroom('set', …)`. All of it is the host page's. */
export type Options = Omit<FrontroomOptions, 'theme' | 'position'> & { theme?: string; position?: string }

export type EventName = keyof FrontroomEvents

/** What the loader hands to the chat module. */
export interface Frame {
  readonly root: ShadowRoot
  /** Its `data-badge` is the mark at its corner. */
  readonly button: HTMLButtonElement
  readonly look: Look
  readonly options: Options
  emit(name: EventName, detail?: unknown): void
  /** The language that the page asks for. */
  langOf(): string
}

/** What the loader gets back: commands of the host page, by their names, and what the loader itself needs. */
export type ChatApp = {
  open(topic?: string, opener?: HTMLElement): void
  close(): void
  isOpen(): boolean
  send(text: string): void
  reset(): void
  /** `options` changed by these. */
  update(changed: Options): void
  destroy(): void
}

export interface ChatModule {
  createChat(frame: Frame): ChatApp
}

/** The one localStorage key; written when a chat is started, removed when it has ended. */
export const STORAGE_KEY = 'frontroom'

/** The text in the language asked for, else its base language, else English. */
export function pick(text: ByLang, lang: string): string {
  return text[lang] ?? text[lang.split('-')[0] ?? ''] ?? text.en ?? ''
}
