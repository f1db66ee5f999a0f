/** A TCP proxy that makes a link go wrong when told to. It knows nothing of what it carries; loopback only. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Trouble =
  /** Every chunk comes later, in order. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Connections break after that many bytes towards the target: a request that is half sent. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Nothing arrives on either side; nobody is told. */
  | { readonly kind: 'blackhole' }
  /** New connections are ended at once, old ones are reset. */
  | { readonly kind: 'reset' }
  /** The caller's side is ended properly while the target goes on: what is on its way back is lost. */
  | { readonly kind: 'half-close' }

export interface Link {
  readonly port: number
  /** From now on; null: the link is well again. What a black hole has swallowed does not come back. */
  trouble(now: Trouble | null): void
  /** Breaks every connection once. @returns how many there were */
  reset(): number
  /** Lets the next chunk that contains `what` through and breaks its connection when the reply comes. Resolves then. */
  cutBeforeReply(what: string): Promise<void>
  /** Where new connections lead, from now on. */
  retarget(port: number): void
  close(): Promise<void>
}

export async function createProxy(target: number | (() => number)): Promise<Link> {
  const links = new Set<{ end(hard: boolean): void; halfClose(): void }>()
  let portOf = typeof target === 'number' ? () => target : target
  let trouble: Trouble | null = null
  let lost: { what: string; done: () => void } | null = null

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (trouble?.kind === 'reset') return void client.resetAndDestroy()
    const upstream = connect({ port: portOf(), host: '127.0.0.1', allowHalfOpen: true })
    let sent = 0
    let cut: (() => void) | null = null
    const link = {
      end(hard: boolean) {
        links.delete(link)
        for (const socket of [client, upstream])
          if (hard && !socket.destroyed) socket.resetAndDestroy()
          else socket.destroy()
      },
      halfClose: () => void client.end(),
    }
    links.add(link)

    const carry = (from: Socket, to: Socket, passes: (chunk: Buffer) => boolean) => {
      from.on('data', (chunk) => {
        const now = trouble
        if (now?.kind === 'blackhole' || !passes(chunk)) return
        if (now?.kind === 'delay') setTimeout(() => to.writable && to.write(chunk), now.ms)
        else if (to.writable && !to.write(chunk)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
      })
      from.on('end', () => to.end())
      from.on('error', () => link.end(true))
      from.on('close', () => link.end(false))
    }
    carry(client, upstream, (chunk) => {
      const now = trouble
      if (now?.kind === 'cut' && sent + chunk.length > now.afterBytes) {
        upstream.write(chunk.subarray(0, Math.max(0, now.afterBytes - sent)), () => link.end(true))
        return false
      }
      sent += chunk.length
      if (lost && chunk.includes(lost.what)) {
        cut = lost.done
        lost = null
      }
      return true
    })
    carry(upstream, client, () => {
      if (!cut) return true
      link.end(true)
      cut()
      return false
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const reset = () => {
    const count = links.size
    for (const link of [...links]) link.end(true)
    return count
  }
  return {
    port: (server.address() as AddressInfo).port,
    trouble(now) {
      trouble = now
      if (now?.kind === 'reset') reset()
      if (now?.kind === 'half-close') for (const link of [...links]) link.halfClose()
    },
    reset,
    cutBeforeReply: (what) =>
      new Promise((resolve) => {
        lost = { what, done: resolve }
      }),
    retarget(port) {
      portOf = () => port
    },
    async close() {
      reset()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
