/** The description of the API for people: one page, made from the document, without a script and without another host. */
import { createHash } from 'node:crypto'
import { LOOK } from './api-page-look.ts'
import {
  type Answer,
  type ApiDescription,
  type Described,
  METHODS,
  type PathItem,
  type Ref,
  resolve,
  type Schema,
} from './openapi-document.ts'

interface Html {
  readonly html: string
}
type Inner = string | number | Html | readonly Html[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Whatever is put in is text, unless it was made by this very function. */
function html(parts: TemplateStringsArray, ...inner: readonly Inner[]): Html {
  const within = (value: Inner): string => {
    if (typeof value !== 'object') return String(value).replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '')
    return 'html' in value ? value.html : value.map((one) => one.html).join('')
  }
  return { html: parts.map((part, at) => (at === 0 ? '' : within(inner[at - 1] ?? '')) + part).join('') }
}

const NOTHING = html``
const some = (content: Html | readonly Html[], when: boolean): Inner => (when ? content : NOTHING)
const between = (values: readonly Html[], separator: Html): Html[] =>
  values.flatMap((value, at) => (at === 0 ? [value] : [separator, value]))

/** A sentence in which `this` is code. */
const prose = (text: string): Html[] =>
  text.split('`').map((part, at) => (at % 2 === 0 ? html`${part}` : html`<code>${part}</code>`))

/** May be broken where its words meet. */
const breakable = (name: string): Html[] =>
  between(
    name.split(/(?<=[_/.])/).map((part) => html`${part}`),
    html`<wbr>`,
  )

interface Call extends Described {
  readonly method: (typeof METHODS)[number]
  /** From the host's root, e.g. `/api/v1/chats/{id}`. */
  readonly path: string
}

/**
 * @returns the page, and the Content-Security-Policy it works under
 */
export function apiPage(document: ApiDescription): { page: string; policy: string } {
  const calls = callsOf(document)
  /** Shapes a reader is sent to; each has its own place further down. */
  const linked = new Set<string>()

  function typeOf(schema: Schema): Html {
    const { $ref, type, items } = schema
    const choice = schema.anyOf ?? schema.oneOf
    if ($ref !== undefined) {
      const name = $ref.slice($ref.lastIndexOf('/') + 1)
      linked.add(name)
      return html`<a href="#shape-${name}">${name}</a>`
    }
    if (choice) return html`${between(choice.map(typeOf), html` or `)}`
    if ('const' in schema) return html`<code>${JSON.stringify(schema.const)}</code>`
    if (schema.enum)
      return html`${between(
        schema.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`),
        html` or `,
      )}`
    if (type === 'array' && items) return html`list of ${typeOf(items)}`
    if (type === 'object' && typeof schema.additionalProperties === 'object')
      return html`object of ${typeOf(schema.additionalProperties)} by name`
    return html`${schema.format === 'uuid' ? 'UUID' : schema.format === 'date-time' ? 'instant' : (type ?? 'anything')}`
  }

  function boundsOf(schema: Schema): string {
    const { minimum, maximum, minLength, maxLength, maxProperties, propertyNames } = schema
    return [
      minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : '',
      minimum !== undefined && maximum === undefined ? `${minimum} or more` : '',
      maxLength !== undefined ? `${minLength ? `${minLength} to` : 'at most'} ${maxLength} characters` : '',
      maxProperties !== undefined ? `at most ${maxProperties}` : '',
      propertyNames?.maxLength !== undefined ? `names of at most ${propertyNames.maxLength} characters` : '',
      schema.default !== undefined ? `${JSON.stringify(schema.default)} unless given` : '',
    ]
      .filter((bound) => bound !== '')
      .join(', ')
  }

  const member = (
    name: string,
    schema: Schema,
    required: boolean,
    description = schema.description,
  ): Html => {
    const bounds = boundsOf(schema)
    return html`<li><code class="name">${breakable(name)}</code> <span class="type">${typeOf(schema)}${bounds && `, ${bounds}`}</span>${some(html` <span class="may">optional</span>`, !required)}${some(html`<span class="says">${prose(description ?? '')}</span>`, description !== undefined)}${membersOf(schema.items ?? schema, NOTHING)}</li>`
  }

  /** The members of an object; for anything else `other`. */
  function membersOf(schema: Schema, other: Html): Html {
    const members = Object.entries(schema.properties ?? {})
    if (members.length === 0) return other
    const required = new Set(schema.required)
    return html`<ul class="members">${members.map(([name, of]) => member(name, of, required.has(name)))}</ul>`
  }

  /** A body or an answer, its named shape unfolded once. */
  function content(of: Answer['content']): Html {
    const [[type, { schema }] = ['', { schema: {} }]] = Object.entries(of ?? {})
    const whole = resolve<Schema>(document, schema)
    const inside = membersOf(whole, whole.type === 'object' ? html` An empty object.` : NOTHING)
    return type === 'application/json' ? inside : html` <code>${type}</code>`
  }

  function operation(call: Call): Html {
    const parameters = (call.parameters ?? []).map((parameter) => resolve(document, parameter))
    const answers = Object.entries(call.responses).filter(([status]) => isGood(call, status))
    const codes = problemsOf(document, call)
    return html`<article id="${call.operationId}">
<h3><a href="#${call.operationId}"><span class="method ${call.method}">${call.method}</span> <code>${breakable(call.path)}</code></a></h3>
<p>${prose(call.summary)}</p>
<p class="token">${tokenOf(call)}</p>
${some(
  html`<h4>Parameters</h4><ul class="members">${parameters.map(
    ({ name, in: place, schema, required, description }) =>
      member(
        name,
        schema,
        required === true,
        `${place === 'path' ? 'In the path.' : place === 'header' ? 'A header.' : 'In the query.'} ${description ?? ''}`,
      ),
  )}</ul>`,
  parameters.length > 0,
)}
${some(html`<h4>Body</h4>${content(call.requestBody?.content)}`, call.requestBody !== undefined)}
<h4>Answers</h4><dl>${answers.map(([status, answer]) => {
      const { description, content: of } = resolve(document, answer)
      return html`<dt>${status}</dt><dd>${prose(description)}${content(of)}</dd>`
    })}</dl>
<h4>Problems</h4><ul class="codes">${codes.map((code) => html`<li><a href="#problem-${code}"><code>${code}</code></a></li>`)}</ul>
<h4>Try it</h4><pre><code>${curl(document, call)}</code></pre>
</article>`
  }

  const chapters = document.tags.map(
    ({ name, description }) =>
      html`<h2 id="${anchor(name)}">${name}</h2><p class="about">${description}</p>${calls.filter(({ tags }) => tags.includes(name)).map(operation)}`,
  )

  function shape(name: string): Html {
    const schema = document.components.schemas[name] ?? {}
    const [example] = schema.examples ?? []
    return html`<article id="shape-${name}"><h3><a href="#shape-${name}">${name}</a></h3>${some(html`<p>${prose(schema.description ?? '')}</p>`, schema.description !== undefined)}${membersOf(schema, html`<p class="type">${typeOf(schema)}${boundsOf(schema) && `, ${boundsOf(schema)}`}</p>`)}${some(html`<h4>Example</h4><pre><code>${JSON.stringify(example)}</code></pre>`, example !== undefined)}</article>`
  }
  const shapes: Html[] = []
  // A set hands out what is added to it meanwhile: shapes may send the reader on to others.
  for (const name of linked) shapes.push(shape(name))

  const problems = Object.values(document.components.responses).map((answer) => problemRow(document, answer))

  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title}</title>
<style>${{ html: LOOK }}</style>
</head>
<body>
<a class="skip" href="#main">To the operations</a>
<div class="whole">
<header class="top">
<p class="over">Version ${document.info.version} · <a href="/openapi.json">openapi.json</a></p>
<h1>${document.info.title}</h1>
<p>${prose(document.info.description)}</p>
<p>What is not marked as optional has to be sent, and is always answered. The examples need a few words from you; the token is what <a href="#createSession">POST /api/v1/sessions</a> answers:</p>
<pre><code>host=http://localhost:3000
token=…
chat=…</code></pre>
</header>
<nav aria-label="Contents">${document.tags.map(
    ({ name }) =>
      html`<b>${name}</b><ul>${calls
        .filter(({ tags }) => tags.includes(name))
        .map(
          (call) =>
            html`<li><a href="#${call.operationId}"><span class="method ${call.method}">${call.method}</span> <span>${breakable(call.path.replace('/api/v1', ''))}</span></a></li>`,
        )}</ul>`,
  )}<b>Beyond</b><ul><li><a href="#shapes">Shapes</a></li><li><a href="#problems">Problems</a></li></ul></nav>
<main id="main">
${chapters}
<h2 id="shapes">Shapes</h2><p class="about">What bodies and answers are made of.</p>
${shapes}
<h2 id="problems">Problems</h2>
<p class="about">${prose('Errors are RFC 9457: `application/problem+json` with `type`, `title`, `status`, `code`, `detail`, and `errors` where several places are wrong. Programs go by `code`.')}</p>
<table><thead><tr><th scope="col">Status</th><th scope="col">Code</th><th scope="col">Means</th></tr></thead>
<tbody>${problems}</tbody></table>
</main>
</div>
</body>
</html>
`
  const hash = createHash('sha256').update(LOOK).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  return { page: page.html, policy }
}

const anchor = (name: string) => name.toLowerCase().replaceAll(' ', '-')

function callsOf(document: ApiDescription): Call[] {
  const [home] = document.servers
  return Object.entries<PathItem>(document.paths).flatMap(([path, item]) => {
    const base = (item.servers?.[0] ?? home)?.url.replace(/\/$/, '') ?? ''
    return METHODS.flatMap((method) => {
      const operation = item[method]
      return operation ? [{ ...operation, method, path: base + path }] : []
    })
  })
}

/** `/readyz` says no by a 503 of its own, which is no problem. */
const isGood = (call: Call, status: string): boolean => {
  const answer = call.responses[status]
  return (
    Number(status) < 400 ||
    (answer !== undefined && 'content' in answer && 'application/json' in (answer.content ?? {}))
  )
}

function tokenOf({ security }: Described): string {
  if (!security) return 'No token.'
  return security.some((way) => Object.keys(way).length === 0) ? 'With or without a token.' : 'With a token.'
}

/** The codes a schema of problems stands for. */
function codesOf(document: ApiDescription, of: Schema): string[] {
  const schema = resolve<Schema>(document, of)
  const own = schema.properties?.code?.const
  const within = [...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  return [...(typeof own === 'string' ? [own] : []), ...within.flatMap((one) => codesOf(document, one))]
}

function problemsOf(document: ApiDescription, call: Call): string[] {
  return Object.values<Answer | Ref>(call.responses).flatMap((answer) => {
    const schema = resolve(document, answer).content?.['application/problem+json']?.schema
    return schema ? codesOf(document, schema) : []
  })
}

function problemRow(document: ApiDescription, answer: Answer): Html {
  const { schema = {}, example } = answer.content?.['application/problem+json'] ?? {}
  const [code = ''] = codesOf(document, schema)
  const { status = 500, title = '' } = (example ?? {}) as { status?: number; title?: string }
  const whole = resolve<Schema>(document, schema)
  const more = (whole.allOf ?? [])
    .flatMap((part) => Object.keys(part.properties ?? {}))
    .filter((name) => name !== 'code' && name !== 'status')
  const headers = Object.keys(answer.headers ?? {})
  const also = [...more.map((name) => `\`${name}\``), ...headers.map((name) => `the header ${name}`)]
  return html`<tr id="problem-${code}"><td>${status}</td><th scope="row"><code>${breakable(code)}</code></th><td>${title || prose(answer.description.replace(/^`\w+`: /, ''))}${some(html`<p>With ${prose(also.join(', '))}.</p>`, also.length > 0)}</td></tr>`
}

/** A command line that asks for it. */
function curl(document: ApiDescription, call: Call): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const query = (call.parameters ?? [])
    .map((parameter) => resolve(document, parameter))
    .filter((parameter) => parameter.in === 'query')
    .flatMap(({ name, schema }) => {
      const value = schema.maximum ?? schema.default ?? schema.examples?.[0]
      return value === undefined ? [] : [`${name}=${encodeURIComponent(String(value))}`]
    })
  const schema = call.requestBody?.content['application/json']?.schema
  const [body = schema ? {} : undefined] = schema ? (resolve<Schema>(document, schema).examples ?? []) : []
  const method = call.method.toUpperCase()
  const isImplied = method === 'GET' || (method === 'POST' && body !== undefined)
  return [
    `curl ${isImplied ? '' : `-X ${method} `}"$host${call.path.replace('{id}', '$chat')}${query.length > 0 ? `?${query.join('&')}` : ''}"`,
    ...(call.security ? ['-H "Authorization: Bearer $token"'] : []),
    ...(body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`]),
  ].join(' \\\n  ')
}
