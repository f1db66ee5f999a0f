/**
 * The way to Google itself, offline: Google's client in a process of its own goes through a proxy that leads every host to an
 * endpoint with a certificate for Google's names. TLS, service account and region are real; nothing leaves this machine.
 */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDialogflowEndpoint, type DialogflowEndpoint } from '../../sandbox/dialogflow/index.ts'
import { temporaryFolder } from '../support/process.ts'
import { selfSigned } from './certificate.ts'
import { type Ended, runInChild } from './child.ts'
import { stubBrain } from './stub-brain.ts'

const folder = temporaryFolder()
const inFolder = (name: string) => join(folder.path, name)
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const EMAIL = 'frontroom@example.iam.gserviceaccount.com'

let endpoint: DialogflowEndpoint
const asked: string[] = []
const sockets = new Set<Socket>()
const proxy = createServer()
let env: Record<string, string> = {}

const account = (over: object = {}) => ({
  type: 'service_account',
  project_id: 'shop-1',
  private_key_id: '1',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  client_email: EMAIL,
  token_uri: 'https://oauth2.googleapis.com/token',
  ...over,
})

beforeAll(async () => {
  const tls = selfSigned(['dialogflow.googleapis.com', 'europe-west1-dialogflow.googleapis.com'])
  endpoint = await createDialogflowEndpoint({ brain: stubBrain, tls })
  proxy.on('connect', (req, client: Socket) => {
    asked.push(req.url ?? '')
    const upstream = connect(endpoint.grpcPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(upstream).pipe(client)
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  writeFileSync(inFolder('ca.pem'), tls.cert)
  writeFileSync(inFolder('key.json'), JSON.stringify(account()))
  writeFileSync(inFolder('half.json'), JSON.stringify(account()).slice(0, 300))
  writeFileSync(inFolder('other.json'), JSON.stringify({ hello: 'world' }))
  writeFileSync(inFolder('no-key.json'), JSON.stringify(account({ private_key: 'none' })))
  env = {
    https_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: inFolder('ca.pem'),
    // So that a machine of Google's cloud answers as any other.
    METADATA_SERVER_DETECTION: 'none',
  }
})

afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all([endpoint.close(), new Promise((resolve) => proxy.close(resolve))])
  folder.remove()
})

/** One turn in a process of its own; prints what came of it, and nothing else. */
function turn(options: { keyFile: string | null; location?: string; environment?: string }): Promise<Ended> {
  const { keyFile, location = null, environment = null } = options
  return runInChild(
    `
    import { createDialogflowBot } from '../../server/dialogflow/index.ts'
    const bot = createDialogflowBot({
      projectId: 'shop-1', apiUrl: null, clock: Date,
      ...${JSON.stringify({ location, environment, keyFile: keyFile && inFolder(keyFile) })},
    })
    const { signal } = new AbortController()
    const came = await bot.turn({
      sessionId: 's-1', input: { kind: 'event', name: 'welcome' }, lang: 'en', state: null, restore: false, variables: {}, signal,
    }).then(({ messages }) => messages[0], ({ name, kind, message }) => ({ name, kind, message }))
    await bot.close()
    process.stdout.write(JSON.stringify(came))
    `,
    env,
  )
}

const partOf = (token: string, index: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString('utf8'))

describe('Dialogflow at Google', () => {
  it.each([
    [{}, 'dialogflow.googleapis.com:443', 'projects/shop-1/agent/sessions/s-1'],
    [{ location: 'global' }, 'dialogflow.googleapis.com:443', 'projects/shop-1/agent/sessions/s-1'],
    [
      { location: 'europe-west1', environment: 'production' },
      'europe-west1-dialogflow.googleapis.com:443',
      'projects/shop-1/locations/europe-west1/agent/environments/production/users/-/sessions/s-1',
    ],
  ])('is asked at its host with what the service account has signed: %o', async (where, host, path) => {
    asked.length = 0
    const { out, err, code } = await turn({ keyFile: 'key.json', ...where })
    expect({ out: JSON.parse(out), err, code }).toEqual({ out: { text: 'Good day!' }, err: '', code: 0 })
    // The token was made here, not fetched: nobody else was asked.
    expect(asked).toEqual([host])
    const call = endpoint.requests().at(-1)
    expect(call).toMatchObject({ wire: 'grpc', path })
    const token = (call?.authorization ?? '').replace(/^Bearer /, '')
    const [signed, signature] = [token.slice(0, token.lastIndexOf('.')), token.split('.')[2] ?? '']
    const key = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))
    expect(verify('sha256', Buffer.from(signed), key, Buffer.from(signature, 'base64url'))).toBe(true)
    expect(partOf(token, 0)).toMatchObject({ alg: 'RS256' })
    expect(partOf(token, 1)).toMatchObject({ iss: EMAIL, sub: EMAIL })
  })

  it.each([
    ['that is not there', 'nowhere.json', /ENOENT|ENOTDIR/],
    ['that is half', 'half.json', /GOOGLE_APPLICATION_CREDENTIALS/],
    ['of something else', 'other.json', /GOOGLE_APPLICATION_CREDENTIALS/],
    ['without a key in it', 'no-key.json', /GOOGLE_APPLICATION_CREDENTIALS/],
    ['that was not given', null, /GOOGLE_APPLICATION_CREDENTIALS/],
  ])('with an account file %s nobody gets in, and nothing is printed', async (_what, keyFile, why) => {
    asked.length = 0
    const calls = endpoint.requests().length
    const { out, err, code } = await turn({ keyFile })
    expect({ err, code }).toEqual({ err: '', code: 0 })
    const error = JSON.parse(out)
    expect(error).toMatchObject({ name: 'BotError', kind: 'auth', message: expect.stringMatching(why) })
    expect(error.message).not.toContain(folder.path)
    expect(endpoint.requests()).toHaveLength(calls)
  })

  it('that does not know the account says so', async () => {
    endpoint.fault({ kind: 'refuse', status: 'UNAUTHENTICATED' })
    const { out, err } = await turn({ keyFile: 'key.json' })
    expect({ out: JSON.parse(out), err }).toMatchObject({ out: { name: 'BotError', kind: 'auth' }, err: '' })
  })

  it('is not believed with a certificate that nobody vouches for', async () => {
    const calls = endpoint.requests().length
    const vouched = env.GRPC_DEFAULT_SSL_ROOTS_FILE_PATH ?? ''
    env = { ...env, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: '' }
    const { out, err } = await turn({ keyFile: 'key.json' })
    env = { ...env, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: vouched }
    expect({ out: JSON.parse(out), err }).toMatchObject({ out: { kind: 'unavailable' }, err: '' })
    expect(endpoint.requests()).toHaveLength(calls)
  })
})
