/** Requests that fetch would refuse or mend: any method, any path, any bytes. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Wire {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | null
}
export interface Heard {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export function createClient(origin: string) {
  const { hostname, port } = new URL(origin)
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  return {
    send: ({ method, path, headers, body }: Wire): Promise<Heard> =>
      new Promise((resolve, reject) => {
        const outgoing = request(
          {
            hostname,
            port,
            agent,
            method,
            path,
            headers: { ...headers, ...(body && { 'content-length': String(body.length) }) },
          },
          (incoming) => {
            const chunks: Buffer[] = []
            incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
            incoming.on('error', reject)
            incoming.on('end', () =>
              resolve({
                status: incoming.statusCode ?? 0,
                headers: incoming.headers,
                text: Buffer.concat(chunks).toString('utf8'),
              }),
            )
          },
        )
        outgoing.on('error', reject)
        outgoing.end(body ?? undefined)
      }),
    close: () => agent.destroy(),
  }
}
