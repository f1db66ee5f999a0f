import { describe, expect, it } from 'vitest'
import { createDialogflowEndpoint } from '../../sandbox/dialogflow/index.ts'
import { runInChild } from './child.ts'
import { stubBrain } from './stub-brain.ts'

/** Prints the packages of Google's that are loaded, first with a bot that was only made, then after its first turn. */
const PROBE = `
  import { createRequire } from 'node:module'
  import { createDialogflowBot } from '../../server/dialogflow/index.ts'

  const loaded = () => {
    const files = Object.keys(createRequire(import.meta.url).cache)
    const packages = files.map((file) => /.*node_modules[/]((?:@[^/]+[/])?[^/]+)/.exec(file)?.[1])
    return [...new Set(packages)].filter((name) => /google|grpc|gaxios|protobuf/.test(name)).sort()
  }
  const bot = createDialogflowBot({
    projectId: 'shop-1', location: null, environment: null, keyFile: '/nowhere/key.json', apiUrl: process.env.API_URL, clock: Date,
  })
  const made = loaded()
  const reply = await bot.turn({
    sessionId: 's-1', input: { kind: 'event', name: 'welcome' }, lang: 'en', state: null, restore: false, variables: {},
    signal: new AbortController().signal,
  })
  const after = loaded()
  await bot.close()
  process.stdout.write(JSON.stringify({ made, after, said: reply.messages[0].text }))
`

describe.each(['grpc', 'rest'] as const)('a bot over %s', (wire) => {
  it('loads nothing of Google before its first turn, prints nothing, and lets the process end', async () => {
    const endpoint = await createDialogflowEndpoint({ brain: stubBrain })
    const [grpc, rest] = [`grpc://127.0.0.1:${endpoint.grpcPort}`, `http://127.0.0.1:${endpoint.restPort}`]
    const { out, err, code } = await runInChild(PROBE, { API_URL: wire === 'grpc' ? grpc : rest })
    await endpoint.close()
    expect({ err, code }).toEqual({ err: '', code: 0 })
    const { made, after, said } = JSON.parse(out)
    expect(said).toBe('Good day!')
    expect(made).toEqual([])
    expect(after).toEqual(expect.arrayContaining(['@google-cloud/dialogflow', 'google-auth-library']))
  })
})
