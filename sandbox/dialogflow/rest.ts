/** The REST wire: `POST /v2/projects/…/sessions/S:detectIntent`. It answers this machine only. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseBody, Refused, readBody, refusalOf, send } from '../http.ts'
import type { Wire } from './grpc.ts'
import type { Serve } from './serve.ts'
import { STATUS, type Status } from './status.ts'

const PATH = /^\/v2\/(projects\/.+\/sessions\/.+):detectIntent$/

export async function listenRest({ port, serve }: { port: number; serve: Serve }): Promise<Wire> {
  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const refusal = refusalOf(req)
    if (refusal !== null) return refuse(res, 'PERMISSION_DENIED', refusal)
    const gone = new AbortController()
    res.on('close', () => gone.abort())
    const [, path] = PATH.exec(pathOf(req)) ?? []
    if (path === undefined || req.method !== 'POST') return refuse(res, 'NOT_FOUND', 'Method not found.')
    const outcome = await serve({
      wire: 'rest',
      path,
      body: parseBody(req, await readBody(req)),
      authorization: req.headers.authorization ?? null,
      gone: gone.signal,
    })
    if (outcome.kind === 'answer') send(res, { status: 200, body: outcome.body })
    else if (outcome.kind === 'refused') refuse(res, outcome.status, outcome.message)
    else if (outcome.kind === 'malformed') send(res, { status: 200, body: '{"responseId": "half an ans' })
    else if (outcome.kind === 'html') send(res, { status: outcome.status, body: '<h1>Bad gateway</h1>' })
    else req.socket.destroy()
  }

  const server = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error
      refuse(res, 'INVALID_ARGUMENT', error.message)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pathOf(req: IncomingMessage): string {
  const [path = ''] = (req.url ?? '').split('?')
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}

function refuse(res: ServerResponse, status: Status, message: string): void {
  const code = STATUS[status].http
  send(res, { status: code, body: { error: { code, message, status } } })
}
