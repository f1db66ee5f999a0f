/** The description of the API (OpenAPI 3.1), made from the same declarations the router checks by. */
import { z } from 'zod'
import { PROBLEM_CODES, type ProblemCode } from '../core/errors.ts'
import type {
  Answer,
  ApiDescription,
  Described,
  Parameter,
  PathItem,
  Ref,
  Schema,
  Types,
} from './openapi-document.ts'
import {
  componentName,
  ETAG,
  HEADERS,
  INTERNAL,
  problemAnswer,
  problemSchema,
  problemsOf,
  ref,
} from './openapi-problems.ts'
import { COMMON_PROBLEMS, type Operation, operations } from './operations.ts'
import { ChatOpen, ClosedHours, ProblemAnswer } from './shapes.ts'

const PARAMETERS: Types<Parameter> = {
  ChatId: {
    name: 'id',
    in: 'path',
    required: true,
    description: 'The chat. Another session’s is `not_found`.',
    schema: { type: 'string', examples: ['bX9cQ2rVtYw3kZpLm0aNdg'] },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The ETag of an earlier answer: 304 when nothing changed since.',
    schema: { type: 'string' },
  },
}

/** Makes schemas of shapes; those with a name are made once and kept in `named`. */
function createSchemas() {
  const named: Record<string, Schema> = {}

  function schemaOf(shape: z.ZodType, io: 'input' | 'output'): Schema {
    const {
      $schema: _,
      $defs,
      ...own
    } = z.toJSONSchema(shape, {
      io,
      // Refinements and transforms have no JSON Schema; the input side is what a caller must send.
      unrepresentable: 'any',
      override({ zodSchema, jsonSchema }) {
        // Zod drops these where a transform is inside; ours are what is sent, not what becomes of it.
        const { examples, default: fallback } = z.globalRegistry.get(zodSchema) ?? {}
        if (jsonSchema.$ref !== undefined) return
        if (Array.isArray(examples)) jsonSchema.examples = examples
        if (typeof fallback === 'number') jsonSchema.default = fallback
      },
    })
    const hoisted = JSON.stringify({ own, $defs }).replaceAll('"#/$defs/', '"#/components/schemas/')
    const tidied = JSON.parse(hoisted, (_key, value) => tidy(value, io)) as {
      own: Schema
      $defs?: Record<string, Schema>
    }
    Object.assign(named, tidied.$defs)
    return tidied.own
  }
  return { named, schemaOf }
}

type Loose = Record<string, unknown>
const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null

/** Takes away what says nothing, or says again what a format or a reference says. */
function tidy(value: unknown, io: 'input' | 'output'): unknown {
  if (!isObject(value)) return value
  const { pattern, minimum, maximum, additionalProperties, propertyNames, ...schema } = value
  const isSchema = typeof value.type === 'string' || typeof value.$ref === 'string'
  if (!isSchema) return value
  const patternSays = schema.format === undefined && schema.$ref === undefined && schema.type === 'string'
  // Answers may grow; clients pass over what they do not know.
  const closed = io === 'input' || additionalProperties !== false
  const keys = isObject(propertyNames) && Object.keys(propertyNames).length > 1
  return {
    ...schema,
    ...(patternSays && pattern !== undefined && { pattern }),
    ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
    ...(keys && { propertyNames }),
    ...(closed && additionalProperties !== undefined && { additionalProperties }),
  }
}

type SchemaOf = ReturnType<typeof createSchemas>['schemaOf']

function parametersOf(operation: Operation, schemaOf: SchemaOf): (Parameter | Ref)[] {
  const { properties = {}, required = [] } = operation.query ? schemaOf(operation.query, 'input') : {}
  return [
    ...(operation.path.includes('/:id') ? [ref('parameters', 'ChatId')] : []),
    ...Object.entries(properties).map(
      ([name, { description, ...schema }]): Parameter => ({
        name,
        in: 'query',
        required: required.includes(name),
        ...(description !== undefined && { description }),
        schema,
      }),
    ),
    ...(operation.answers[304] ? [ref('parameters', 'IfNoneMatch')] : []),
  ]
}

function describe(operationId: string, operation: Operation, schemaOf: SchemaOf): Described {
  const parameters = parametersOf(operation, schemaOf)
  const token = { token: [] }
  const answers = Object.entries(operation.answers).map(([status, { says, shape }]): [string, Answer] => [
    status,
    {
      description: says,
      ...(operation.answers[304] && { headers: ETAG }),
      ...(shape && { content: { 'application/json': { schema: schemaOf(shape, 'output') } } }),
    },
  ])
  return {
    operationId,
    summary: operation.summary,
    tags: [operation.tag],
    ...(operation.token !== 'none' && { security: operation.token === 'optional' ? [{}, token] : [token] }),
    ...(parameters.length > 0 && { parameters }),
    ...(operation.body && {
      requestBody: {
        required: !operation.body.safeParse({}).success,
        content: { 'application/json': { schema: schemaOf(operation.body, 'input') } },
      },
    }),
    responses: {
      ...Object.fromEntries(answers),
      ...problemsOf([...operation.problems, ...COMMON_PROBLEMS]),
      500: ref('responses', 'Internal'),
    },
  }
}

/** What is not under /api/v1: for the machinery around us. */
function otherPaths(): Record<string, PathItem> {
  const servers = [{ url: '/' }]
  const get = (
    operationId: string,
    summary: string,
    responses: Described['responses'],
    more: object = {},
  ) => ({
    servers,
    get: {
      operationId,
      summary,
      tags: ['Operation'],
      ...more,
      responses: { ...responses, ...problemsOf(['method_not_allowed']), 500: ref('responses', 'Internal') },
    },
  })
  const json = (description: string, properties: Types<Schema>): Answer => ({
    description,
    content: {
      'application/json': { schema: { type: 'object', properties, required: Object.keys(properties) } },
    },
  })
  const file = (type: string, description: string) => ({
    200: { description, headers: ETAG, content: { [type]: { schema: {} } } },
    304: { description: 'Nothing changed.', headers: ETAG },
  })
  const known = { parameters: [ref('parameters', 'IfNoneMatch')] }
  return {
    '/livez': get('live', 'The process lives.', { 200: json('It does.', { live: { const: true } }) }),
    '/readyz': get('ready', 'May this process get traffic?', {
      200: json('It may.', { ready: { const: true } }),
      503: json('Not now, and why.', { ready: { const: false }, why: { type: 'string' } }),
    }),
    '/widget.js': get(
      'widget',
      'The script that a page includes.',
      file('text/javascript', 'With the look of the settings.'),
      known,
    ),
    '/openapi.json': get('description', 'This description.', file('application/json', 'OpenAPI 3.1.'), known),
    '/hooks/webex': {
      servers,
      post: {
        operationId: 'webexHook',
        summary: 'Webex says that something happened in a room. A hint only: the room is read.',
        tags: ['Operation'],
        parameters: [
          {
            name: 'X-Spark-Signature',
            in: 'header',
            required: true,
            description: 'HMAC-SHA1 of the raw body.',
            schema: { type: 'string' },
          },
        ],
        requestBody: { required: true, content: { 'application/json': { schema: {} } } },
        responses: {
          204: { description: 'Heard.' },
          ...problemsOf(['unauthorized', 'method_not_allowed', 'payload_too_large', 'overloaded']),
          500: ref('responses', 'Internal'),
        },
      },
    },
  }
}

const ABOUT =
  'A website visitor talks with staff. Make a session, start a chat, hold a poll on its events, send lines. ' +
  'Requests carry nothing but the members described; clients pass over members and event types of answers that they do not know. ' +
  'Bodies are JSON in UTF-8 of at most 64 KB. Programs call it from anywhere, browsers from the origins in the settings.'

export function openapi(version: string): ApiDescription {
  const { named, schemaOf } = createSchemas()
  const paths: Record<string, PathItem> = {}
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method]: describe(name, operation, schemaOf) }
  }
  const problem = schemaOf(ProblemAnswer, 'output')
  const more: Partial<Record<ProblemCode, Schema>> = {
    closed_hours: schemaOf(ClosedHours, 'output'),
    chat_open: schemaOf(ChatOpen, 'output'),
  }
  const problems = PROBLEM_CODES.map((code) => [
    `${componentName(code)}Problem`,
    problemSchema(problem, code, more[code]),
  ])
  return {
    openapi: '3.1.0',
    info: {
      title: 'Frontroom visitor API',
      version,
      description: ABOUT,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api/v1' }],
    tags: [
      { name: 'Before a chat', description: 'Open or closed, topics and their forms.' },
      {
        name: 'Session',
        description: 'A visitor’s visit. Whoever holds its token reads and writes its chats.',
      },
      { name: 'Chat', description: 'Lines both ways, as numbered events.' },
      { name: 'Operation', description: 'For the machinery around: proxies, monitors, Webex.' },
    ],
    paths: { ...paths, ...otherPaths() },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'Of `POST /sessions`. It is never in an address.',
        },
      },
      parameters: PARAMETERS,
      headers: HEADERS,
      responses: {
        ...Object.fromEntries(PROBLEM_CODES.map((code) => [componentName(code), problemAnswer(code)])),
        Internal: INTERNAL,
      },
      schemas: { ...named, ...Object.fromEntries(problems) },
    },
  }
}
