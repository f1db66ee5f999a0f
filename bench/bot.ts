/** What a turn of the bot costs beside the bot's own time: the bot here answers at once. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { report } from './report.ts'
import { api, type Event, startServer } from './server.ts'

const TURNS = 1000
/** Of a fresh process: they are measured by nobody's visitor but the first. */
const WARM_UP = 30

export async function benchBot(env: Record<string, string>): Promise<void> {
  /** When the bot was asked, by what it was asked. */
  const asked = new Map<string, number>()
  const answered = new Map<string, number>()
  const bot = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    const text =
      (JSON.parse(Buffer.concat(chunks).toString()) as { input: { text?: string } }).input.text ?? 'hello'
    asked.set(text, performance.now())
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end(JSON.stringify({ messages: [{ text: `re: ${text}` }] }))
    answered.set(text, performance.now())
  })
  await new Promise<void>((resolve) => bot.listen(0, '127.0.0.1', resolve))
  const server = await startServer({
    ...env,
    BOT: `http://127.0.0.1:${(bot.address() as AddressInfo).port}/`,
    BOT_SECRET: 'a secret of thirty-two characters!',
  })
  try {
    const base = `${server.origin}/api/v1`
    const { token } = await api<{ token: string }>('POST', `${base}/sessions`, undefined, {})
    const { chat } = await api<{ chat: { id: string } }>('POST', `${base}/chats`, token, { topic: 'sales' })
    let cursor = 0
    const until = async (text: string) => {
      for (;;) {
        const url = `${base}/chats/${chat.id}/events?after=${cursor}&wait=25`
        const page = await api<{ events: Event[]; cursor: number }>('GET', url, token)
        cursor = page.cursor
        if (page.events.some((event) => event.message?.text === text)) return performance.now()
      }
    }
    await until('re: hello')
    const whole: number[] = []
    const own: number[] = []
    for (let n = -WARM_UP; n < TURNS; n++) {
      const held = until(`re: line ${n}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
      const began = performance.now()
      await api('POST', `${base}/chats/${chat.id}/messages`, token, {
        clientId: crypto.randomUUID(),
        text: `line ${n}`,
      })
      const stored = performance.now()
      const seen = await held
      const there = (asked.get(`line ${n}`) ?? Number.NaN) - began
      const back = seen - (answered.get(`line ${n}`) ?? Number.NaN)
      if (n < 0) continue
      whole.push(there + back)
      own.push(Math.max(0, there - (stored - began)) + back)
    }
    report("a bot's turn without the bot: line sent to poll", whole)
    report('the same from the stored line on', own)
  } finally {
    await server.stop()
    bot.closeAllConnections()
    bot.close()
  }
}
