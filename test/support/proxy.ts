/** A TCP proxy that makes a database link go wrong at a chosen moment. Loopback only. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface DatabaseLink {
  readonly port: number
  /** Ends every connection, and every new one at once, until `open`. */
  block(): void
  open(): void
  /** Lets the next COMMIT through and cuts its connection when the reply comes: done, and nobody knows. */
  loseNextCommitReply(): Promise<void>
  close(): Promise<void>
}

/** As a statement of its own (COM_QUERY is 3): a new connection asks for READ COMMITTED. */
const COMMIT = '\x03COMMIT'

export async function createProxy(targetPort: number): Promise<DatabaseLink> {
  const sockets = new Set<Socket>()
  let blocked = false
  let lose: (() => void) | null = null

  const server = createServer((client) => {
    if (blocked) return void client.destroy()
    const upstream = connect(targetPort, '127.0.0.1')
    let cutOnReply: (() => void) | null = null
    const end = () => {
      client.destroy()
      upstream.destroy()
      sockets.delete(client)
    }
    sockets.add(client)
    client.on('data', (chunk) => {
      if (lose && chunk.includes(COMMIT)) {
        cutOnReply = lose
        lose = null
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (!cutOnReply) return void client.write(chunk)
      cutOnReply()
      end()
    })
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    block() {
      blocked = true
      cutAll()
    },
    open() {
      blocked = false
    },
    loseNextCommitReply: () =>
      new Promise((resolve) => {
        lose = resolve
      }),
    async close() {
      cutAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
