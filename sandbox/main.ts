import { existsSync } from 'node:fs'
import http from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSandbox } from './index.ts'

/** The sandbox alone: `main [port]`, with `SANDBOX_BASE`, `SANDBOX_STATE` and `SANDBOX_VIEW` from the environment. */
const port = Number(process.argv[2] ?? process.env.PORT ?? 3900)
const basePath = process.env.SANDBOX_BASE ?? ''
const beside = join(dirname(fileURLToPath(import.meta.url)), 'view')
const viewDir =
  process.env.SANDBOX_VIEW ?? (existsSync(beside) ? beside : join(process.cwd(), 'sandbox', 'view'))

const sandbox = await createSandbox({
  basePath,
  stateFile: process.env.SANDBOX_STATE ?? null,
  viewDir,
  log: (line) => console.error(line),
})
const server = http.createServer(sandbox.handle)
server.listen(port, '127.0.0.1', () => {
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : port}${basePath}`
  console.log(JSON.stringify({ view: `${origin}/`, api: `${origin}/v1`, accounts: sandbox.accounts }))
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close()
    void sandbox.close().then(() => server.closeAllConnections())
  })
}
