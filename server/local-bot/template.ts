/**
 * `$param`, `$param.original` and `#context.param` in texts
 * (https://cloud.google.com/dialogflow/es/docs/intents-actions-parameters#reference). What is filled in is never looked at again.
 */

export interface References {
  /** Undefined: there is no such parameter, the text means something else (`$100`). Empty: not filled. */
  parameter(name: string, original: boolean): string | undefined
  /** Empty when there is no such context or parameter. */
  context(name: string, parameter: string): string
}

const MAX_DEPTH = 20

const REFERENCE = /\$([\p{L}\p{N}_-]+)(\.original)?|#([\p{L}\p{N}_%-]+)\.([\p{L}\p{N}_-]+(?:\.original)?)/gu

function expand(text: string, { parameter, context }: References): { text: string; complete: boolean } {
  let complete = true
  const filled = text.replace(
    REFERENCE,
    (whole, name: string | undefined, original: string | undefined, ctx: string, key: string) => {
      if (name === undefined) {
        const value = context(ctx.toLowerCase(), key)
        if (value === '') complete = false
        return value
      }
      // `$size-fit` may be the parameter `size-fit`, or `size` with something after it.
      for (let end = name.length; end > 0; end = name.lastIndexOf('-', end - 1)) {
        const rest = name.slice(end) + (end === name.length ? '' : (original ?? ''))
        const value = parameter(name.slice(0, end), end === name.length && original !== undefined)
        if (value === undefined) continue
        if (value === '') complete = false
        return value + rest
      }
      return whole
    },
  )
  return { text: filled, complete }
}

/** The first wording that can be said in full; without one, the first as far as it goes. Always the same for the same turn. */
export function sayFirst(variants: readonly string[], references: References): string {
  const said = variants.map((variant) => expand(variant, references))
  return (said.find(({ complete }) => complete) ?? said[0])?.text ?? ''
}

/** A value as a text can hold it. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value)
    ? value
        .map(asText)
        .filter((text) => text !== '')
        .join(', ')
    : ''
}

/** The same in every string of a payload. */
export function expandAll(value: unknown, references: References, depth = 0): unknown {
  if (typeof value === 'string') return expand(value, references).text
  if (depth > MAX_DEPTH) return null
  if (Array.isArray(value)) return value.map((one) => expandAll(one, references, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, expandAll(one, references, depth + 1)]),
  )
}
