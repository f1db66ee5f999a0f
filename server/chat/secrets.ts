/** Names nobody can guess. */
import { createHash, randomBytes, randomInt } from 'node:crypto'

/** A session's token: 256 random bits, shown once. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** What is kept of a token. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

export const newId = (): string => randomBytes(16).toString('base64url')

// Without 0 O 1 I L U: read aloud and typed by people.
const REF_ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `C-7F3KQ2`: a name for people, unique but no secret. */
export function newRef(): string {
  return `C-${Array.from({ length: 6 }, () => REF_ALPHABET[randomInt(REF_ALPHABET.length)]).join('')}`
}
