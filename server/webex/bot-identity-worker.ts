/**
 * webex-node-bot-framework in a thread of its own, where its habits stay: loading it takes a second of processor time and
 * 90 MB, it reads `WEBEX_CLIENT_SECRET` and more from the environment, changes `EventEmitter.prototype`, prints messages and
 * addresses, and drops rejections that would end the process. Takes `Envelope`s, tells `Told`.
 */
import { createHmac } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import Framework from 'webex-node-bot-framework'
import webhook from 'webex-node-bot-framework/webhook.js'

export interface EarsData {
  readonly token: string
  readonly hookUrl: string
  readonly hookSecret: string
  /** After a failure a message is looked at again after this long, then after twice as long. */
  readonly lookAgainMs: number
  /** The SDK waits for ever; then it is the next one's turn. */
  readonly lookMs: number
}

/** A verified webhook call, without what nobody needs. */
export interface Envelope {
  readonly name: string
  readonly resource: string
  readonly event: string
  readonly actorId?: string | undefined
  readonly data: { readonly id: string; readonly personId?: string | undefined }
}

/** An error without its message: that repeats texts, addresses and URLs. */
export interface Trace {
  readonly name: string
  readonly status: number | null
  readonly stack: string
}

export type Told =
  | { readonly kind: 'hears' }
  /** It will not hear: what Webex refused. */
  | { readonly kind: 'deaf'; readonly call: string; readonly error: Trace }
  | { readonly kind: 'message'; readonly message: unknown }
  /** A message that could not be looked at. */
  | { readonly kind: 'missed' }
  | { readonly kind: 'trouble'; readonly error: Trace }

const LOOKS = 3
const MAX_WAITING = 500

const { token, hookUrl, hookSecret, lookAgainMs, lookMs } = workerData as EarsData
const tell = (told: Told): void => parentPort?.postMessage(told)

function traceOf(thrown: unknown): Trace {
  const error = thrown instanceof Error ? thrown : new Error(typeof thrown)
  const status = (error as { statusCode?: unknown }).statusCode
  const stack = error.stack?.split('\n').filter((line) => /^ {4}at /.test(line)) ?? []
  return { name: error.name, status: typeof status === 'number' ? status : null, stack: stack.join('\n') }
}

// The SDK drops rejections of its own requests, and one that nobody takes would end the thread.
process.on('unhandledRejection', (reason) => tell({ kind: 'trouble', error: traceOf(reason) }))

const framework = new Framework({
  token,
  webhookUrl: hookUrl,
  webhookSecret: hookSecret,
  removeWebhooksOnStart: false,
  maxStartupSpaces: 0,
})
// Its own listener calls `console.err`, which does not exist.
framework.removeAllListeners('error').on('error', (error) => tell({ kind: 'trouble', error: traceOf(error) }))

/** The message that is being looked at. */
let looking: { readonly id: string; heard: boolean } | null = null
// In group spaces Webex tells the bot only of messages that mention it.
framework.on('messageCreated', ({ id, roomId, roomType, personEmail, text }) => {
  if (looking !== null && looking.id === id) looking.heard = true
  // Nothing to say, only a file.
  if (text !== undefined) tell({ kind: 'message', message: { id, roomId, roomType, personEmail, text } })
})
// What would follow up to its `message` event and `hears()`: four more requests for the space and the person. A line is
// lost when another event makes it get to know the space at that moment, and when the request for the person fails once,
// that person is never heard again, because the SDK waits for the failed answer for ever.
framework.onMessageCreated = async () => true

const take = webhook(framework)

/** Resolves when both webhooks stand: until then the framework would drop what it is given. */
const standing = new Promise<void>((resolve) => {
  const started = framework.start()
  const { webhooks } = framework.getWebexSDK()
  // Even when told not to, it deletes what it takes for its own. It cannot delete what it does not see.
  webhooks.list = async () => ({ items: [] })
  // `start()` does not wait for its webhooks, and is content without them.
  const create = webhooks.create.bind(webhooks)
  let made = 0
  webhooks.create = async (hook) => {
    try {
      const created = await create(hook)
      if (++made === 2) resolve()
      return created
    } catch (error) {
      tell({ kind: 'deaf', call: 'POST /webhooks', error: traceOf(error) })
      throw error
    }
  }
  started.catch((error: unknown) => tell({ kind: 'deaf', call: 'GET /people/me', error: traceOf(error) }))
})
standing.then(() => tell({ kind: 'hears' }))

// One at a time, in the order of the calls.
let turn = standing
let waiting = 0
parentPort?.on('message', (envelope: Envelope) => enqueue(envelope, 1))

function enqueue(envelope: Envelope, look: number): void {
  if (waiting >= MAX_WAITING) {
    tell({ kind: 'missed' })
    return
  }
  waiting++
  turn = turn
    .then(() => hear(envelope, look))
    .catch((error: unknown) => tell({ kind: 'trouble', error: traceOf(error) }))
    .finally(() => {
      waiting--
    })
}

async function hear(envelope: Envelope, look: number): Promise<void> {
  const mine = { id: envelope.data.id, heard: false }
  looking = mine
  await within(lookMs, handOver(envelope))
  if (mine.heard) return
  // Every failure comes out here: the SDK tries nothing twice, not even what Webex asks it to try later.
  if (look < LOOKS) setTimeout(() => enqueue(envelope, look + 1), lookAgainMs * look)
  else tell({ kind: 'missed' })
}

/** The framework signs over what it would have written itself, so it gets that; the bytes were verified before. */
async function handOver(envelope: Envelope): Promise<void> {
  const signature = createHmac('sha1', hookSecret).update(JSON.stringify(envelope)).digest('hex')
  try {
    await take({ body: envelope, headers: { 'x-spark-signature': signature } })
  } catch (error) {
    tell({ kind: 'trouble', error: traceOf(error) })
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
