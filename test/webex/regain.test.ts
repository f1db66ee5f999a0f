import { describe, expect, it } from 'vitest'
import { ANNA, calls, deskAt, fault, furnished } from './desks.ts'

const HOOK_URL = 'http://127.0.0.1:9/hooks/webex'
const DESK = 'desk@sandbox.example'
const BOT = 'frontroom@webex.bot'

async function withBot() {
  const furniture = await furnished({ hookUrl: HOOK_URL })
  const { started, roomId } = furniture
  await started.api('POST', `/rooms/${roomId}/members`, { as: ANNA, email: BOT })
  return furniture
}

describe('a room that Webex says it does not know', () => {
  it('is as it was when it is there after all', async () => {
    const { desk, room } = await withBot()
    expect(await desk.regain(room)).toBe(room)
  })

  it('is entered again by the bot where somebody put our account out, and all of it is read', async () => {
    const { started, desk, room } = await withBot()
    await started.api('DELETE', `/rooms/${room.id}/members/${DESK}?as=${ANNA}`)
    await started.api('POST', `/rooms/${room.id}/messages`, { as: ANNA, text: 'where are you' })
    await expect(desk.read(room, null)).rejects.toMatchObject({ outcome: { permanent: true } })
    const again = await desk.regain(room)
    expect(again).toEqual(room)
    expect(again).not.toBe(room)
    expect((await desk.read(room, null)).lines.map(({ text }) => text)).toEqual(['where are you'])
  })

  it('is gone where nobody is left to let us in', async () => {
    const { started, desk, room } = await furnished({ hookUrl: HOOK_URL })
    await started.api('DELETE', `/rooms/${room.id}/members/${DESK}?as=${ANNA}`)
    expect(await desk.regain(room)).toBeNull()
    const { integrationToken } = started.sandbox.accounts
    const botless = deskAt(`${started.base}/v1`, { tokens: { integration: integrationToken, bot: null } })
    expect(await botless.regain(room)).toBeNull()
  })

  it('is gone where it was deleted, also when another has a title that begins like it', async () => {
    const { started, desk, room } = await withBot()
    await started.rest('POST', '/rooms', { title: 'Sales · Anna · C-7F3KQ2 · copy' })
    // Of somebody else, who knows how our rooms are called.
    const strangers = await started.bot<{ id: string }>('POST', '/rooms', { title: 'x · C-7F3KQ2' })
    await started.bot('POST', '/memberships', { roomId: strangers.body.id, personEmail: DESK })
    await started.api('DELETE', `/rooms/${room.id}`)
    expect(await desk.regain(room)).toBeNull()
  })

  it('is found under its new id after a migration, and listened to there', async () => {
    const { started, desk, room } = await withBot()
    const [tended] = await desk.tend([room])
    if (!tended) throw new Error('no webhook was made')
    await started.api('POST', `/rooms/${room.id}/messages`, { as: ANNA, text: 'before' })
    const { body } = await started.api<{ id: string }>('POST', `/rooms/${room.id}/migrate`, {})
    await expect(desk.read(tended.room, null)).rejects.toMatchObject({ outcome: { permanent: true } })
    const moved = await desk.regain(tended.room)
    expect(moved).toEqual({ id: body.id, details: { ref: 'C-7F3KQ2', roomId: body.id } })
    if (!moved) throw new Error('the room was found')
    expect((await desk.read(moved, null)).lines.map(({ text }) => text)).toEqual(['before'])
    const [again] = await desk.tend([moved])
    expect(again?.was).toBe('missing')
    const hooks = await started.rest<{ items: { id: string; filter: string }[] }>('GET', '/webhooks')
    expect(hooks.body.items.map(({ filter }) => filter)).toEqual([`roomId=${body.id}`])
  })

  it.each([503, 429, 401])('may be there while Webex cannot say (%i)', async (status) => {
    const { started, desk, room } = await withBot()
    await fault(started, { method: 'GET', path: '/rooms/*', answer: { status }, times: 9 })
    await expect(desk.regain(room)).rejects.toMatchObject({ name: 'DeliveryError' })
    expect(await calls(started, /^POST \/memberships/)).toHaveLength(1)
  })
})
