/** The gRPC wire, by the proto files in Google's own packages: what the real client sends is what is read here. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as grpc from '@grpc/grpc-js'
import { load, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader'
import type { Serve } from './serve.ts'
import type { Response } from './shapes.ts'
import { STATUS } from './status.ts'
import { type Json, plainOf, structOf } from './struct.ts'

export interface Wire {
  readonly port: number
  close(): Promise<void>
}

const SERVICE = 'google.cloud.dialogflow.v2.Sessions'
const HOST = '127.0.0.1'

/** `tls`: key and certificate in PEM; without it the wire is in clear. */
export async function listenGrpc(options: {
  port: number
  serve: Serve
  tls: { readonly key: string; readonly cert: string } | null
}): Promise<Wire> {
  const { serve, tls } = options
  const server = new grpc.Server()
  server.addService(await sessionsService(), {
    detectIntent(call: grpc.ServerUnaryCall<Json, unknown>, callback: grpc.sendUnaryData<unknown>) {
      void answer(call, callback)
    },
  })

  async function answer(call: grpc.ServerUnaryCall<Json, unknown>, callback: grpc.sendUnaryData<unknown>) {
    const gone = new AbortController()
    call.on('cancelled', () => gone.abort())
    const [authorization = null] = call.metadata.get('authorization')
    const outcome = await serve({
      wire: 'grpc',
      path: String(call.request.session),
      body: plainRequest(call.request),
      authorization: authorization === null ? null : String(authorization),
      gone: gone.signal,
    })
    if (outcome.kind === 'answer') callback(null, wireResponse(outcome.body))
    else if (outcome.kind === 'refused')
      callback({ code: STATUS[outcome.status].grpc, details: outcome.message })
    // Field 2 of wire type 7, which there is not.
    else if (outcome.kind === 'malformed') callback(null, Buffer.from('17ff', 'hex'))
    else if (outcome.kind === 'cut') server.drain(address, 0)
  }

  const credentials =
    tls === null
      ? grpc.ServerCredentials.createInsecure()
      : grpc.ServerCredentials.createSsl(null, [
          { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) },
        ])
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${HOST}:${options.port}`, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  const address = `${HOST}:${port}`
  return { port, close: async () => server.forceShutdown() }
}

async function sessionsService(): Promise<grpc.ServiceDefinition> {
  const dialogflow = createRequire(import.meta.url).resolve('@google-cloud/dialogflow')
  const gax = createRequire(dialogflow).resolve('google-gax')
  const definition = await load('google/cloud/dialogflow/v2/session.proto', {
    // Both entries are `build/src/index.js` of their packages; what they have in common is in the second.
    includeDirs: [dialogflow, gax].map((entry) => join(dirname(entry), '..', 'protos')),
    oneofs: true,
    enums: String,
  })
  const service = definition[SERVICE] as ServiceDefinition
  return Object.fromEntries(Object.entries(service).map(([name, method]) => [name, withRawAnswers(method)]))
}

/** Bytes are sent as they are. */
function withRawAnswers(method: MethodDefinition<object, object>): MethodDefinition<object, object> {
  return {
    ...method,
    responseSerialize: (value) => (Buffer.isBuffer(value) ? value : method.responseSerialize(value)),
  }
}

interface WireRequest {
  readonly queryInput?: { readonly event?: { readonly parameters?: unknown } }
  readonly queryParams?: {
    readonly contexts?: readonly { readonly parameters?: unknown }[]
    readonly payload?: unknown
  }
}

function plainRequest({ queryInput, queryParams }: WireRequest): Json {
  const event = queryInput?.event && { ...queryInput.event, parameters: plainOf(queryInput.event.parameters) }
  return {
    queryInput: { ...queryInput, ...(event && { event }) },
    queryParams: {
      ...queryParams,
      contexts: (queryParams?.contexts ?? []).map((context) => ({
        ...context,
        parameters: plainOf(context.parameters),
      })),
      payload: plainOf(queryParams?.payload),
    },
  }
}

function wireResponse(response: Response): Json {
  const { diagnosticInfo, ...result } = response.queryResult
  return {
    ...response,
    queryResult: {
      ...result,
      parameters: structOf(result.parameters),
      outputContexts: result.outputContexts.map((context) => ({
        ...context,
        parameters: structOf(context.parameters),
      })),
      fulfillmentMessages: result.fulfillmentMessages.map((message) =>
        'payload' in message ? { payload: structOf(message.payload) } : message,
      ),
      ...(diagnosticInfo && { diagnosticInfo: structOf(diagnosticInfo) }),
    },
  }
}
