import { describe, expect, it } from 'vitest'
import type { RoomRef } from '../../server/ports.ts'
import { type Started, startReceiver } from '../sandbox/start.ts'
import { ANNA, type Answer, calls, fault, furnished, oddWebex, roomRef, SECRET } from './desks.ts'

const HOOK_URL = 'http://127.0.0.1:9/hooks/webex'
const CHANGES = /^(POST|PUT|DELETE) \/webhooks/

interface Hook {
  readonly id: string
  readonly name: string
  readonly targetUrl: string
  readonly filter: string
  readonly status: string
  readonly created: string
  readonly secret?: string
}

/** A room with its webhook, as a start leaves it. */
async function listening(hookUrl = HOOK_URL) {
  const furniture = await furnished({ hookUrl })
  const { started, desk, room } = furniture
  const [tended] = await desk.tend([room])
  if (!tended) throw new Error('no webhook was made')
  const hooks = async () => (await started.rest<{ items: Hook[] }>('GET', '/webhooks')).body.items
  for (const { created } of await hooks()) nextMillisecond(created)
  const changes = await calls(started, CHANGES)
  return {
    ...furniture,
    room: tended.room,
    hookId: tended.room.details.hookId ?? '',
    hooks,
    /** What was done to webhooks from here on. */
    done: async () => (await calls(started, CHANGES)).slice(changes.length),
  }
}

const makeHook = async (started: Started, room: RoomRef, change: object = {}): Promise<string> => {
  const { body } = await started.rest<Hook>('POST', '/webhooks', {
    name: `Frontroom ${room.details.ref}`,
    targetUrl: HOOK_URL,
    resource: 'messages',
    event: 'all',
    filter: `roomId=${room.id}`,
    secret: SECRET,
    ...change,
  })
  nextMillisecond(body.created)
  return body.id
}

/** Which webhook came first is told by the millisecond: none is made in that of another. */
function nextMillisecond(created: string): void {
  while (Date.now() <= Date.parse(created));
}

describe('the webhook of a room', () => {
  it('is made for a room that has none, for messages of that room, with our secret', async () => {
    const { hooks, room, hookId } = await listening()
    expect(await hooks()).toEqual([
      expect.objectContaining({
        id: hookId,
        name: 'Frontroom C-7F3KQ2',
        targetUrl: HOOK_URL,
        resource: 'messages',
        event: 'all',
        filter: `roomId=${room.id}`,
        secret: SECRET,
      }),
    ])
  })

  it('is called again after it was switched off, by its old id', async () => {
    const receiver = await startReceiver()
    const { started, desk, room, hookId } = await listening(receiver.url)
    await started.api('POST', `/webhooks/${hookId}/deactivate`, {})
    expect(await desk.tend([room])).toEqual([{ room, was: 'inactive' }])
    await started.api('POST', `/rooms/${room.id}/messages`, { as: ANNA, text: 'hello' })
    await expect.poll(() => receiver.calls.length).toBe(1)
    expect(receiver.calls[0]?.json.id).toBe(hookId)
  })

  it.each([
    ['address', { targetUrl: 'http://127.0.0.1:9/old' }],
    ['secret', { secret: 'o'.repeat(32) }],
  ])('is told our %s when that has changed', async (_what, old) => {
    const { started, desk, room } = await furnished({ hookUrl: HOOK_URL })
    const hookId = await makeHook(started, room, old)
    const kept = { ...room, details: { ...room.details, hookId } }
    expect(await desk.tend([kept])).toEqual([{ room: kept, was: 'missing' }])
    const { body } = await started.rest<Hook>('GET', `/webhooks/${hookId}`)
    expect(body).toMatchObject({ targetUrl: HOOK_URL, secret: SECRET, status: 'active' })
    expect(await desk.tend([kept])).toEqual([])
  })

  it('is not told over and over by who shows its address and secret in another way', async () => {
    const hook = {
      id: 'h1',
      name: 'Frontroom C-7F3KQ2',
      filter: 'roomId=r1',
      targetUrl: 'https://hidden.example',
      secret: '****',
      status: 'active',
    }
    const { desk, asked } = await oddWebex(
      (path) => ({ body: path === '/webhooks' ? { items: [hook] } : hook }),
      { hookUrl: HOOK_URL },
    )
    const room = { id: 'r1', details: { ref: 'C-7F3KQ2', hookId: 'h1' } }
    for (let n = 0; n < 3; n++) await desk.tend([room])
    expect(asked.filter((call) => call.startsWith('PUT'))).toHaveLength(1)
  })

  it.each(['http://127.0.0.1:9/hooks/webex', 'HTTP://127.0.0.1:9/hooks/webex'])(
    'is left alone where its address is only written in another way: %s',
    async (targetUrl) => {
      const { started, desk, room } = await furnished({ hookUrl: HOOK_URL })
      const hookId = await makeHook(started, room, { targetUrl })
      expect(await desk.tend([{ ...room, details: { ...room.details, hookId } }])).toEqual([])
    },
  )

  it('that went between the list and its repair is made anew', async () => {
    const { started, desk, room, hookId, hooks } = await listening()
    await started.api('POST', `/webhooks/${hookId}/deactivate`, {})
    await fault(started, { method: 'PUT', path: '/webhooks/*', answer: { status: 404 } })
    const [tended] = await desk.tend([room])
    expect(tended?.was).toBe('missing')
    expect(tended?.room.details.hookId).not.toBe(hookId)
    expect((await hooks()).map(({ id }) => id)).toContain(tended?.room.details.hookId)
  })

  it('that a list leaves out is not made twice', async () => {
    const hook = { id: 'h1', name: 'Frontroom C-7F3KQ2', filter: 'roomId=r1', targetUrl: HOOK_URL }
    const { desk, asked } = await oddWebex(
      (path) => ({ body: path === '/webhooks' ? { items: [] } : hook }),
      { hookUrl: HOOK_URL },
    )
    expect(await desk.tend([{ id: 'r1', details: { ref: 'C-7F3KQ2', hookId: 'h1' } }])).toEqual([])
    expect(asked).toEqual(['GET /webhooks?max=100', 'GET /webhooks/h1'])
  })

  it.each(['before', 'late'])(
    'whose making got no answer (%s) is looked for before another is made',
    async (effect) => {
      const { started, desk, room, hookId, hooks, done } = await listening()
      await started.api('DELETE', `/webhooks/${hookId}`)
      await fault(started, { method: 'POST', path: '/webhooks', answer: { status: 502 }, effect })
      await expect(desk.tend([room])).rejects.toMatchObject({ outcome: { effect: 'unknown' } })
      expect(await done()).toEqual(['POST /webhooks 502'])
      await expect.poll(hooks).toHaveLength(1)
      const [found] = await hooks()
      const [tended] = await desk.tend([room])
      expect(tended).toMatchObject({ was: 'missing', room: { details: { hookId: found?.id } } })
      expect(await done()).toEqual(['POST /webhooks 502'])
      expect(await desk.tend(tended ? [tended.room] : [])).toEqual([])
    },
  )

  it('whose repair got no answer is said to be repaired: nobody else will say so', async () => {
    const { started, desk, room, hookId } = await listening()
    await started.api('POST', `/webhooks/${hookId}/deactivate`, {})
    await fault(started, { method: 'PUT', path: '/webhooks/*', effect: 'before', reset: true })
    expect(await desk.tend([room])).toEqual([{ room, was: 'inactive' }])
    expect(await desk.tend([room])).toEqual([])
  })

  it('stays the one that was made first where there are two, whichever is known', async () => {
    const { started, desk, room, hookId, hooks } = await listening()
    const later = await makeHook(started, room)
    expect(await desk.tend([room])).toEqual([])
    expect((await hooks()).map(({ id }) => id)).toEqual([hookId])
    const laterAgain = await makeHook(started, room)
    expect(laterAgain).not.toBe(later)
    const known = { ...room, details: { ...room.details, hookId: laterAgain } }
    expect(await desk.tend([known])).toEqual([{ room, was: 'missing' }])
    expect((await hooks()).map(({ id }) => id)).toEqual([hookId])
  })

  it('is the second where the first went meanwhile, and a double that stays for now harms nobody', async () => {
    const { started, desk, room, hookId, hooks } = await listening()
    const second = await makeHook(started, room)
    const third = await makeHook(started, room)
    for (const id of [hookId, second]) await started.api('POST', `/webhooks/${id}/deactivate`, {})
    await fault(started, { method: 'PUT', path: `/webhooks/${hookId}`, answer: { status: 404 } })
    await fault(started, { method: 'DELETE', path: `/webhooks/${third}`, answer: { status: 503 } })
    const [tended] = await desk.tend([room])
    expect(tended).toMatchObject({ was: 'inactive', room: { details: { hookId: second } } })
    expect((await hooks()).map(({ id }) => id)).toContain(third)
  })

  it('is neither one of another name, nor one that hears more than this room', async () => {
    const { started, desk, room, hookId, hooks } = await listening()
    await started.api('DELETE', `/webhooks/${hookId}`)
    const others = [
      await makeHook(started, room, { name: 'Frontroom C-OTHER' }),
      await makeHook(started, room, { filter: `roomId=${room.id}&hasFiles=true` }),
      await makeHook(started, room, { filter: undefined }),
    ]
    const [tended] = await desk.tend([room])
    if (!tended) throw new Error('the webhook was missing')
    expect((await hooks()).map(({ id }) => id)).toEqual([...others, tended.room.details.hookId])
    await started.api('DELETE', `/webhooks/${tended.room.details.hookId}`)
    await desk.closeRoom(tended.room)
    expect((await hooks()).map(({ id }) => id)).toEqual(others)
  })

  it('goes at the end of a chat also where another took the place of the one that was noted', async () => {
    const { started, desk, room, hookId, hooks } = await listening()
    await started.api('DELETE', `/webhooks/${hookId}`)
    await makeHook(started, room)
    await desk.closeRoom(room)
    expect(await hooks()).toEqual([])
  })
})

describe('looking after many rooms', () => {
  const rooms = Array.from({ length: 250 }, (_, n) => ({
    id: `r${n}`,
    details: { ref: `C-${n}`, hookId: `h${n}` },
  }))
  const hookOf = (n: number, status = 'active') => ({
    id: `h${n}`,
    name: `Frontroom C-${n}`,
    filter: `roomId=r${n}`,
    targetUrl: HOOK_URL,
    status,
  })
  /** Webhooks in pages of a hundred, behind a page that is empty. */
  function listOf(path: string, query: URLSearchParams, status: (n: number) => string): Answer {
    const page = Number(query.get('page') ?? '0')
    const items =
      page === 0
        ? []
        : Array.from({ length: 100 }, (_, n) => (page - 1) * 100 + n)
            .filter((n) => n < 250)
            .map((n) => hookOf(n, status(n)))
    const link = page < 3 ? { link: `</v1${path}?page=${page + 1}>; rel="next"` } : {}
    return { body: { items }, headers: link }
  }

  it('costs one look at the list when nothing is wrong', async () => {
    const { desk, asked } = await oddWebex((path, query) => listOf(path, query, () => 'active'), {
      hookUrl: HOOK_URL,
    })
    expect(await desk.tend(rooms)).toEqual([])
    expect(asked).toHaveLength(4)
  })

  it('tells what was done before Webex had enough, and does the rest the next time', async () => {
    let puts = 0
    const awake = new Set<number>()
    const { desk } = await oddWebex(
      (path, query, method) => {
        if (method !== 'PUT') return listOf(path, query, (n) => (awake.has(n) ? 'active' : 'inactive'))
        if (++puts === 4) return { status: 429 }
        awake.add(Number(path.slice('/webhooks/h'.length)))
        return {}
      },
      { hookUrl: HOOK_URL },
    )
    // Of the first five.
    const first = await desk.tend(rooms)
    expect(first).toHaveLength(4)
    const rest = await desk.tend(rooms)
    expect(new Set([...first, ...rest].map(({ room }) => room.id)).size).toBe(250)
    expect(rest).toHaveLength(246)
    expect(await desk.tend(rooms)).toEqual([])
  })

  it('goes on after a room that Webex refuses for good', async () => {
    const { desk } = await oddWebex(
      (path, query, method) =>
        method === 'PUT'
          ? { status: path === '/webhooks/h3' ? 400 : 200 }
          : listOf(path, query, () => 'inactive'),
      { hookUrl: HOOK_URL },
    )
    const ids = (await desk.tend(rooms)).map(({ room }) => room.id)
    expect(ids).toHaveLength(249)
    expect(ids).not.toContain('r3')
    await expect(desk.tend(rooms.slice(3, 4))).rejects.toMatchObject({ outcome: { permanent: true } })
  })

  it.each([503, 429, 401])('is not done while the list cannot be had (%i)', async (status) => {
    const { desk, asked } = await oddWebex(() => ({ status }), { hookUrl: HOOK_URL })
    await expect(desk.tend(rooms)).rejects.toMatchObject({ name: 'DeliveryError' })
    expect(asked.every((call) => call.startsWith('GET /webhooks'))).toBe(true)
  })

  it('is nothing to do where Webex cannot reach us', async () => {
    const { desk, asked } = await oddWebex(() => ({}))
    expect(await desk.tend([roomRef('r1')])).toEqual([])
    expect(asked).toEqual([])
  })
})
