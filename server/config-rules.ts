/** What the value of an environment variable may be, and what is made of it. */
import { canonicalAddress } from './core/address.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

/** `file` is a path or `:memory:`. */
export type DatabaseConfig =
  | { readonly engine: 'sqlite'; readonly file: string }
  | { readonly engine: 'mysql'; readonly url: string }

/** A mistake, thrown by a rule. Messages never repeat a secret: they end up in logs. */
export class Wrong extends Error {}

function webAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol) || !/^https?:\/\//i.test(text))
    throw new Wrong('must be an address that starts with http:// or https://')
  if (/[?#]/.test(text)) throw new Wrong('must not have a query or a fragment')
  if (url.username || url.password) throw new Wrong('must not contain a user name or a password')
  return url
}

const withoutSlash = (url: URL) => `${url.origin}${url.pathname.replace(/\/+$/, '')}`

const isLoopback = ({ hostname }: URL) => /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)

function mysqlDatabase(text: string): DatabaseConfig {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url?.hostname || !/^\/[^/]+$/.test(url.pathname) || url.search || url.hash)
    throw new Wrong('must name a host and a database: mysql://user:password@host:3306/database')
  return { engine: 'mysql', url: text.replace(/^mariadb:/i, 'mysql:') }
}

export const rules = {
  port(text: string): number {
    if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
      throw new Wrong('must be a whole number from 0 to 65535')
    return Number(text)
  },
  host(text: string): string {
    if (!canonicalAddress(text) && !/^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i.test(text))
      throw new Wrong('must be a host name or an address to listen on, without a port or brackets')
    return text
  },
  publicUrl: (text: string) => withoutSlash(webAddress(text)),
  apiUrl(text: string): string {
    const url = webAddress(text)
    if (url.protocol === 'http:' && !isLoopback(url))
      throw new Wrong(
        'must start with https://: tokens must not travel in clear text (http:// only on this machine)',
      )
    return withoutSlash(url)
  },
  database(text: string): DatabaseConfig {
    if (/^(?:mysql|mariadb):/i.test(text)) return mysqlDatabase(text)
    const [, rest = ''] = /^sqlite:(.*)$/.exec(text) ?? []
    const file = rest.startsWith('///') ? rest.slice(2) : rest
    if (file === '' || file.startsWith('//') || /[?\0]|\/$/.test(file))
      throw new Wrong(
        'must be sqlite:./path/file.db, sqlite:/path/file.db, sqlite::memory: or mysql://user:password@host/database',
      )
    return { engine: 'sqlite', file }
  },
  logLevel(text: string): LogLevel {
    const level = LOG_LEVELS.find((known) => known === text)
    if (!level) throw new Wrong(`must be one of ${LOG_LEVELS.join(', ')}`)
    return level
  },
  path(text: string): string {
    if (text.includes('\0')) throw new Wrong('must be the path of a file')
    return text
  },
  email(text: string): string {
    // HTTP Basic ends the user name at the first colon.
    if (!/^[^\s@:]+@[^\s@:]+$/.test(text)) throw new Wrong('must be an e-mail address')
    return text
  },
  /** Goes into a header or a form as it is; a line break in it would only show at the first call. */
  token(text: string): string {
    if (!/^[\x21-\x7e]+$/.test(text))
      throw new Wrong('contains blanks, line breaks or other characters that no token has')
    return text
  },
  longSecret(text: string): string {
    if (text.length < 32) throw new Wrong('must have at least 32 characters')
    return text
  },
  /** A part of a resource path at Google. */
  name(text: string): string {
    if (!/^[\w.:-]{1,100}$/.test(text)) throw new Wrong('must be letters, digits and - only')
    return text
  },
  dialogflowUrl(text: string): string {
    const isOne = /^(?:http:\/\/[^/?#@]+|grpc:\/\/[^/?#@]+:\d+)\/?$/i.test(text)
    const url = isOne && URL.canParse(text) ? new URL(text) : null
    if (!url?.hostname) throw new Wrong('must be http://host:port (REST) or grpc://host:port, without /v2')
    return text.replace(/\/$/, '')
  },
  botUrl: (text: string) => {
    const url = webAddress(text)
    if (url.protocol === 'http:' && !isLoopback(url))
      throw new Wrong('must start with https://: what visitors say must not travel in clear text')
    return url.href
  },
  password(text: string): string {
    if (text.length < 8) throw new Wrong('must have at least 8 characters')
    if (/\p{Cc}/u.test(text)) throw new Wrong('must not contain line breaks or control characters')
    return text
  },
}
