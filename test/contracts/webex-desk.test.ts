import { createWebexClient } from '../../server/webex/client.ts'
import { createWebexDesk } from '../../server/webex/desk.ts'
import { fixedToken } from '../../server/webex/oauth.ts'
import { startSandbox } from '../support/process.ts'
import { deskContract } from './desk.ts'

for (const hookUrl of ['http://127.0.0.1:9/hooks/webex', null]) {
  deskContract(`Webex ${hookUrl ? 'with' : 'without'} webhooks`, async () => {
    let now = 0
    const sandbox = await startSandbox()
    const { apiUrl, accounts, staff } = sandbox
    const client = (token: string) => createWebexClient({ apiUrl, tokens: fixedToken(token, 'test') })
    return {
      desk: createWebexDesk({
        integration: client(accounts.integrationToken),
        bot: client(accounts.botToken),
        hookUrl,
        hookSecret: 's'.repeat(32),
        // Ten minutes pass between any two looks: a room that was asked for has appeared by then, or never will.
        clock: { now: () => (now += 600_000) },
      }),
      write: async (roomId, text) => void (await staff.write(roomId, 'anna@example.com', text)),
      texts: (roomId) =>
        staff.room(roomId).then(
          (room) => room.messages.map((message) => message.text ?? ''),
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
