/**
 * `npm run chaos`: real server processes on one MariaDB against the sandbox, visitors and staff who write, and a seed that
 * decides what is killed, frozen, cut and lost meanwhile. Then calm, and a verdict: see docs/chaos.md.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SETTINGS } from '../support/settings.ts'
import { staffAt } from '../support/staff.ts'
import { check } from './checker.ts'
import { type ChatOnRecord, collect } from './collect.ts'
import { openDatabase } from './database.ts'
import type { DeletedMessage, StaffLine } from './logs.ts'
import { directMishaps } from './mishaps.ts'
import { type Node, startNode } from './nodes.ts'
import { type ChaosVisitor, createVisitor, staffWrite, type Town } from './people.ts'
import { createPlan } from './plan.ts'
import { createProxy } from './proxy.ts'
import { createRandom } from './random.ts'
import { isClean, stories, verdictLine } from './verdict.ts'
import { readCommandLine, USAGE } from './wishes.ts'

const DIST = fileURLToPath(new URL('../', import.meta.url))
const SETTLE_MS = 90_000
/** Effects come as late as 13 s after their callers gave up, which takes them 10 s; nothing is over before. */
const LATEST_MS = 25_000
const say = (line: string) => void process.stdout.write(`${line}\n`)
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

function wishesOrUsage() {
  try {
    return readCommandLine(process.argv.slice(2))
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    process.exit(2)
  }
}
const wishes = wishesOrUsage()
// Whoever started a process of ours ends it with us, however we end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

async function startSandbox(seed: number, faulted: number) {
  const child = spawn(process.execPath, [join(DIST, 'chaos/sandbox.js'), String(seed), String(faulted)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.once('exit', () => child.kill('SIGKILL'))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { origin, accounts } = JSON.parse(line.toString()) as {
    origin: string
    accounts: { integrationToken: string }
  }
  return {
    origin,
    port: Number(new URL(origin).port),
    token: accounts.integrationToken,
    report: async (method: 'GET' | 'POST') =>
      (await (await fetch(`${origin}/chaos?share=0`, { method })).json()) as {
        deleted: (DeletedMessage & { roomId: string })[]
        counts: Record<string, number>
      },
    deactivateWebhooks: async () =>
      void (await fetch(`${origin}/api/webhooks/deactivate`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })),
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

const began = Date.now()
const folder = mkdtempSync(join(tmpdir(), 'frontroom-chaos-'))
const database = await openDatabase(wishes.mysql)
const plan = createPlan({ ...wishes, ownDatabase: database.kill !== null })
const random = createRandom(plan.seed + 1)
const sandbox = await startSandbox(plan.seed, wishes.faulted)
const staff = staffAt(sandbox.origin)
const settings = {
  ...SETTINGS,
  idle: { heartbeatSeconds: 3_600, visitorMinutes: 600, botMinutes: 600 },
  attention: { remindMinutes: null, tellMinutes: null },
}
writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings))

const nodes: Node[] = []
/** Webhooks come to whichever node answers, as behind a load balancer. */
const anyNode = () =>
  (nodes.filter((node) => node.isUp())[random.below(2)] ?? nodes.find((node) => node.isUp()))?.port
const hooks = await createProxy(() => anyNode() ?? nodes[0]?.port ?? 9)

say(
  `chaos: seed ${plan.seed}, ${wishes.nodes} nodes, ${plan.chats} chats, ${wishes.messages} + ${wishes.messages} lines,`,
)
say(
  `       ${wishes.kills} kills, ${plan.mishaps.length} mishaps in all, ${wishes.faulted * 100} % of posts faulted, clocks wrong by ±${wishes.skew} min; logs in ${folder}`,
)
for (let n = 0; n < wishes.nodes; n++) {
  const name = `node-${n + 1}`
  const node = await startNode({
    main: join(DIST, 'server/main.js'),
    folder,
    name,
    databasePort: database.port,
    webexPort: sandbox.port,
    skewMs: (n % 2 === 0 ? 1 : -1) * wishes.skew * 60_000,
    env: (ports) => ({
      PORT: String(ports.own),
      PUBLIC_URL: `http://127.0.0.1:${hooks.port}`,
      DATABASE_URL: database.urlAt(ports.database),
      FRONTROOM_SETTINGS: join(folder, 'settings.json'),
      WEBEX_API_URL: `http://127.0.0.1:${ports.webex}/v1`,
      WEBEX_ACCESS_TOKEN: sandbox.token,
      WEBEX_WEBHOOK_SECRET: 'a secret of the crash test, and long enough',
      LOG_LEVEL: 'info',
    }),
  })
  nodes.push(node)
}

const mishaps = directMishaps(
  plan,
  { nodes, database, staff, deactivateWebhooks: sandbox.deactivateWebhooks },
  say,
)
const perChat = (chat: number) =>
  Math.floor(wishes.messages / plan.chats) + (chat < wishes.messages % plan.chats ? 1 : 0)
const town: Town = {
  origin: (chance) => nodes[chance.below(nodes.length)]?.origin ?? '',
  wrote: mishaps.wrote,
  paceMs: 9_000,
}

interface Chat {
  readonly visitor: ChaosVisitor
  readonly roomId: string
  readonly staff: StaffLine[]
}

async function openChat(n: number): Promise<Chat> {
  const visitor = await createVisitor(town, random.fork(), `Visitor ${n}`)
  const [row] = await database.rows<{ room_id: string }>(
    `select room_id from chats where id = '${visitor.chatId}'`,
  )
  return { visitor, roomId: row?.room_id ?? '', staff: [] }
}

const chats: Chat[] = []
for (let n = 0; n < plan.chats; n += 10)
  chats.push(
    ...(await Promise.all(Array.from({ length: Math.min(10, plan.chats - n) }, (_, k) => openChat(n + k)))),
  )
say(`${seconds(Date.now() - began)}: ${chats.length} chats stand; everybody writes`)
const ticker = setInterval(
  () => say(`${seconds(Date.now() - began)}: ${mishaps.written()} lines written`),
  30_000,
)
await Promise.all(
  chats.flatMap(({ visitor, roomId, staff: lines }, n) => [
    visitor.write(perChat(n), `c${n}`),
    staffWrite(town, random.fork(), staff, roomId, perChat(n), `c${n}`, lines),
  ]),
)
clearInterval(ticker)
await mishaps.settled()
await sandbox.report('POST')
await staff.noMoreFaults()
const calm = Date.now()
say(`${seconds(calm - began)}: calm`)

/** Nothing is owed any more, and every visitor has read all there is. */
async function isSettled(): Promise<boolean> {
  const [owed] = await database.rows<{ n: number }>("select count(*) n from outbox where state <> 'failed'")
  const ends = await database.rows<{ id: string; last_seq: number }>('select id, last_seq from chats')
  const readAll = chats.every(
    ({ visitor }) => visitor.cursor() >= (ends.find(({ id }) => id === visitor.chatId)?.last_seq ?? 0),
  )
  return Number(owed?.n) === 0 && readAll
}

async function logs() {
  const { deleted } = await sandbox.report('GET')
  const records = chats.map(({ visitor, roomId, staff: lines }): ChatOnRecord => {
    const gone = deleted.filter((message) => message.roomId === roomId)
    return { ...visitor, roomId, staff: lines, deleted: gone }
  })
  return collect(database.rows, staff, records)
}

let verdict = check([])
await pause(LATEST_MS)
while (Date.now() - calm < SETTLE_MS) {
  await pause(1_000)
  if (!(await isSettled())) continue
  verdict = check(await logs())
  if (isClean(verdict)) break
}
const settledMs = Date.now() - calm
await Promise.all(chats.map(({ visitor }) => visitor.leave()))
await Promise.all(chats.map(({ visitor }) => visitor.reread()))
const final = await logs()
verdict = check(final)

const percentile = (samples: readonly number[], share: number) =>
  seconds([...samples].sort((a, b) => a - b)[Math.floor((samples.length - 1) * share)] ?? 0)
const spread = (what: string, samples: readonly number[]) =>
  say(
    `  ${what.padEnd(36)} median ${percentile(samples, 0.5)}, p99 ${percentile(samples, 0.99)}, n=${samples.length}`,
  )
const { counts } = await sandbox.report('GET')
say(
  `mishaps: ${Object.entries(mishaps.happened)
    .map(([what, n]) => `${n} ${what}`)
    .join(', ')}`,
)
say(
  `Webex:   ${Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([what, n]) => `${n} ${what}`)
    .join(', ')}`,
)
spread(
  "visitor's line to its answer",
  chats.flatMap(({ visitor }) => visitor.ackMs),
)
spread(
  "visitor's line to the room",
  final.flatMap((log) =>
    log.visitor.lines.flatMap((line) => {
      const shown = log.room.messages.find(({ text }) => text.endsWith(`\n${line.text}`))
      return shown && line.text !== 'ok' ? [Math.max(0, shown.at - line.writtenAt)] : []
    }),
  ),
)
spread(
  "staff's line to the visitor",
  chats.flatMap(({ visitor, staff: lines }) =>
    lines.flatMap((line) => {
      const event = visitor.polls
        .flatMap(({ events }) => events)
        .find((e) => e.type === 'message' && e.message.text === line.text)
      const at = event && visitor.seenAt.get(event.seq)
      return at && line.text !== 'ok' ? [Math.max(0, at - line.at)] : []
    }),
  ),
)
const refused = chats
  .flatMap(({ visitor }) => visitor.lines)
  .filter(({ outcome }) => outcome === 'refused').length
if (refused > 0) say(`${refused} lines were refused though their chats are open`)
say(`settled ${seconds(settledMs)} after calm; ${seconds(Date.now() - began)} in all`)
for (const line of stories(verdict, final)) say(line)
say(verdictLine(verdict, plan.seed))

await Promise.all(nodes.map((node) => node.stop()))
await hooks.close()
await sandbox.stop()
await database.remove()
const good = isClean(verdict) && refused === 0
// The servers' logs of a run that went wrong are needed.
if (good) rmSync(folder, { recursive: true, force: true })
process.exit(good ? 0 : 1)
