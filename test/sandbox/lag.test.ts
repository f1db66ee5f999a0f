import { describe, expect, it } from 'vitest'
import type { Json, Started } from './start.ts'
import { openRoom, startSandbox } from './start.ts'

type Items = { items: Json[] }
const ANNA = 'anna.kowalska@example.com'

/** A sandbox whose clock goes only when it is told to. */
async function startClocked() {
  let clock = Date.parse('2026-11-20T09:00:00Z')
  const started = await startSandbox({ now: () => clock })
  const pass = (ms: number) => {
    clock += ms
  }
  return { ...started, pass }
}

const texts = async ({ rest }: Started, roomId: string) =>
  (await rest<Items>('GET', `/messages?roomId=${roomId}`)).body.items.map((message) => message.text)
const titles = async ({ rest }: Started) =>
  (await rest<Items>('GET', '/rooms?sortBy=lastactivity')).body.items.map((room) => room.title)
const post = ({ rest }: Started, roomId: string, text: string) =>
  rest<{ id: string }>('POST', '/messages', { roomId, text })

describe('a list that lags', () => {
  it('leaves out what is younger than it says, and shows it once it is old enough', async () => {
    const started = await startClocked()
    const roomId = await openRoom(started, [ANNA])
    await post(started, roomId, 'one')
    await started.api('POST', '/faults', { lag: 3000, path: '/messages' })
    started.pass(2999)
    await post(started, roomId, 'two')
    expect(await texts(started, roomId)).toEqual([])
    started.pass(1)
    expect(await texts(started, roomId)).toEqual(['one'])
    started.pass(2999)
    expect(await texts(started, roomId)).toEqual(['two', 'one'])
  })

  it('hides nothing from whoever knows the id, and nothing in the room view', async () => {
    const started = await startClocked()
    await started.api('POST', '/faults', { lag: 3000 })
    const roomId = await openRoom(started)
    const { body } = await post(started, roomId, 'one')
    expect(await titles(started)).toEqual([])
    expect((await started.rest('GET', `/rooms/${roomId}`)).status).toBe(200)
    expect((await started.rest('GET', `/messages/${body.id}`)).status).toBe(200)
    expect((await started.api<Items>('GET', '/rooms')).body.items).toHaveLength(1)
  })

  it('knows a room from before its latest message moved it up', async () => {
    const started = await startClocked()
    const quiet = await started.rest<{ id: string }>('POST', '/rooms', { title: 'quiet' })
    await post(started, quiet.body.id, 'old')
    started.pass(10)
    await started.rest('POST', '/rooms', { title: 'busy' })
    started.pass(5000)
    await started.api('POST', '/faults', { lag: 3000, path: '/rooms' })
    await post(started, quiet.body.id, 'new')
    expect(await titles(started)).toEqual(['busy', 'quiet'])
    expect((await started.rest('GET', `/rooms/${quiet.body.id}`)).body.lastActivity).toBe(
      '2026-11-20T09:00:05.010Z',
    )
    started.pass(3000)
    expect(await titles(started)).toEqual(['quiet', 'busy'])
  })

  it('lags for as many calls as it says, each of its own list', async () => {
    const started = await startClocked()
    const roomId = await openRoom(started)
    await post(started, roomId, 'one')
    await started.api('POST', '/faults', { lag: 3000, path: '/messages', times: 2 })
    expect(await titles(started)).toHaveLength(1)
    expect(await texts(started, roomId)).toEqual([])
    expect(await texts(started, roomId)).toEqual([])
    expect(await texts(started, roomId)).toEqual(['one'])
  })

  it('lags until it is taken back when it does not say', async () => {
    const started = await startClocked()
    const roomId = await openRoom(started)
    await post(started, roomId, 'one')
    await started.api('POST', '/faults', { lag: 3000 })
    for (let n = 0; n < 5; n += 1) expect(await texts(started, roomId)).toEqual([])
    expect((await started.api<Items>('GET', '/faults')).body.items).toEqual([
      { lag: 3000, path: '*', times: null },
    ])
    await started.api('DELETE', '/faults')
    expect(await texts(started, roomId)).toEqual(['one'])
  })
})
