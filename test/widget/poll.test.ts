import { describe, expect, it, vi } from 'vitest'
import type { Answer } from '../../widget/chat/api.ts'
import { backoff, type Rhythm } from '../../widget/chat/loop.ts'
import { createOutbox, type Unsent } from '../../widget/chat/outbox.ts'
import { createPoll } from '../../widget/chat/poll.ts'
import type { ChatEvent, Events } from '../../widget/chat/wire.ts'

const at = '2026-11-20T10:00:00.000Z'
const event = (seq: number): ChatEvent => ({
  seq,
  at,
  type: 'message',
  message: { id: `m${seq}`, from: 'agent', text: '' },
})
const none = { ok: false, status: 0, retryAfter: 0, body: {} } as const
const refused = (status: number, retryAfter = 0) => ({ ok: false, status, retryAfter, body: {} }) as const
const events = (...list: ChatEvent[]): Answer<Events> => ({
  ok: true,
  status: 200,
  retryAfter: 0,
  body: { events: list, cursor: list.at(-1)?.seq ?? 0, chat: { state: 'live' } },
})

const until = (check: () => void) => vi.waitFor(check, { interval: 1 })

/** A rhythm whose pauses end when the test says so, and whose clock stands still. */
function byHand() {
  const pauses: { ms: number; end: () => void }[] = []
  const beat: Rhythm = {
    pause: (ms, signal) =>
      new Promise<void>((done) => {
        pauses.push({ ms, end: done })
        signal.addEventListener('abort', () => done())
      }),
    random: () => 0,
    now: () => 0,
  }
  return { pauses, beat }
}

/** A server that answers when the test says so. */
function server() {
  const asked: { signal: AbortSignal; answer: (answer: Answer<Events>) => void }[] = []
  const request = (signal: AbortSignal) =>
    new Promise<Answer<Events>>((answer) => {
      asked.push({ signal, answer })
      signal.addEventListener('abort', () => answer(none))
    })
  return { asked, request }
}

function polling(leads = () => true) {
  const { pauses, beat } = byHand()
  const { asked, request } = server()
  const heard: number[] = []
  const links: boolean[] = []
  const gone = vi.fn()
  const poll = createPoll(
    {
      events: request,
      leads,
      onEvents: ({ events: list }) => heard.push(...list.map(({ seq }) => seq)),
      onLink: (online) => links.push(online),
      onGone: gone,
    },
    beat,
  )
  const answered = async (count: number) => await until(() => expect(asked.length).toBe(count))
  return { poll, pauses, asked, heard, links, gone, answered }
}

describe('the poll', () => {
  it('of a tab that does not lead ends when it has all there is', async () => {
    const { poll, asked, heard, pauses, answered } = polling(() => false)
    poll.start()
    await answered(1)
    asked[0]?.answer(events(event(1)))
    await answered(2)
    asked[1]?.answer(events())
    await until(() => expect(heard).toEqual([1]))
    await until(() => {
      poll.start()
      expect(asked.length).toBe(3)
    })
    expect(pauses).toEqual([])
  })

  it('asks again as soon as it is answered, and only once at a time', async () => {
    const { poll, asked, heard, pauses, answered } = polling()
    poll.start()
    poll.start()
    expect(asked.length).toBe(1)
    asked[0]?.answer(events(event(1), event(2)))
    await answered(2)
    asked[1]?.answer(events(event(3)))
    await answered(3)
    expect(heard).toEqual([1, 2, 3])
    expect(pauses).toEqual([])
    poll.stop()
  })

  it('waits longer after each failure, at least as long as it was told, and begins anew after a success', async () => {
    const { poll, asked, links, pauses, answered } = polling()
    poll.start()
    const failures = [none, refused(503), refused(429, 9), none]
    for (const [index, failure] of failures.entries()) {
      asked[index]?.answer(failure)
      await until(() => expect(pauses.length).toBe(index + 1))
      pauses[index]?.end()
      await answered(index + 2)
    }
    expect(pauses.map(({ ms }) => ms)).toEqual([1000, 2000, 9000, 8000])
    asked[4]?.answer(events(event(1)))
    await answered(6)
    asked[5]?.answer(none)
    await until(() => expect(pauses.at(-1)?.ms).toBe(1000))
    expect(links).toEqual([false, false, false, false, true, false])
    poll.stop()
  })

  it('does not race a server that answers held requests at once with nothing', async () => {
    const { poll, asked, links, pauses } = polling()
    poll.start()
    asked[0]?.answer(events())
    await until(() => expect(pauses.map(({ ms }) => ms)).toEqual([1000]))
    expect(links).toEqual([true])
    poll.stop()
  })

  it('asks at once when it is kicked, out of a pause and out of a held request', async () => {
    const { poll, asked, links, pauses, answered } = polling()
    poll.start()
    asked[0]?.answer(none)
    await until(() => expect(pauses.length).toBe(1))
    poll.kick()
    await answered(2)
    poll.kick()
    await answered(3)
    expect(asked[1]?.signal.aborted).toBe(true)
    expect(links).toEqual([false])
    expect(pauses.length).toBe(1)
    poll.stop()
  })

  it.each([400, 401, 404])('gives up the chat on %s', async (status) => {
    const { poll, asked, gone, pauses } = polling()
    poll.start()
    asked[0]?.answer(refused(status))
    await until(() => expect(gone).toHaveBeenCalledOnce())
    expect([asked.length, pauses.length]).toEqual([1, 0])
  })

  it('is deaf once stopped, and can be started again', async () => {
    const { poll, asked, heard, answered } = polling()
    poll.start()
    poll.stop()
    expect(asked[0]?.signal.aborted).toBe(true)
    poll.start()
    await answered(2)
    asked[0]?.answer(events(event(1)))
    asked[1]?.answer(events(event(2)))
    await answered(3)
    expect(heard).toEqual([2])
    poll.stop()
  })
})

describe('the back-off', () => {
  it('doubles up to half a minute, less a random share of at most a half', () => {
    expect([1, 2, 3, 6, 7, 50].map((n) => backoff(n, 0, 0))).toEqual([
      1000, 2000, 4000, 30_000, 30_000, 30_000,
    ])
    expect(backoff(1, 0, 1)).toBe(500)
    expect(backoff(1, 60, 1)).toBe(60_000)
  })
})

function sending() {
  const { pauses, beat } = byHand()
  const posts: { line: Omit<Unsent, 'at'>; answer: (answer: Answer<{ event: ChatEvent }>) => void }[] = []
  const sent: number[] = []
  const unsent: string[] = []
  const outbox = createOutbox(
    {
      post: (line) => new Promise((answer) => posts.push({ line, answer })),
      onSent: ({ seq }) => sent.push(seq),
      onUnsent: ({ clientId }) => unsent.push(clientId),
    },
    beat,
  )
  const posted = async (...ids: string[]) =>
    await until(() => expect(posts.map(({ line }) => line.clientId)).toEqual(ids))
  return { outbox, posts, pauses, sent, unsent, posted }
}
const line = (clientId: string) => ({ clientId, text: clientId, at: '2026-11-20T10:00:00.000Z' })
const accepted = (seq: number) =>
  ({ ok: true, status: 201, retryAfter: 0, body: { event: event(seq) } }) as const

describe('the outbox', () => {
  it('sends one line after the other', async () => {
    const { outbox, posts, sent, posted } = sending()
    outbox.push(line('a'))
    outbox.push(line('b'))
    await posted('a')
    posts[0]?.answer(accepted(1))
    await posted('a', 'b')
    posts[1]?.answer(accepted(2))
    await until(() => expect(sent).toEqual([1, 2]))
  })

  it('repeats a line under the same id before any later one', async () => {
    const { outbox, posts, pauses, sent, unsent, posted } = sending()
    outbox.push(line('a'))
    posts[0]?.answer(none)
    await until(() => expect(pauses.length).toBe(1))
    expect(unsent).toEqual(['a'])
    outbox.push(line('b'))
    await posted('a', 'a')
    posts[1]?.answer(accepted(1))
    await posted('a', 'a', 'b')
    posts[2]?.answer(accepted(2))
    await until(() => expect(sent).toEqual([1, 2]))
  })

  it('tries at once when it is kicked, and never keeps the same line twice', async () => {
    const { outbox, posts, pauses, posted } = sending()
    outbox.push(line('a'))
    posts[0]?.answer(refused(503, 20))
    await until(() => expect(pauses.map(({ ms }) => ms)).toEqual([20_000]))
    outbox.push(line('a'))
    await posted('a', 'a')
    posts[1]?.answer(none)
    await until(() => expect(pauses.length).toBe(2))
    outbox.kick()
    await posted('a', 'a', 'a')
    posts[2]?.answer(accepted(1))
    outbox.push(line('b'))
    await posted('a', 'a', 'a', 'b')
  })

  it('lets a line go that the server will never take, and goes on with the next', async () => {
    const { outbox, posts, unsent, sent, posted } = sending()
    outbox.push(line('a'))
    outbox.push(line('b'))
    posts[0]?.answer(refused(422))
    await posted('a', 'b')
    posts[1]?.answer(accepted(1))
    await until(() => expect(sent).toEqual([1]))
    expect(unsent).toEqual(['a'])
  })

  it('says nothing any more about lines it was told to forget', async () => {
    const { outbox, posts, sent, unsent, posted } = sending()
    outbox.push(line('a'))
    outbox.clear()
    posts[0]?.answer(accepted(1))
    outbox.push(line('b'))
    await posted('a', 'b')
    posts[1]?.answer(accepted(2))
    await until(() => expect(sent).toEqual([2]))
    expect(unsent).toEqual([])
  })
})
