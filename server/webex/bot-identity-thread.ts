/** The thread in which webex-node-bot-framework runs. */
import { Worker } from 'node:worker_threads'
import { DeliveryError } from '../core/errors.ts'
import type { EarsData, Told, Trace } from './bot-identity-worker.ts'

interface ThreadOptions {
  /** The built `bot-identity-worker.ts`. */
  readonly url: URL
  readonly apiUrl: string
  readonly data: EarsData
  /** How long it may take until it hears, in milliseconds. */
  readonly startMs: number
  /** Ends the thread, whenever it comes. */
  readonly signal: AbortSignal
  readonly heard: (message: unknown) => void
  readonly log: {
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}

const MEMORY_MB = 256

/**
 * Takes `Envelope`s at once. `hears` resolves when its webhooks stand; it rejects, and the thread ends, with a DeliveryError
 * for what Webex refused, or with an Error when the framework does not run, is late, or was ended by the signal.
 */
export function startThread(options: ThreadOptions): {
  readonly worker: Worker
  readonly hears: Promise<void>
} {
  const { url, apiUrl, data, startMs, signal, heard, log } = options
  const worker = new Worker(url, {
    workerData: data,
    // All it sees of the environment. The SDK has no other way to be told where Webex is, and would take
    // WEBEX_CLIENT_ID and WEBEX_CLIENT_SECRET, which are another account's, for its own.
    env: { HYDRA_SERVICE_URL: apiUrl, U2C_SERVICE_URL: `${apiUrl}/u2c`, WEBEX_LOG_LEVEL: 'silent' },
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    stdout: true,
    stderr: true,
  })
  // It prints addresses and what people wrote. Read and dropped: unread it would pile up.
  worker.stdout.resume()
  worker.stderr.resume()
  // Neither the thread nor a timer in it is a reason for the process to stay.
  worker.unref()
  const hears = new Promise<void>((resolve, reject) => {
    const giveUp = (error: Error) => {
      clearTimeout(late)
      reject(error)
      void worker.terminate()
    }
    const late = setTimeout(() => {
      giveUp(
        new Error(
          `The bot account hears nothing: Webex did not answer within ${startMs / 1000} s. See https://status.webex.com; it is tried again.`,
        ),
      )
    }, startMs)
    const close = () => giveUp(new Error('The bot account was closed.'))
    signal.addEventListener('abort', close)
    worker.on('error', (error) => {
      log.error(traceOf(error), 'the bot framework broke')
      giveUp(new Error('The bot framework does not run; the log says why. If a package is missing: npm ci'))
    })
    worker.on('exit', () => {
      signal.removeEventListener('abort', close)
      giveUp(new Error('The bot framework ended; it is tried again.'))
    })
    worker.on('message', (told: Told) => {
      if (told.kind === 'message') heard(told.message)
      else if (told.kind === 'missed') log.warn({}, 'something said to the bot account could not be read')
      else if (told.kind === 'trouble') log.warn(told.error, 'the bot framework failed at something')
      else if (told.kind === 'deaf') giveUp(refusal(told.call, told.error))
      else {
        clearTimeout(late)
        resolve()
      }
    })
  })
  return { worker, hears }
}

/** Without the message: it may repeat what somebody wrote. A missing package is told by `code`. */
function traceOf(error: Error) {
  const frames = error.stack?.split('\n').filter((line) => /^ {4}at /.test(line)) ?? []
  return { name: error.name, code: (error as NodeJS.ErrnoException).code, stack: frames.join('\n') }
}

/** What Webex said to the SDK; 0 is its word for no answer at all. */
function refusal(call: string, { status }: Trace): DeliveryError {
  if (!status) return new DeliveryError(`${call}: no answer`, { effect: 'unknown' })
  return new DeliveryError(`${call}: ${status}`, { effect: status < 500 ? 'no' : 'unknown', status })
}
