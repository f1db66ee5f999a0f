/**
 * The tabs of a site that show one chat: the one that holds a lock asks the server and tells the others what it hears. When it
 * is closed or dies, the browser hands the lock to the next.
 */
import type { Conversation } from './beside.ts'
import type { State } from './state.ts'
import type { Events } from './wire.ts'

/** What a tab tells the others. */
export interface News {
  /** What its poll was answered, also when that was nothing. */
  readonly answer?: Events
  readonly seen?: number
}

export interface Tabs {
  /** Settled when it is known whether this tab leads. */
  join(): Promise<void>
  /** Lets go of everything; returns whether this tab led. */
  leave(): boolean
  leads(): boolean
  tell(news: News): void
}

const NAME = 'frontroom'
/** A leader tells something at every answer to its poll; one that is silent for longer may be frozen. */
const SILENCE_MS = 60_000

export function createTabs(chat: Conversation, state: () => State): Tabs {
  let life: AbortController | undefined
  let channel: BroadcastChannel | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let leads = false

  function become(leader: boolean): void {
    leads = leader
    chat.lead(leader)
    if (leads) chat.presence('here')
  }

  function listen(): void {
    clearTimeout(silence)
    silence = setTimeout(() => {
      chat.ask()
      listen()
    }, SILENCE_MS)
  }

  function receive({ data: { chatId, answer, seen } }: MessageEvent<News & { chatId: string }>): void {
    const { chatId: ours, cursor } = state()
    if (chatId !== ours) return
    if (seen) chat.saw(seen)
    if (!answer) return
    listen()
    // What lies between was not heard here.
    if ((answer.events.find(({ seq }) => seq > cursor)?.seq ?? 0) > cursor + 1) chat.ask()
    else chat.hear(answer)
  }

  function join(): Promise<void> {
    leave()
    const mine = new AbortController()
    const { signal } = mine
    life = mine
    // Both are for secure pages or newer browsers only.
    if (!navigator.locks || !window.BroadcastChannel) {
      become(true)
      return Promise.resolve()
    }
    channel = new BroadcastChannel(NAME)
    channel.onmessage = receive
    return new Promise((settled) => {
      /** The lock is held as long as the promise is open. */
      const hold = async (lock: Lock | null) => {
        settled()
        if (signal.aborted) return
        clearTimeout(silence)
        become(!!lock)
        if (lock) return await new Promise<void>((done) => signal.addEventListener('abort', () => done()))
        listen()
        navigator.locks.request(NAME, { signal }, hold).catch(() => {})
      }
      navigator.locks.request(NAME, { ifAvailable: true }, hold).catch(() => settled())
    })
  }

  function leave(): boolean {
    const led = leads
    clearTimeout(silence)
    life?.abort()
    channel?.close()
    channel = undefined
    leads = false
    return led
  }

  return {
    join,
    leave,
    leads: () => leads,
    tell: (news) => channel?.postMessage({ chatId: state().chatId, ...news }),
  }
}
