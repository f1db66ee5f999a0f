import { z } from 'zod'
import type { Presence } from '../../server/ports.ts'
import { createWebexClient } from '../../server/webex/client.ts'
import { createWebexDesk } from '../../server/webex/desk.ts'
import { fixedToken } from '../../server/webex/oauth.ts'
import { startSandbox } from '../support/process.ts'
import type { RoomMessage } from '../support/staff.ts'
import { deskContract } from './desk.ts'

const ANNA = 'anna@example.com'
const EAVESDROPPER = 'Another program'

/** What Webex says of people, for each thing we make of it. */
const STATUS: Readonly<Record<Presence, string>> = {
  online: 'active',
  busy: 'meeting',
  offline: 'OutOfOffice',
  unknown: 'unknown',
}

type Shown = RoomMessage & { readonly parentId?: string; readonly mentions?: readonly string[] }

interface Hook {
  readonly id: string
  readonly name: string
  readonly filter?: string
  readonly status: string
}

for (const hookUrl of ['http://127.0.0.1:9/hooks/webex', null]) {
  deskContract(`Webex ${hookUrl ? 'with' : 'without'} webhooks`, async () => {
    let now = 0
    const sandbox = await startSandbox()
    const { apiUrl, accounts, staff } = sandbox
    const client = (token: string) => createWebexClient({ apiUrl, tokens: fixedToken(token, 'test') })

    async function control(method: string, path: string, body?: object): Promise<void> {
      const answered = await fetch(new URL(path, apiUrl), {
        method,
        ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
      })
      if (!answered.ok) throw new Error(`${method} ${path}: ${answered.status}`)
    }

    const hooksOf = async (roomId: string) =>
      ((await staff.hooks()) as readonly Hook[]).filter((hook) => hook.filter === `roomId=${roomId}`)

    return {
      desk: createWebexDesk({
        integration: client(accounts.integrationToken),
        bot: client(accounts.botToken),
        hookUrl,
        hookSecret: 's'.repeat(32),
        // Ten minutes pass between any two looks: a room that was asked for has appeared by then, or never will.
        clock: { now: () => (now += 600_000) },
      }),
      names: { bot: '@Frontroom', ours: '@Frontroom Desk', ben: '@Ben', all: '@All' },
      write: async (roomId, text, { as = ANNA, replyTo } = {}) =>
        (await staff.write(roomId, as, text, replyTo === undefined ? {} : { parentId: replyTo })).id,
      takeBack: async (roomId, id) => {
        const { messages } = await staff.room(roomId)
        const as = messages.find((message) => message.id === id)?.from.email ?? ''
        await control('DELETE', `/api/rooms/${roomId}/messages/${id}?as=${encodeURIComponent(as)}`)
      },
      edit: (roomId, id, text) => control('PUT', `/api/rooms/${roomId}/messages/${id}`, { as: ANNA, text }),
      deafen: async (roomId, how) => {
        for (const { id, name } of await hooksOf(roomId)) {
          if (name === EAVESDROPPER) continue
          if (how === 'inactive') await control('POST', `/api/webhooks/${id}/deactivate`, {})
          else await control('DELETE', `/api/webhooks/${id}`)
        }
      },
      eavesdrop: async (roomId) => {
        await client(accounts.integrationToken).call('POST', '/webhooks', z.unknown(), {
          body: {
            name: EAVESDROPPER,
            targetUrl: 'http://127.0.0.1:9/elsewhere',
            resource: 'messages',
            event: 'created',
            filter: `roomId=${roomId}`,
          },
        })
      },
      loseNextRoom: () => staff.fault({ method: 'POST', path: '/rooms', effect: 'before', reset: true }),
      listening: async (roomId) =>
        (await hooksOf(roomId)).filter(({ status, name }) => status === 'active' && name !== EAVESDROPPER)
          .length,
      people: async (roomId) => (await staff.room(roomId)).members.map((member) => member.email),
      setPresence: (email, presence) => control('PUT', `/api/people/${email}`, { status: STATUS[presence] }),
      knowNobody: () =>
        staff.fault({ method: 'POST', path: '/memberships', answer: { status: 404 }, times: 1000 }),
      fail: () => staff.fault({ method: '*', path: '/*', answer: { status: 503, html: true }, times: 1000 }),
      lines: (roomId) =>
        staff.room(roomId).then(
          (room) =>
            room.messages.map(({ id, text = '', parentId, mentions = [] }: Shown) => ({
              id,
              text,
              replyTo: parentId ?? null,
              calls: mentions,
            })),
          () => null,
        ),
      standing: async () => ({
        rooms: (await staff.rooms()).length,
        listeners: (await staff.hooks()).length,
      }),
      close: sandbox.close,
    }
  })
}
