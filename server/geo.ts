import { Worker } from 'node:worker_threads'
import { canonicalAddress, isPublicAddress } from './core/address.ts'
import type { Geo, Place } from './ports.ts'

interface Options {
  /** A lookup that takes longer is null; the first one also waits for the data. */
  readonly timeoutMs?: number
  /** After this time without lookups the thread, and with it the data, is let go. */
  readonly idleMs?: number
  readonly log?: { warn(fields: object, message: string): void } | undefined
  /** The built `geo-worker.ts`. */
  readonly worker?: URL
}

interface Thread {
  readonly worker: Worker
  readonly waiting: Map<number, (place: Place | null) => void>
  answered: boolean
}

/** Places of addresses, from geoip-lite in a worker thread that starts with the first lookup. */
export function createGeo({
  timeoutMs = 3000,
  idleMs = 600_000,
  log,
  worker: url = new URL('./geo-worker.js', import.meta.url),
}: Options = {}): Geo {
  let thread: Thread | undefined
  let idle: NodeJS.Timeout | undefined
  let lastId = 0
  let closed = false

  async function end(ended: Thread): Promise<void> {
    if (thread === ended) thread = undefined
    for (const answer of ended.waiting.values()) answer(null)
    ended.waiting.clear()
    await ended.worker.terminate()
  }

  function start(): Thread {
    const worker = new Worker(url)
    const started: Thread = { worker, waiting: new Map(), answered: false }
    worker.on('message', ({ id, place }: { id: number; place: Place | null }) => {
      started.answered = true
      started.waiting.get(id)?.(place)
      started.waiting.delete(id)
    })
    worker.on('error', (error) => {
      log?.warn({ err: error }, 'geolocation failed; chats go on without it')
      void end(started)
    })
    worker.on('exit', () => void end(started))
    // Neither the thread nor a timer here is a reason for the process to stay.
    worker.unref()
    return started
  }

  return {
    async locate(text) {
      const ip = canonicalAddress(text)
      if (closed || !ip || !isPublicAddress(ip)) return null
      clearTimeout(idle)
      try {
        thread ??= start()
        return await ask(thread, ip)
      } catch (error) {
        log?.warn({ err: error }, 'geolocation failed; chats go on without it')
        return null
      } finally {
        clearTimeout(idle)
        if (thread?.waiting.size === 0) idle = setTimeout(() => thread && void end(thread), idleMs).unref()
      }
    },
    async close() {
      closed = true
      clearTimeout(idle)
      if (thread) await end(thread)
    },
  }

  function ask(asked: Thread, ip: string): Promise<Place | null> {
    const id = ++lastId
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        asked.waiting.delete(id)
        log?.warn({ timeoutMs }, 'geolocation took too long')
        // A slow disk may need longer for the data, and then they are there; later there is no good reason.
        if (asked.answered) void end(asked)
        resolve(null)
      }, timeoutMs).unref()
      asked.waiting.set(id, (place) => {
        clearTimeout(timer)
        resolve(place)
      })
      asked.worker.postMessage({ id, ip })
    })
  }
}
