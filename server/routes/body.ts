/** Bodies, read to the byte and no further than 64 KB. */
import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import { Problem } from '../core/errors.ts'

export const MAX_BODY = 64 * 1024

/** @throws Problem `payload_too_large` */
export async function readRaw(ctx: Context): Promise<Buffer> {
  const tooLarge = () => {
    // What is left of the body is not worth reading: the connection ends with the answer.
    ctx.set('Connection', 'close')
    return new Problem('payload_too_large', `A body may have ${MAX_BODY} bytes.`)
  }
  const request: IncomingMessage = ctx.req
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The JSON of a request; `undefined` when there is no body at all.
 * @throws Problem `unsupported_media_type`, `payload_too_large`, `invalid`
 */
export async function readJson(ctx: Context): Promise<unknown> {
  const raw = await readRaw(ctx)
  if (raw.length === 0) return undefined
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(ctx.get('content-type'))) {
    throw new Problem('unsupported_media_type', 'Send JSON: Content-Type: application/json')
  }
  if (ctx.get('content-encoding') !== '')
    throw new Problem('unsupported_media_type', 'Send the body uncompressed.')
  try {
    return JSON.parse(utf8.decode(raw), refusePrototype)
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem('invalid', 'The body is not JSON in UTF-8.', {
      errors: [{ path: '', message: 'Is not JSON in UTF-8.' }],
    })
  }
}

/** A key that would reach an object's prototype when copied carelessly; no shape has it, so none may carry it. */
function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') {
    throw new Problem('invalid', 'The request is not valid; see errors.', {
      errors: [{ path: key, message: 'There is no such field.' }],
    })
  }
  return value
}
