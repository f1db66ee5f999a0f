/** The whole product with Google's own client, against a local Dialogflow behind which the example agent stands. */
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { createDialogflowEndpoint } from '../../sandbox/dialogflow/index.ts'
import { readAgent } from '../../server/local-bot/agent-export.ts'
import { createBrain } from '../../server/local-bot/brain.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startChat, type Visitor } from '../support/visitor.ts'

const agent = fileURLToPath(new URL('../../sandbox/demo-agent/', import.meta.url))

let server: TestServer
let endpoint: Awaited<ReturnType<typeof createDialogflowEndpoint>>
afterEach(async () => {
  await server.close()
  await endpoint.close()
})

const fromBot = (visitor: Visitor, text: RegExp) =>
  visitor.until((e) => e.type === 'message' && e.message.from === 'bot' && text.test(e.message.text))
const reaches = (visitor: Visitor, state: string) =>
  visitor.until((e) => e.type === 'state' && e.state === state)

describe.each(['grpc', 'http'] as const)('Dialogflow over %s', (wire) => {
  it('greets, answers and asks its questions; after the handover it is called no more until staff hand back', async () => {
    endpoint = await createDialogflowEndpoint({ brain: createBrain(await readAgent(agent)) })
    const port = wire === 'grpc' ? endpoint.grpcPort : endpoint.restPort
    server = await startServer({
      env: { DIALOGFLOW_PROJECT_ID: 'my-project', DIALOGFLOW_API_URL: `${wire}://127.0.0.1:${port}` },
    })
    const visitor = await startChat(server.origin, { topic: 'sales' })
    const greeting = await visitor.until((e) => e.type === 'message' && (e.message.choices?.length ?? 0) > 1)
    await visitor.send('What are your opening hours?')
    await visitor.until((e) => e.seq > greeting.seq && e.type === 'message' && e.message.from === 'bot')
    await visitor.send('agent')
    await visitor.until((e) => e.type === 'message' && e.message.choices?.includes('Billing') === true)
    await visitor.send('Billing')
    // The agent's own questions before a person comes: answered until it has no more.
    await expect
      .poll(
        async () => {
          const { chat, events } = (await visitor.events()).body
          const last = events.filter((e) => e.type === 'message').at(-1)
          if (chat.state === 'bot' && last?.type === 'message' && last.message.from === 'bot')
            await visitor.send('It is 4711.')
          return chat.state
        },
        { interval: 200, timeout: 20_000 },
      )
      .toBe('waiting')
    await fromBot(visitor, /passing you on to our team \(Billing\)/)
    const calls = endpoint.requests().length
    expect(calls).toBeGreaterThanOrEqual(4)

    for (const text of ['Hello?', 'What are your opening hours?']) await visitor.send(text)
    const { id } = await server.staff.theRoom()
    await server.staff.write(id, 'chris@example.com', 'I am here.')
    await reaches(visitor, 'live')
    await visitor.send('agent')
    await server.pass(30)
    expect(endpoint.requests()).toHaveLength(calls)

    await server.staff.write(id, 'chris@example.com', '/handback')
    await fromBot(visitor, /assistant again/)
    await visitor.send('What are your opening hours?')
    await expect.poll(() => endpoint.requests().length).toBe(calls + 1)
    const { store } = server.app
    const all = () => store.botTurns.list(store.db, visitor.chatId)
    await expect.poll(async () => (await all()).length).toBe(calls + 1)
    const turns = await all()
    expect(
      turns
        .filter(({ seq, fallback }) => seq !== null && !fallback)
        .every(({ intent, confidence }) => intent && confidence),
    ).toBe(true)
  })
})
