/** The operations of the description, and which of them a request is for. */
import {
  type ApiDescription,
  type Described,
  METHODS,
  type PathItem,
} from '../../../server/routes/openapi-document.ts'

export interface Call extends Described {
  readonly method: (typeof METHODS)[number]
  /** From the root: `/api/v1/chats/{id}`. */
  readonly path: string
}

export function callsOf(document: ApiDescription): Call[] {
  return Object.entries<PathItem>(document.paths).flatMap(([path, item]) => {
    const base = (item.servers ?? document.servers)[0]?.url.replace(/\/$/, '') ?? ''
    return METHODS.flatMap((method) => {
      const described = item[method]
      return described ? [{ ...described, method, path: base + path }] : []
    })
  })
}

const patternOf = (path: string) =>
  new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`, 'i')

/** Operations at a path, query left away. Our router takes no notice of case or of a slash at the end. */
export const callsAt = (calls: readonly Call[], path: string): Call[] =>
  calls.filter((call) => patternOf(call.path).test(path))
