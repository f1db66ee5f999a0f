/** Where the agent is: at Google, or at a local endpoint. Nothing here is asked of the network. */
import { ConfigError, type FieldError } from '../core/errors.ts'

export interface Location {
  readonly projectId: string
  /** Null or `global`: the one without a region. */
  readonly location: string | null
  /** Null: the draft. */
  readonly environment: string | null
  /** `http://host:port` or `grpc://host:port` of a local endpoint; null for Google. */
  readonly apiUrl: string | null
}

export interface Address {
  /** `google` is gRPC too, with TLS and credentials; the local wires have neither. */
  readonly wire: 'google' | 'grpc' | 'rest'
  readonly host: string
  readonly port: number
  /** Full name of a session, e.g. `projects/p/locations/europe-west1/agent/sessions/s`. */
  session(id: string): string
}

/** What goes into a host name or a path goes there unescaped. */
const WORD = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/
const REGION = /^[a-z][a-z0-9-]{0,39}$/

/**
 * The host's region and the path's must be the same, or Dialogflow refuses
 * (https://cloud.google.com/dialogflow/es/docs/how/region). @throws ConfigError
 */
export function addressOf({ projectId, location, environment, apiUrl }: Location): Address {
  const region = location === 'global' ? null : location
  const mistakes: FieldError[] = []
  if (!WORD.test(projectId))
    mistakes.push({ path: 'DIALOGFLOW_PROJECT_ID', message: 'is no id of a project' })
  if (region !== null && !REGION.test(region))
    mistakes.push({ path: 'DIALOGFLOW_LOCATION', message: 'is no region; say europe-west1, or global' })
  if (environment !== null && !WORD.test(environment))
    mistakes.push({ path: 'DIALOGFLOW_ENVIRONMENT', message: 'is no id of an environment' })
  const local = apiUrl === null ? null : localOf(apiUrl)
  if (apiUrl !== null && local === null)
    mistakes.push({ path: 'DIALOGFLOW_API_URL', message: 'must be http://host:port or grpc://host:port' })
  if (mistakes.length > 0) throw new ConfigError('Dialogflow cannot be set up', mistakes)

  const project = region === null ? `projects/${projectId}` : `projects/${projectId}/locations/${region}`
  // The user `-` stands for nobody in particular; only the path with an environment has one.
  const agent = environment === null ? 'agent' : `agent/environments/${environment}/users/-`
  const google = { host: `${region === null ? '' : `${region}-`}dialogflow.googleapis.com`, port: 443 }
  return {
    wire: 'google',
    ...google,
    ...local,
    session: (id) => `${project}/${agent}/sessions/${encodeURIComponent(id)}`,
  }
}

function localOf(apiUrl: string): Pick<Address, 'wire' | 'host' | 'port'> | null {
  if (!URL.canParse(apiUrl)) return null
  const { protocol, hostname, port, username, password, pathname, search } = new URL(apiUrl)
  if (protocol !== 'http:' && protocol !== 'grpc:') return null
  if (hostname === '' || username !== '' || password !== '' || search !== '') return null
  if (pathname !== '' && pathname !== '/') return null
  if (protocol === 'grpc:') return port === '' ? null : { wire: 'grpc', host: hostname, port: Number(port) }
  return { wire: 'rest', host: hostname, port: port === '' ? 80 : Number(port) }
}
