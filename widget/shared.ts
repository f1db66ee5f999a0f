/** What passes between the server, the loader and the chat module. */

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
  readonly logo: string | null
  readonly title: ByLang
}

/** From the script tag's `data-*`, changed by `Frontroom('set', …)`. All of it is written by the host page. */
export interface Options {
  lang: string
  topic?: string
  /** `left` | `right`, over the server's setting. */
  position?: string
  /** `light` | `dark`; anything else follows the visitor's system. */
  theme?: string
}

/** Names of the `frontroom:<name>` events on `document`. None carries a text of the conversation. */
export type EventName = 'ready' | 'open' | 'close' | 'start' | 'message' | 'end' | 'error'

/** What the loader hands to the chat module: its own parts, and the tools both need, so that they are loaded once. */
export interface Frame {
  readonly root: ShadowRoot
  readonly button: HTMLButtonElement
  /** The count on the bubble. */
  readonly badge: HTMLElement
  /** Origin of the API. */
  readonly base: string
  readonly look: Look
  readonly options: Options
  emit(name: EventName, detail?: unknown): void
  adopt(css: string): void
  icon(path: string): Element
  /** The language of everything that is shown, and its direction. */
  speak(lang: string): void
  pick(text: ByLang, lang: string): string
}

/** What the loader gets back. */
export interface ChatApp {
  open(topic?: string): void
  close(): void
  isOpen(): boolean
  /** `options` changed. */
  update(): void
  destroy(): void
}

export interface ChatModule {
  createChat(frame: Frame): ChatApp
}

/** The one localStorage key; written when a chat is started, removed when it has ended. */
export const STORAGE_KEY = 'frontroom'

/** The text in the language asked for, else its base language, else English, else the first there is. */
export function pick(text: ByLang, lang: string): string {
  return text[lang] ?? text[lang.split('-')[0] ?? ''] ?? text.en ?? Object.values(text)[0] ?? ''
}

/** Languages written from right to left; `Intl.Locale.textInfo` is not everywhere yet. */
export function direction(lang: string): 'rtl' | 'ltr' {
  return /^(ar|arc|ckb|dv|fa|he|ks|ps|sd|ug|ur|yi)\b/i.test(lang) ? 'rtl' : 'ltr'
}
