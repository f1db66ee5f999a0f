import { createLocalBot } from '../../server/local-bot/index.ts'
import { botAgent, botContract } from './bot.ts'

botContract('the built-in bot', async () => {
  const again = () => createLocalBot({ path: botAgent })
  return { bot: await again(), again, close: async () => undefined }
})
