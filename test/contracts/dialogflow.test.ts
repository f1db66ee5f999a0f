import { createDialogflowEndpoint } from '../../sandbox/dialogflow/index.ts'
import { createDialogflowBot } from '../../server/dialogflow/index.ts'
import { readAgent } from '../../server/local-bot/agent-export.ts'
import { createBrain } from '../../server/local-bot/brain.ts'
import type { Bot } from '../../server/ports.ts'
import { botAgent, botContract } from './bot.ts'

for (const wire of ['grpc', 'rest'] as const) {
  botContract(`Dialogflow over ${wire}`, async () => {
    const endpoint = await createDialogflowEndpoint({ brain: createBrain(await readAgent(botAgent)) })
    const apiUrl =
      wire === 'grpc' ? `grpc://127.0.0.1:${endpoint.grpcPort}` : `http://127.0.0.1:${endpoint.restPort}`
    const where = { projectId: 'shop-1', location: null, environment: null, keyFile: null, apiUrl }
    const bots: Bot[] = []
    const create = () => {
      const bot = createDialogflowBot({ ...where, clock: Date })
      bots.push(bot)
      return bot
    }
    return {
      bot: create(),
      again: async () => create(),
      async close() {
        await Promise.all(bots.map((bot) => bot.close()))
        await endpoint.close()
      },
    }
  })
}
