/**
 * The REST wire of Google's client goes through this. Left to itself the client follows redirects, reads answers of any length,
 * and makes a syntax error of a proxy's error page.
 */

/** An answer of a bot is some kilobytes. */
export const MAX_ANSWER_BYTES = 1024 * 1024

/** Throws errors whose `code` is the HTTP status, or the socket's. */
export async function plainFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const { method, headers, body, signal } = init
  try {
    const response = await fetch(input, {
      ...(method !== undefined && { method }),
      ...(headers !== undefined && { headers }),
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
      redirect: 'manual',
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw coded(response.status)
    }
    return new Response(await bytesOf(response), { status: response.status })
  } catch (error) {
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error
  }
}

const coded = (code: number) => Object.assign(new Error(`HTTP ${code}`), { code })

async function bytesOf(response: Response): Promise<ArrayBuffer> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  const reader = response.body?.getReader()
  for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
    chunks.push(next.value)
    size += next.value.length
    if (size <= MAX_ANSWER_BYTES) continue
    await reader?.cancel()
    throw new SyntaxError('an answer that does not end')
  }
  return new Blob(chunks).arrayBuffer()
}
