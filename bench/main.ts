/** `npm run bench`: how long a line takes, on this machine, over loopback, against the sandbox. Timings are never tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchBot } from './bot.ts'
import { report } from './report.ts'
import { api, type Event, startSandbox, startServer } from './server.ts'
import { benchSweeps } from './sweep.ts'

const LINES = 300
const STARTS = 30

const settings = {
  timezone: 'UTC',
  calendar: {
    hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' }],
  },
  topics: [{ id: 'sales', title: { en: 'Sales' }, participants: ['anna@example.com', 'ben@example.com'] }],
}

const folder = mkdtempSync(join(tmpdir(), 'frontroom-bench-'))
const webex = await startSandbox()
const room = webex.origin
writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings))
const env = {
  PORT: '0',
  DATABASE_URL: `sqlite:${join(folder, 'bench.db')}`,
  FRONTROOM_SETTINGS: join(folder, 'settings.json'),
  WEBEX_API_URL: `${room}/v1`,
  WEBEX_ACCESS_TOKEN: webex.integrationToken,
  LOG_LEVEL: 'info',
}

try {
  console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}\n`)
  const first = await startServer(env)
  await first.stop()
  const server = await startServer(env)
  console.log(`${'from start to ready, database there'.padEnd(52)} ${server.startedInMs.toFixed(0)} ms`)
  console.log(`${'RSS of an idle server'.padEnd(52)} ${server.rssMb().toFixed(0)} MB`)

  const base = `${server.origin}/api/v1`
  const starts: number[] = []
  let token = ''
  let chatId = ''
  for (let n = 0; n < STARTS; n++) {
    token = (await api<{ token: string }>('POST', `${base}/sessions`, undefined, {})).token
    const began = performance.now()
    const started = await api<{ chat: { id: string } }>('POST', `${base}/chats`, token, {
      topic: 'sales',
      name: 'Anna',
    })
    starts.push(performance.now() - began)
    chatId = started.chat.id
  }
  report('start of a chat, room with two people', starts)

  const rooms = await api<{ items: { id: string }[] }>('GET', `${room}/api/rooms`)
  const roomId = rooms.items[0]?.id ?? ''
  const toVisitor: number[] = []
  let { cursor } = await api<{ cursor: number }>('GET', `${base}/chats/${chatId}/events`, token)
  for (let n = 0; n < LINES; n++) {
    const held = (async () => {
      for (;;) {
        const page = await api<{ events: Event[]; cursor: number }>(
          'GET',
          `${base}/chats/${chatId}/events?after=${cursor}&wait=25`,
          token,
        )
        cursor = page.cursor
        if (page.events.some((event) => event.message?.text === `line ${n}`)) return performance.now()
      }
    })()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const began = performance.now()
    await api('POST', `${room}/api/rooms/${roomId}/messages`, undefined, {
      as: 'anna@example.com',
      text: `line ${n}`,
    })
    toVisitor.push((await held) - began)
  }
  report("staff's line to the visitor's held poll", toVisitor)

  const acknowledged: number[] = []
  const sent: number[] = []
  for (let n = 0; n < LINES; n++) {
    const began = performance.now()
    sent.push(Date.now())
    await api('POST', `${base}/chats/${chatId}/messages`, token, {
      clientId: crypto.randomUUID(),
      text: `own ${n}`,
    })
    acknowledged.push(performance.now() - began)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  report("visitor's line to its 201 (stored)", acknowledged)
  const messages = async () =>
    (await api<{ messages: { text?: string; created: string }[] }>('GET', `${room}/api/rooms/${roomId}`))
      .messages
  let own: { text?: string; created: string }[] = []
  for (const until = Date.now() + 10_000; own.length < LINES && Date.now() < until; ) {
    own = (await messages()).filter((message) => / · \d+\nown \d+$/.test(message.text ?? ''))
  }
  report(
    "visitor's line to the room",
    own.map((message, n) => Date.parse(message.created) - (sent[n] ?? 0)),
  )
  console.log(`${'RSS after that'.padEnd(52)} ${server.rssMb().toFixed(0)} MB`)
  await server.stop()
  await benchBot(env)
  // An empty database of your own: `BENCH_MYSQL_URL=mysql://root@127.0.0.1:3306/bench npm run bench`
  await benchSweeps(process.env.BENCH_MYSQL_URL)
} finally {
  webex.stop()
  rmSync(folder, { recursive: true, force: true })
}
