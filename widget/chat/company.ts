/** Fetches what goes on beside a conversation, and does without it when it does not come. */
import type { Beside, BesideModule, Conversation } from './beside.ts'
import { lazy } from './lazy.ts'
import type { State } from './state.ts'
import type { Events } from './wire.ts'

/** The address of `beside.ts` beside ours; put in by the build. */
declare const __BESIDE__: string

const load = lazy<BesideModule>(__BESIDE__)
/** A file that does not come must not keep the news back. */
const PATIENCE_MS = 3000

export interface Company {
  /** The visitor comes. The first tab to come asks the server for all; without company each asks for itself. */
  attend(): void
  /** Settled when it is known whether this tab leads, or will not be known soon. */
  settled(): Promise<unknown> | undefined
  leads(): boolean
  tell(answer: Events): void
  update(state: State): void
  destroy(): void
}

export function createCompany(chat: Omit<Conversation, 'lead'>, state: () => State): Company {
  let leads = true
  let beside: Beside | undefined
  let settled: Promise<unknown> | undefined
  let life = {}

  async function arrive(): Promise<void> {
    const mine = life
    const { createBeside } = await load()
    // Whom it was called for is gone.
    if (mine !== life) return
    beside ??= createBeside({ ...chat, lead }, state())
    await beside.ready
  }

  function lead(isLeader: boolean): void {
    leads = isLeader
    chat.ask()
  }

  return {
    attend() {
      chat.ask()
      settled = Promise.race([arrive().catch(() => {}), new Promise((done) => setTimeout(done, PATIENCE_MS))])
    },
    settled: () => settled,
    leads: () => leads,
    tell: (answer) => beside?.tell(answer),
    update: (now) => beside?.update(now),
    destroy() {
      life = {}
      beside?.destroy()
      beside = undefined
    },
  }
}
