/** Our widget as the built server gives it; the page's own host stands in front of the server, as a proxy would. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSandbox } from '../../sandbox/index.ts'
import { DIST, startServer } from '../server.ts'
import type { Answer, Candidate } from './candidate.ts'

const settings = {
  timezone: 'UTC',
  calendar: {
    hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' }],
  },
  topics: [
    { id: 'sales', title: { en: 'Sales' }, participants: ['anna@example.com'] },
    { id: 'workshop', title: { en: 'Workshop' }, participants: ['ben@example.com'] },
  ],
}

export async function ours(version: string): Promise<Candidate> {
  const folder = mkdtempSync(join(tmpdir(), 'frontroom-bench-'))
  const sandbox = await createSandbox({ basePath: '', stateFile: null, viewDir: join(DIST, 'sandbox/view') })
  const web = createServer(sandbox.handle)
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings))
  const server = await startServer({
    PORT: '0',
    DATABASE_URL: `sqlite:${join(folder, 'bench.db')}`,
    FRONTROOM_SETTINGS: join(folder, 'settings.json'),
    WEBEX_API_URL: `http://127.0.0.1:${(web.address() as AddressInfo).port}/v1`,
    WEBEX_ACCESS_TOKEN: sandbox.accounts.integrationToken,
    LOG_LEVEL: 'info',
  })
  /** Files of the widget, so that the same one is compressed once. */
  const files = new Map<string, Answer>()

  return {
    name: 'Frontroom',
    version,
    isolation: 'shadow root',
    snippet: (nonce) => `<script async src="/widget.js" nonce="${nonce}"></script>`,
    async answer({ method, url, headers, body }) {
      const known = files.get(url.pathname)
      if (known) return known
      const response = await fetch(`${server.origin}${url.pathname}${url.search}`, {
        method,
        headers: {
          ...(headers['content-type'] && { 'content-type': headers['content-type'] }),
          ...(headers.authorization && { authorization: headers.authorization }),
        },
        ...(body.length > 0 && { body: new Uint8Array(body) }),
      })
      const answer = {
        status: response.status,
        type: response.headers.get('content-type') ?? '',
        body: await response.text(),
      }
      if (url.pathname.endsWith('.js')) files.set(url.pathname, answer)
      return answer
    },
    seen: (page) => page.locator('frontroom-chat').getByRole('button').first(),
    opened: (page) => page.locator('frontroom-chat').getByRole('radio').first(),
    async close() {
      await server.stop()
      await sandbox.close()
      web.closeAllConnections()
      web.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
