/** How a turn proves that it is ours and fresh; docs/bots.md tells the other side how to check it. */
import { createHmac } from 'node:crypto'

export const SIGNATURE_HEADER = 'X-Frontroom-Signature'

/**
 * `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`. The time is signed too, so that a turn somebody recorded is of no use
 * once the receiver finds it old.
 */
export function signatureOf(body: string, secret: string, seconds: number): string {
  const hex = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${hex}`
}
