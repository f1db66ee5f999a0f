/** The end of the authorisation in the browser: a web server for this one page, on this machine only. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigError } from '../core/errors.ts'

export const CALLBACK_PATH = '/oauth/webex/callback'

export const redirectUriAt = (port: number): string => `http://localhost:${port}${CALLBACK_PATH}`

export interface Page {
  readonly status: number
  readonly title: string
  readonly text: string
}

/**
 * Listens at `redirectUriAt(port)`; whatever calls it there is answered with the page that `answer` makes of its query.
 * @param port 0 takes a free one
 * @throws ConfigError when the port is taken
 */
export async function listenForCallback(
  port: number,
  answer: (query: URLSearchParams) => Promise<Page>,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const underWay = new Set<Promise<void>>()
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const job = respond(request, response).finally(() => underWay.delete(job))
    underWay.add(job)
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.canParse(request.url ?? '', 'http://localhost')
      ? new URL(request.url ?? '', 'http://localhost')
      : null
    const found = request.method === 'GET' && url?.pathname === CALLBACK_PATH
    await sendPage(
      response,
      found ? await answer(url.searchParams) : { status: 404, title: 'Nothing here', text: '' },
    )
  }

  const v4 = createServer(listener)
  const v6 = createServer(listener)
  await listenOn(v4, port, '127.0.0.1')
  const taken = (v4.address() as AddressInfo).port
  // Browsers may take `localhost` for either of the two.
  await listenOn(v6, taken, '::1').catch((error: unknown) => {
    if (!(error instanceof ConfigError)) return
    v4.close()
    throw error
  })

  return {
    port: taken,
    async close() {
      await Promise.all(underWay)
      await Promise.all(
        [v4, v6].map((server) => {
          const closed = new Promise((resolve) => server.close(resolve))
          // Browsers open connections on suspicion and keep them.
          server.closeAllConnections()
          return closed
        }),
      )
    },
  }
}

function listenOn(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') reject(cannotListen(port, error.code))
      else reject(error)
    })
    server.listen({ port, host }, resolve)
  })
}

function cannotListen(port: number, code: string): ConfigError {
  const why = code === 'EACCES' ? 'may not be used by this user' : 'is taken, perhaps by a running Frontroom'
  return new ConfigError(
    `Port ${port} ${why}. Stop what listens there, or add --paste, or use another port with --port ` +
      `(then register ${redirectUriAt(port).replace(`:${port}`, ':THAT-PORT')} with the Integration too).`,
    [],
  )
}

function sendPage(response: ServerResponse, { status, title, text }: Page): Promise<void> {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    Connection: 'close',
  })
  const [safeTitle, safeText] = [escapeHtml(title), escapeHtml(text)]
  return new Promise((resolve) => {
    // A browser that went away reads no page, and must not keep us.
    response.once('close', resolve)
    response.end(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>${safeTitle}</title><h1>${safeTitle}</h1><p>${safeText}</p></html>`,
      resolve,
    )
  })
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
