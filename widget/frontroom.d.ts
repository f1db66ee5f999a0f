/** What a host page may do with the widget. */

export interface FrontroomOptions {
  /** Language tag such as `pl`; the page's own language otherwise. */
  lang?: string | undefined
  /** Id of the topic that is chosen beforehand. */
  topic?: string | undefined
  /** `auto` follows the visitor's system. */
  theme?: 'auto' | 'light' | 'dark' | undefined
  /** Which side the bubble sits on. */
  position?: 'left' | 'right' | undefined
  /**
   * What staff should know of the visit, e.g. `{ plan: 'pro' }`: at most 20 keys of 64 characters, values of 256. Sent when
   * a chat is started, where the last `set` counts; merged into those the bot is told of while one is under way.
   */
  parameters?: Readonly<Record<string, string>> | undefined
}

/** Told as `frontroom:<name>` on `document`. None carries a text of the conversation. */
export interface FrontroomEvents {
  /** The bubble is there. */
  ready: CustomEvent<null>
  open: CustomEvent<null>
  close: CustomEvent<null>
  /** A chat was started. */
  start: CustomEvent<null>
  /** Staff, the bot or the system wrote. */
  message: CustomEvent<null>
  /** `detail`: how many lines the visitor has not seen. */
  unread: CustomEvent<number>
  /** The chat has ended. */
  end: CustomEvent<null>
  /** The chat could not be loaded. The visitor is told, and can try again. */
  error: CustomEvent<null>
}

export interface Frontroom {
  /** Opens the panel; `opener` gets the focus back when it closes. */
  (command: 'open', topic?: string, opener?: HTMLElement): void
  (command: 'close' | 'toggle'): void
  /** Shows or hides the bubble. A hidden one leaves `open` to the page's own button. */
  (command: 'show' | 'hide'): void
  (command: 'set', options: FrontroomOptions): void
  /** Opens the panel and sends a line for the visitor; before a chat it waits until they have started one. */
  (command: 'send', text: string): void
  <Name extends keyof FrontroomEvents>(
    command: 'on' | 'off',
    event: Name,
    listener: (event: FrontroomEvents[Name]) => void,
  ): void
  /** For a logout: ends the chat and forgets the visitor. */
  (command: 'reset'): void
  /** Leaves nothing on the page; a later script tag begins anew. */
  (command: 'destroy'): void
  /** Calls made before the script had come. */
  q?: ArrayLike<unknown>[]
  live?: true
}

declare global {
  interface Window {
    Frontroom?: Frontroom
  }
  interface DocumentEventMap extends FrontroomDocumentEvents {}
}

type FrontroomDocumentEvents = {
  [Name in keyof FrontroomEvents as `frontroom:${Name}`]: FrontroomEvents[Name]
}
