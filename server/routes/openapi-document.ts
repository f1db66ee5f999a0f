/** An OpenAPI 3.1 document, as far as ours uses it. */

export type Types<T> = Readonly<Record<string, T>>
export interface Ref {
  readonly $ref: string
}

/** JSON Schema (draft 2020-12), as far as our shapes use it. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly properties?: Types<Schema>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly propertyNames?: Schema
  readonly maxProperties?: number
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
}
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}
export interface Header {
  readonly description: string
  readonly required: boolean
  readonly schema: Schema
}
export type Content = Types<{ readonly schema: Schema; readonly example?: unknown }>
export interface Answer {
  readonly description: string
  readonly headers?: Types<Header | Ref>
  readonly content?: Content
}
export interface Described {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security?: readonly Types<readonly string[]>[]
  readonly parameters?: readonly (Parameter | Ref)[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Types<Answer | Ref>
}
export const METHODS = ['get', 'post', 'patch', 'delete'] as const
export type PathItem = { readonly servers?: readonly { readonly url: string }[] } & {
  readonly [method in (typeof METHODS)[number]]?: Described
}
export interface ApiDescription {
  readonly openapi: '3.1.0'
  readonly info: Types<unknown> & {
    readonly title: string
    readonly version: string
    readonly description: string
  }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Types<PathItem>
  readonly components: {
    readonly securitySchemes: Types<unknown>
    readonly parameters: Types<Parameter>
    readonly headers: Types<Header>
    readonly responses: Types<Answer>
    readonly schemas: Types<Schema>
  }
}

/** What a reference within the document stands for. @throws when it stands for nothing */
export function resolve<T extends object>(document: ApiDescription, value: T | Ref): T {
  if (!('$ref' in value) || typeof value.$ref !== 'string') return value as T
  const [kind, name] = /^#\/components\/(\w+)\/([\w.-]+)$/.exec(value.$ref)?.slice(1) ?? []
  const components: Types<Types<unknown>> = document.components
  const found = components[kind ?? '']?.[name ?? '']
  if (typeof found !== 'object' || found === null) throw new Error(`${value.$ref} stands for nothing`)
  return found as T
}
