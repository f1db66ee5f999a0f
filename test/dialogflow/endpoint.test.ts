/** The local endpoint by itself, asked without Google's client: its limits are those of Dialogflow ES. */
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDialogflowEndpoint } from '../../sandbox/dialogflow/index.ts'
import { startChild } from './child.ts'
import { stubBrain } from './stub-brain.ts'

const AGENT = fileURLToPath(new URL('../contracts/bot-agent', import.meta.url))
const SESSION = 'projects/p/agent/sessions/s-1'

async function asked(now = Date.now) {
  const endpoint = await createDialogflowEndpoint({ brain: stubBrain, now })
  onTestFinished(() => endpoint.close())
  return async (body: unknown, path = SESSION, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${endpoint.restPort}/v2/${path}:detectIntent`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
    })
    const answer = await response.json()
    return { status: response.status, error: answer.error, result: answer.queryResult }
  }
}

const text = (said: string, queryParams = {}) => ({
  queryInput: { text: { text: said, languageCode: 'en' } },
  queryParams,
})
const context = (name: string, lifespanCount: number | string = 5, parameters = {}) => ({
  name: `${SESSION}/contexts/${name}`,
  lifespanCount,
  parameters,
})

describe('the local Dialogflow', () => {
  it('answers as REST does', async () => {
    const ask = await asked()
    const { status, result } = await ask(
      text('invoice', { contexts: [context('Order', '3', { a: [1, null] })] }),
    )
    expect(status).toBe(200)
    expect(result).toMatchObject({
      queryText: 'invoice',
      languageCode: 'en',
      allRequiredParamsPresent: true,
      fulfillmentText: 'One moment.',
      fulfillmentMessages: [{ text: { text: ['One moment.'] } }, { payload: { livechat: true } }],
      intent: { name: 'projects/p/agent/intents/i-1', displayName: 'invoice' },
      intentDetectionConfidence: 0.75,
    })
    expect(result.outputContexts).toEqual([
      { name: `${SESSION}/contexts/order`, lifespanCount: 2, parameters: { a: [1, null] } },
      expect.objectContaining({ name: `${SESSION}/contexts/__system_counters__` }),
    ])
  })

  it.each([
    'projects/p/agent/sessions/s',
    'projects/any-project/locations/europe-west1/agent/sessions/s',
    'projects/p/agent/environments/production/users/-/sessions/s',
    'projects/p/locations/us-x/agent/environments/e/users/u/sessions/s',
    `projects/p/agent/sessions/${'s'.repeat(36)}`,
  ])('knows the path %s', async (path) => {
    expect((await (await asked())(text('hello'), path)).status).toBe(200)
  })

  it.each<[what: string, body: unknown, path: string | undefined, message: RegExp]>([
    ['a text of 257 characters', text('😀'.repeat(257)), undefined, /^Input text exceeds 256 characters\.$/],
    ['no text', text(' '), undefined, /not set/],
    ['no input', { queryInput: {} }, undefined, /not set/],
    ['no language', { queryInput: { text: { text: 'x' } } }, undefined, /Language/],
    [
      'a language the agent has not',
      { queryInput: { text: { text: 'x', languageCode: 'de' } } },
      undefined,
      /de/,
    ],
    ['an event without a name', { queryInput: { event: { languageCode: 'en' } } }, undefined, /Event/],
    ['a session of 37 characters', text('x'), `projects/p/agent/sessions/${'s'.repeat(37)}`, /36/],
    ['another path', text('x'), 'projects/p/sessions/s', /pattern/],
    ['a context of another session', text('x', { contexts: [{ name: 'a' }] }), undefined, /Context name/],
    [
      'a context of its own',
      text('x', { contexts: [context('__system_counters__')] }),
      undefined,
      /reserved/,
    ],
    ['a lifespan below zero', text('x', { contexts: [context('a', -1)] }), undefined, /Lifespan/],
    ['nonsense', { queryInput: 7 }, undefined, /sense/],
    ['no JSON', 'x', undefined, /JSON/],
  ])('refuses %s', async (_what, body, path, message) => {
    const { status, error } = await (await asked())(body, path)
    expect(status).toBe(400)
    expect(error).toMatchObject({
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    })
  })

  it('serves this machine only, and nothing else', async () => {
    const ask = await asked()
    expect((await ask(text('x'), undefined, { headers: { 'x-forwarded-for': '192.0.2.1' } })).status).toBe(
      403,
    )
    expect((await ask(undefined, undefined, { method: 'GET' })).status).toBe(404)
  })

  it('remembers a session for 20 minutes, and takes what is given instead of it', async () => {
    let now = 0
    const ask = await asked(() => now)
    const said = async (queryParams = {}) => (await ask(text('hello', queryParams))).result.fulfillmentText
    await ask(text('next', { contexts: [context('old', 9)] }))
    now += 19 * 60_000
    expect(await said()).toBe('en:1:old,steps:hello')
    // Both lived on, but only one was given anew.
    now += 2 * 60_000
    expect(await said({ contexts: [context('a')] })).toBe('en:1:a,steps:hello')
    expect(await said({ contexts: [context('steps', 5, { count: 7 })] })).toBe('en:7:a,steps:hello')
    expect(await said({ resetContexts: true, contexts: [context('b')] })).toBe('en:0:b:hello')
    expect(await said({ contexts: [context('b', 0)] })).toBe('en:0::hello')
  })

  it('counts what was not understood in a row', async () => {
    const ask = await asked()
    const noMatch = async (said: string) =>
      (await ask(text(said))).result.outputContexts.at(-1).parameters['no-match']
    expect([await noMatch('what?'), await noMatch('what?'), await noMatch('ah')]).toEqual([1, 2, 0])
  })

  it('runs alone for an agent, and says where it is', async () => {
    const child = await startChild(`import '../../sandbox/dialogflow/main.ts'`, { args: [AGENT] })
    const { rest, grpc } = JSON.parse(await child.firstLine)
    expect(grpc).toMatch(/^grpc:\/\/127\.0\.0\.1:\d+$/)
    const response = await fetch(`${rest}/v2/${SESSION}:detectIntent`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(text('When are you open?')),
    })
    expect((await response.json()).queryResult.intent.displayName).toBe('Hours')
    child.process.kill('SIGTERM')
    expect(await child.ended).toMatchObject({ code: 0 })
  })

  it('says what is wrong when there is no agent', async () => {
    const child = await startChild(`import '../../sandbox/dialogflow/main.ts'`, { args: ['nowhere'] })
    expect(await child.ended).toMatchObject({ code: 1, out: '', err: expect.stringContaining('nowhere') })
    const none = await startChild(`import '../../sandbox/dialogflow/main.ts'`)
    expect(await none.ended).toMatchObject({ code: 1, err: expect.stringContaining('usage') })
  })
})
