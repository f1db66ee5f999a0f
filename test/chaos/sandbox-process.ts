/**
 * The sandbox as a process of the crash test, which goes on while servers die. A share of what is posted and read goes wrong,
 * drawn from the seed: `sandbox.js <seed> <share>`. What is taken away again is written down, as a room forgets it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createSandbox } from '../../sandbox/index.ts'
import type { DeletedMessage } from './logs.ts'
import { createRandom, type Random } from './random.ts'

const [seed = '1', share = '0'] = process.argv.slice(2)
const sandbox = await createSandbox({
  basePath: '',
  stateFile: null,
  viewDir: fileURLToPath(new URL('../sandbox/view/', import.meta.url)),
  maxRooms: 5_000,
})

const ofPosts = createRandom(Number(seed))
const ofLists = ofPosts.fork()
let faulted = Number(share)
const counts: Record<string, number> = {}
const deleted: (DeletedMessage & { readonly roomId: string })[] = []

/** One in three is known not to have happened, one in three happened unheard, one in three happens when nobody waits for it. */
function postFault(random: Random): [name: string, rule: object] {
  const rule = { method: 'POST', path: '/messages', times: 1 }
  const lateMs = 500 + random.below(12_000)
  return random.pick<[string, object]>([
    ['429', { ...rule, answer: { status: 429, retryAfter: 1 } }],
    ['503, no effect', { ...rule, answer: { status: 503 } }],
    ['500, no effect', { ...rule, answer: { status: 500 } }],
    ['reset, no effect', { ...rule, reset: true }],
    ['hang, no effect', { ...rule, hang: true }],
    ['502, effect', { ...rule, effect: 'before', answer: { status: 502, html: true } }],
    ['503, effect', { ...rule, effect: 'before', answer: { status: 503 } }],
    ['reset, effect', { ...rule, effect: 'before', reset: true }],
    ['hang, effect', { ...rule, effect: 'before', hang: true }],
    ['slow, effect', { ...rule, effect: 'before', lateMs: 3_000 }],
    ['504, late effect', { ...rule, effect: 'late', lateMs, answer: { status: 504 } }],
    ['reset, late effect', { ...rule, effect: 'late', lateMs, reset: true }],
  ])
}

function listFault(random: Random): [name: string, rule: object] {
  return random.pick<[string, object]>([
    ['list 503', { method: 'GET', path: '/messages', answer: { status: 503 }, times: 1 }],
    ['list lag', { lag: 1_000 + random.below(3_000), path: '/messages', times: 1 }],
  ])
}

const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

async function arm([name, rule]: [string, object]): Promise<void> {
  counts[name] = (counts[name] ?? 0) + 1
  await fetch(`${origin()}/api/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(rule),
  })
}

async function noteDeletion(req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
  const { authorization = '' } = req.headers
  const answer = await fetch(`${origin()}${url.pathname}`, { headers: { authorization } })
  if (!answer.ok) return
  const message = (await answer.json()) as Record<
    'id' | 'roomId' | 'text' | 'created' | 'personEmail',
    string
  >
  res.once('finish', () => {
    if (res.statusCode !== 204) return
    const { id, roomId, text, created, personEmail } = message
    const by = personEmail.endsWith('@example.com') ? 'staff' : 'us'
    deleted.push({ id, roomId, text, by, at: Date.parse(created), deletedAt: Date.now() })
  })
}

async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://127.0.0.1')
  const call = `${req.method} ${url.pathname}`
  if (url.pathname === '/chaos') {
    if (req.method === 'POST') faulted = Number(url.searchParams.get('share') ?? 0)
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end(JSON.stringify({ deleted, counts }))
    return
  }
  counts[call] = (counts[call] ?? 0) + (call.endsWith('/v1/messages') ? 1 : 0)
  if (call === 'POST /v1/messages' && ofPosts.chance(faulted)) await arm(postFault(ofPosts))
  else if (call === 'GET /v1/messages' && ofLists.chance(faulted / 3)) await arm(listFault(ofLists))
  else if (req.method === 'DELETE' && url.pathname.startsWith('/v1/messages/'))
    await noteDeletion(req, res, url)
  sandbox.handle(req, res)
}

const server = createServer((req, res) => void handle(req, res).catch(() => res.destroy()))
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ origin: origin(), accounts: sandbox.accounts })}\n`)
})
