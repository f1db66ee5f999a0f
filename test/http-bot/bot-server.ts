/** Somebody's bot: a small real HTTP server that believes only what is signed and fresh, by code of its own. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Served {
  readonly url: string
  close(): Promise<void>
}

export async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bot`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** As docs/bots.md tells it: the signature is right, and no older or newer than five minutes. */
export function isOurs(header: string | undefined, body: Buffer, secret: string, nowMs: number): boolean {
  const [, seconds = '', given = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? []
  if (given === '' || Math.abs(nowMs / 1000 - Number(seconds)) > 300) return false
  const right = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
  return timingSafeEqual(Buffer.from(given, 'hex'), right)
}

/** Answers signed turns with what `reply` makes of their JSON; 401 for all others. */
export function serveBot(secret: string, reply: (turn: unknown) => Promise<unknown>): Promise<Served> {
  return serve(async (request, response) => {
    const body = await bodyOf(request)
    const header = request.headers['x-frontroom-signature']
    const answer = (status: number, value: unknown) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
    if (!isOurs(String(header), body, secret, Date.now())) return answer(401, {})
    return reply(JSON.parse(body.toString())).then(
      (value) => answer(200, value),
      () => answer(500, {}),
    )
  })
}
