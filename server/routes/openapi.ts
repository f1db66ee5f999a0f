/** /openapi.json, made from the same declarations the router checks by. */
import { z } from 'zod'
import type { ProblemCode } from '../core/errors.ts'
import { COMMON_PROBLEMS, type Operation, operations } from './operations.ts'
import { STATUS } from './problem.ts'
import { ProblemAnswer } from './shapes.ts'

type Json = Record<string, unknown>

// Refinements and transforms have no JSON Schema; the input side is what a caller must send.
const schemaOf = (shape: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io, unrepresentable: 'any' })
  return schema
}

function problemAnswers(problems: readonly ProblemCode[]): Json {
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of new Set([...problems, ...COMMON_PROBLEMS])) {
    const [status] = STATUS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${STATUS[code][1]}`).join('. '),
        ...(status === 429 || status === 503 ? { headers: RETRY_AFTER } : {}),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}

const RETRY_AFTER = { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } }

function parametersOf(operation: Operation): Json[] {
  const inPath = [...operation.path.matchAll(/:(\w+)/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  if (!operation.query) return inPath
  const { properties = {} } = schemaOf(operation.query, 'input') as { properties?: Record<string, Json> }
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema,
  }))
  return [...inPath, ...inQuery]
}

const describe = (name: string, operation: Operation): Json => ({
  operationId: name,
  summary: operation.summary,
  ...(operation.token === 'none'
    ? {}
    : { security: operation.token === 'optional' ? [{}, { token: [] }] : [{ token: [] }] }),
  parameters: parametersOf(operation),
  ...(operation.body && {
    requestBody: {
      required: !operation.body.safeParse({}).success,
      content: { 'application/json': { schema: schemaOf(operation.body, 'input') } },
    },
  }),
  responses: {
    ...Object.fromEntries(
      Object.entries(operation.answers).map(([status, { says, shape }]) => [
        status,
        {
          description: says,
          ...(shape && { content: { 'application/json': { schema: schemaOf(shape, 'output') } } }),
        },
      ]),
    ),
    ...problemAnswers(operation.problems),
  },
})

export function openapi(version: string): Json {
  const paths: Record<string, Json> = {}
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method]: describe(name, operation) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Frontroom visitor API',
      version,
      description:
        'A website visitor talks with staff. Make a session, start a chat, hold a poll on its events, send lines. ' +
        'Clients ignore members and event types they do not know.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api/v1' }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(ProblemAnswer, 'output') },
    },
  }
}
