/** What an operator can do about a call that failed; for the commands that set Webex up. */
import { DeliveryError } from '../core/errors.ts'
import { singleLine } from '../core/text.ts'

export interface Circumstances {
  readonly apiUrl: string
  /** Where the refused token came from, so that the right thing is renewed. */
  readonly token: 'login' | 'personal' | 'bot'
  /** What the call needs, e.g. `spark:rooms_write`. */
  readonly scope?: string | undefined
}

const NEW_TOKEN = {
  login: 'Log in again: npm run webex -- login',
  personal:
    'A personal access token ends after 12 hours: copy a new one into WEBEX_ACCESS_TOKEN, or use an Integration (docs/webex.md).',
  bot: 'Open the bot at https://developer.webex.com/my-apps, regenerate its access token and put it into WEBEX_BOT_TOKEN.',
} as const

/** An error on one line: parts of it are what somebody else's server said, and it goes to a terminal. */
export const lineOf = (error: unknown): string =>
  singleLine(error instanceof Error ? error.message : String(error), 400)

/** One or two sentences that say what to do. */
export function adviceFor(error: unknown, { apiUrl, token, scope }: Circumstances): string {
  if (!(error instanceof DeliveryError)) return 'This is a mistake in Frontroom; please report it.'
  const { status, retryAfter, effect } = error.outcome
  // The token endpoint speaks of the app and of the code, not of an access token.
  if (error.message.startsWith('POST /access_token')) {
    if (status === 401)
      return 'Compare WEBEX_CLIENT_ID and WEBEX_CLIENT_SECRET with the Integration at https://developer.webex.com/my-apps.'
    if (status === 400)
      return 'The code was used before or is too old, the login was revoked, or the redirect address differs from the one registered. Log in again: npm run webex -- login'
  }
  if (status === 401) return NEW_TOKEN[token]
  if (status === 403 && scope !== undefined && token === 'login')
    return `Give the Integration the scope ${scope} at https://developer.webex.com/my-apps, then log in again: npm run webex -- login`
  if (status === 403)
    return 'Webex forbids this to the account: its organisation may restrict it. Ask its Webex administrator.'
  if (status === 429)
    return `Webex wants fewer requests${retryAfter === undefined ? '' : `: wait ${retryAfter} s`}. Use an account that nothing else uses.`
  if (status === undefined && effect === 'no')
    return `Nothing answers at ${new URL(apiUrl).host}: look at the network, its firewall and name server, and at WEBEX_API_URL.`
  if (status === undefined || status >= 500)
    return 'Webex has trouble or did not answer in time; see https://status.webex.com and try again.'
  return 'Webex refuses this as it is; what it says is in the line above.'
}
