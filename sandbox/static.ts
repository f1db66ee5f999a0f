import { readFile } from 'node:fs/promises'
import type http from 'node:http'
import { join } from 'node:path'
import { send } from './http.ts'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

const POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

/** The room view's files: flat names only, so that no path can lead out of the folder. */
export function createStatic(folder: string) {
  return async (req: http.IncomingMessage, res: http.ServerResponse, path: string): Promise<void> => {
    const name = path === '/' ? 'index.html' : path.slice(1)
    const type = TYPES[/^[a-z0-9-]+\.([a-z]+)$/.exec(name)?.[1] ?? '']
    const file = type && (await readFile(join(folder, name), 'utf8').catch(() => null))
    if (typeof file !== 'string' || !type) {
      send(res, { status: 404, body: { message: 'There is nothing here.' } })
      return
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      send(res, {
        status: 405,
        body: { message: 'Only GET is allowed here.' },
        headers: { allow: 'GET, HEAD' },
      })
      return
    }
    const headers = {
      'content-type': type,
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
    }
    send(res, { status: 200, body: file, headers })
  }
}
