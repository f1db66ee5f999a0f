import { randomBytes, randomUUID } from 'node:crypto'

/** Presence as Webex spells it (`GET /people`, field `status`). */
export const PRESENCES = [
  'active',
  'call',
  'DoNotDisturb',
  'inactive',
  'meeting',
  'OutOfOffice',
  'pending',
  'presenting',
  'unknown',
] as const
export type Presence = (typeof PRESENCES)[number]

export interface Person {
  readonly id: string
  /** Lower case: Webex addresses are compared without case. */
  readonly email: string
  readonly displayName: string
  readonly type: 'person' | 'bot'
  readonly created: string
  status: Presence
  /** When something was last touched; without it, when the person came to be. */
  lastActivity?: string | undefined
}

export interface Room {
  readonly id: string
  readonly type: 'group' | 'direct'
  readonly creatorId: string
  readonly created: string
  title: string
  lastActivity: string
  isLocked: boolean
  isPublic: boolean
  isAnnouncementOnly: boolean
  description?: string | undefined
}

export interface Membership {
  readonly id: string
  readonly roomId: string
  readonly personId: string
  readonly created: string
  isModerator: boolean
  isRoomHidden: boolean
}

export interface Attached {
  readonly id: string
  readonly name: string
}

/** What a message says. At least one of text, html, files and attachments is there. */
export interface Content {
  readonly text?: string | undefined
  readonly markdown?: string | undefined
  readonly html?: string | undefined
  readonly mentionedPeople: readonly string[]
  readonly mentionedGroups: readonly string[]
}

export interface Message {
  readonly id: string
  readonly roomId: string
  readonly personId: string
  readonly created: string
  readonly parentId?: string | undefined
  readonly files: readonly Attached[]
  readonly attachments: readonly unknown[]
  content: Content
  updated?: string | undefined
  edits: number
}

export interface Webhook {
  readonly id: string
  readonly ownerId: string
  readonly resource: string
  readonly event: string
  readonly created: string
  readonly filter?: string | undefined
  name: string
  targetUrl: string
  secret?: string | undefined
  status: 'active' | 'inactive'
  /** Epoch milliseconds of the last time failures switched it off. */
  disabledAt?: number | undefined
}

export interface Token {
  readonly token: string
  readonly personId: string
  /** Made by a refresh grant: these survive `POST /api/tokens/expire`. */
  readonly refreshed: boolean
  /** null: everything is allowed (the tokens the sandbox starts with). */
  readonly scopes: readonly string[] | null
  /** Epoch milliseconds; null never ends. */
  expiresAt: number | null
}

export interface RefreshToken {
  readonly token: string
  readonly personId: string
  readonly scopes: readonly string[] | null
}

export interface Accounts {
  integrationToken: string
  botToken: string
  clientId: string
  clientSecret: string
  refreshToken: string
}

/** Everything that survives a restart, as it stands in the state file. */
export interface Snapshot {
  readonly version: 1
  readonly orgId: string
  readonly appId: string
  readonly integrationId: string
  readonly botId: string
  readonly accounts: Accounts
  readonly people: Person[]
  readonly rooms: Room[]
  readonly memberships: Membership[]
  readonly messages: Message[]
  readonly webhooks: Webhook[]
  readonly tokens: Token[]
  readonly refreshTokens: RefreshToken[]
}

type IdType =
  | 'APPLICATION'
  | 'CONTENT'
  | 'MEMBERSHIP'
  | 'MESSAGE'
  | 'ORGANIZATION'
  | 'PEOPLE'
  | 'ROOM'
  | 'WEBHOOK'

/** Unpadded base64 of `ciscospark://us/<TYPE>/<uuid>`, as Webex makes them. */
export function webexId(type: IdType): string {
  return Buffer.from(`ciscospark://us/${type}/${randomUUID()}`).toString('base64').replace(/=+$/, '')
}

export function secretToken(): string {
  return randomBytes(32).toString('base64url')
}

/** A world with nothing in it but the two accounts and their tokens. */
export function freshSnapshot(now: number): Snapshot {
  const created = new Date(now).toISOString()
  const desk: Person = {
    id: webexId('PEOPLE'),
    email: 'desk@sandbox.example',
    displayName: 'Frontroom Desk',
    type: 'person',
    created,
    status: 'active',
  }
  const bot: Person = {
    id: webexId('PEOPLE'),
    email: 'frontroom@webex.bot',
    displayName: 'Frontroom',
    type: 'bot',
    created,
    status: 'active',
  }
  const accounts: Accounts = {
    integrationToken: secretToken(),
    botToken: secretToken(),
    clientId: `C${randomBytes(20).toString('hex')}`,
    clientSecret: randomBytes(32).toString('hex'),
    refreshToken: secretToken(),
  }
  return {
    version: 1,
    orgId: webexId('ORGANIZATION'),
    appId: webexId('APPLICATION'),
    integrationId: desk.id,
    botId: bot.id,
    accounts,
    people: [desk, bot],
    rooms: [],
    memberships: [],
    messages: [],
    webhooks: [],
    tokens: [
      {
        token: accounts.integrationToken,
        personId: desk.id,
        refreshed: false,
        scopes: null,
        expiresAt: null,
      },
      { token: accounts.botToken, personId: bot.id, refreshed: false, scopes: null, expiresAt: null },
    ],
    refreshTokens: [{ token: accounts.refreshToken, personId: desk.id, scopes: null }],
  }
}
