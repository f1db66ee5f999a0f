/**
 * Google's own client, and all that must be known to live with it. It costs 200 to 400 ms and 40 MB or more to load, so this is
 * the only file that loads it, and nothing is loaded before `openClient` is called.
 */
import type { SessionsClient as Sessions } from '@google-cloud/dialogflow/build/src/v2/sessions_client.js'
import { BotError } from '../core/errors.ts'
import type { Address } from './address.ts'
import { botErrorOf, reasonOf } from './errors.ts'
import { MAX_ANSWER_BYTES, plainFetch } from './plain-fetch.ts'
import type { DetectIntentRequest } from './request.ts'

type Options = NonNullable<ConstructorParameters<typeof Sessions>[0]>

export interface GoogleClient {
  /** One attempt, ended with the signal. Answers `DetectIntentResponse` as the client has it. @throws BotError */
  detectIntent(request: DetectIntentRequest, timeoutMs: number, signal: AbortSignal): Promise<unknown>
  close(): Promise<void>
}

/**
 * `keyFile`: a service account's; null takes what the machine offers
 * (https://cloud.google.com/docs/authentication/application-default-credentials). A local endpoint gets no credentials: they
 * would travel in clear. @throws BotError
 */
export async function openClient(
  address: Address,
  projectId: string,
  keyFile: string | null,
  timeoutMs: number,
): Promise<GoogleClient> {
  // Not the package's entry, which brings the clients of all its other services: 20 MB.
  const { SessionsClient } = await import('@google-cloud/dialogflow/build/src/v2/sessions_client.js')
  const client = new SessionsClient({
    projectId,
    apiEndpoint: address.host,
    port: address.port,
    'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    ...(await wireOptions(address, keyFile, timeoutMs)),
  })
  try {
    // First of all, and by us: its methods begin it too, and leave a failure of it to nobody, which ends the process.
    await client.initialize()
    // A key that is none shows only when it is used; then gRPC calls it an unknown error of the server's.
    if (address.wire === 'google')
      await (await client.auth.getClient()).getRequestHeaders(`https://${address.host}/`)
  } catch (error) {
    await client.close().catch(() => undefined)
    throw new BotError(
      'auth',
      `no credentials for Dialogflow; look at GOOGLE_APPLICATION_CREDENTIALS: ${reasonOf(error).why}`,
    )
  }

  return {
    async detectIntent(request, timeoutMs, signal) {
      // `client.detectIntent` does the same, but its promise cannot be cancelled: a turn that nobody waits for any more would
      // hold its connection until the deadline.
      const call: unknown = client.innerApiCalls.detectIntent?.(request, {
        timeout: timeoutMs,
        // A turn is not idempotent. Whoever repeats one says so to the agent by its contexts, which the client cannot.
        retry: { retryCodes: [] },
        // Google's front ends find the region by it.
        otherArgs: {
          headers: { 'x-goog-request-params': new URLSearchParams({ session: request.session }).toString() },
        },
      })
      const cancel = () => (call as { cancel?: () => void }).cancel?.()
      signal.addEventListener('abort', cancel)
      try {
        const answer: unknown = await call
        return Array.isArray(answer) ? answer[0] : undefined
      } catch (error) {
        throw botErrorOf(error)
      } finally {
        signal.removeEventListener('abort', cancel)
      }
    },
    close: () => client.close(),
  }
}

async function wireOptions(address: Address, keyFile: string | null, timeoutMs: number): Promise<Options> {
  if (address.wire === 'google') return keyFile === null ? {} : { keyFilename: keyFile }
  const { PassThroughClient } = await import('google-auth-library')
  // Without it the client looks for a metadata server of Google's cloud, and warns that there is none.
  const nobody = { authClient: new PassThroughClient() }
  if (address.wire === 'grpc') {
    const { credentials } = await import('@grpc/grpc-js')
    return { ...nobody, sslCreds: credentials.createInsecure(), 'grpc.enable_http_proxy': 0 }
  }
  // Over REST the client does not know deadlines; its transport does.
  const transporterOptions = { timeout: timeoutMs, retry: false, fetchImplementation: plainFetch }
  return {
    authClient: new PassThroughClient({ transporterOptions }),
    fallback: true,
    protocol: 'http',
  }
}
