import { readAgent } from '../../server/local-bot/agent-export.ts'
import { createBrain } from '../../server/local-bot/brain.ts'
import { createDialogflowEndpoint } from './index.ts'

/**
 * An agent behind a local Dialogflow: `main <folder or zip> [gRPC port] [REST port]`. Prints what `DIALOGFLOW_API_URL` may be, as
 * one line of JSON; what the agent has that is not acted upon goes to standard error.
 */
const [path, grpcPort = '0', restPort = '0'] = process.argv.slice(2)
const say = (line: string) => void process.stderr.write(`${line}\n`)

async function main(): Promise<void> {
  if (path === undefined)
    return fail('usage: main <export of an ES agent, folder or zip> [gRPC port] [REST port]')
  const agent = await readAgent(path)
  agent.ignored.forEach(say)
  const endpoint = await createDialogflowEndpoint({
    brain: createBrain(agent),
    grpcPort: Number(grpcPort),
    restPort: Number(restPort),
  })
  const addresses = {
    grpc: `grpc://127.0.0.1:${endpoint.grpcPort}`,
    rest: `http://127.0.0.1:${endpoint.restPort}`,
  }
  process.stdout.write(`${JSON.stringify(addresses)}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void endpoint.close())
}

function fail(why: string): void {
  say(why)
  process.exitCode = 1
}

await main().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)))
