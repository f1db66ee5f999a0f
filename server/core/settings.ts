/**
 * What a site owner sets: topics, people, calendars, forms. These are the shapes of the settings file (README, "Settings"),
 * with every default filled in; `server/settings.ts` reads and checks the file.
 */

/** Texts by language tag, e.g. `{ en: 'Sales', pl: 'Sprzedaż' }`. Never empty. */
export type Localized = Readonly<Record<string, string>>

export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

/** Wall-clock times `HH:MM`, `00:00` to `24:00`; an end that is not after its start runs over midnight. */
export interface Span {
  readonly from: string
  readonly to: string
}

export interface Calendar {
  readonly hours: readonly (Span & { readonly days: readonly Weekday[] })[]
  /** `YYYY-MM-DD` once, `--MM-DD` every year. */
  readonly holidays: readonly { readonly date: string; readonly name: string }[]
  readonly specialDays: readonly {
    readonly date: string
    readonly name: string
    readonly hours: readonly Span[]
  }[]
  readonly override: {
    readonly open: boolean
    readonly until?: string | undefined
    readonly name?: string | undefined
  } | null
}

export interface FormField {
  /** `name` and `email` are the visitor's; any other id is the site owner's own. */
  readonly id: string
  /**
   * `select`: one of `options`. `checkbox`: a box to tick, answered by `yes`. `consent`: a box too; its answer is the `version`
   * of the text in `label` that was agreed to.
   */
  readonly type: 'text' | 'email' | 'tel' | 'textarea' | 'select' | 'checkbox' | 'consent'
  readonly required: boolean
  /** May have links, written `[words](https://…)`. */
  readonly label: Localized
  readonly version?: string | undefined
  /** `value` is what staff read in the room. */
  readonly options?: readonly Readonly<{ value: string; label: Localized }>[] | undefined
}

export interface Form {
  readonly mode: 'anonymous' | 'identified'
  readonly fields: readonly FormField[]
}

export interface Topic {
  readonly id: string
  readonly title: Localized
  /** `personal`: exactly one participant. All three are group rooms at the desk. */
  readonly room: 'personal' | 'group' | 'mixed'
  readonly participants: readonly string[]
  readonly supervisors: readonly string[]
  readonly bot: boolean
  readonly skills: readonly string[]
  /** Page patterns such as `/shop/*`. */
  readonly pages: readonly string[]
  /** False: staff can transfer chats to it, visitors are not offered it. */
  readonly offered: boolean
  /** Only staff lines that begin with `room.visitorPrefix` go to the visitor. */
  readonly explicit: boolean
  /** Whom a handover calls: all participants, or one who is reachable and owns the chat from then on. */
  readonly assign: 'team' | 'available'
  readonly form?: Form | undefined
  /** Replaces the general calendar key by key. */
  readonly calendar?: Partial<Calendar> | undefined
}

export interface Settings {
  /** IANA time zone of the calendars. */
  readonly timezone: string
  readonly calendar: Calendar
  readonly form: Form
  readonly topics: readonly Topic[]
  readonly roomOpens: 'start' | 'firstMessage' | 'handover'
  readonly peopleJoin: 'start' | 'handover'
  readonly handover: {
    /** By language: what a visitor writes to talk to a person, beside our own words for it. */
    readonly phrases: Readonly<Record<string, readonly string[]>>
    /** Replies in a row that the bot did not understand, before a person takes over. */
    readonly fallbacks: number
  }
  readonly room: {
    /** Beginnings that keep a staff line inside, beside `//`. */
    readonly notePrefixes: readonly string[]
    /** How a line for the visitor begins in an `explicit` topic. */
    readonly visitorPrefix: string
  }
  /** When a visitor waits for staff: they are called again, then the visitor is told. Null: never. */
  readonly attention: { readonly remindMinutes: number | null; readonly tellMinutes: number | null }
  readonly idle: {
    readonly heartbeatSeconds: number
    readonly visitorMinutes: number
    readonly botMinutes: number
  }
  readonly privacy: { readonly ip: 'full' | 'masked' | 'off'; readonly retentionDays: number }
  readonly limits: {
    readonly startsPerIpPerMinute: number | null
    readonly roomsPerMinute: number | null
    readonly messagesPerMinute: number | null
    readonly heldPollsPerIp: number | null
  }
  readonly look: {
    readonly accent: string
    readonly position: 'left' | 'right'
    readonly logo: string | null
    readonly title: Localized
  }
  /** Exact origins of the pages that carry the widget, e.g. `https://www.example.com`. */
  readonly origins: readonly string[]
  /** A site's own wording over the built-in texts, by language, then by key. */
  readonly texts: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Who answers and who reads: supervisors join a group topic's rooms, and others on request. */
export const peopleOf = (topic: Topic): string[] => [
  ...new Set([...topic.participants, ...(topic.room === 'group' ? topic.supervisors : [])]),
]

/** Said in a room: no new chats until then, of one topic or of all. */
export interface Closing {
  /** Null: all topics. */
  readonly topic: string | null
  /** Epoch ms. */
  readonly until: number
}

/** The settings as they are while these closings last; they beat what the file says. */
export function withClosings(settings: Settings, closings: readonly Closing[], now: number): Settings {
  const running = closings.filter(({ until }) => until > now)
  if (running.length === 0) return settings
  const override = (topic: string | null): Calendar['override'] | undefined => {
    const until = Math.max(
      0,
      ...running.filter((one) => one.topic === null || one.topic === topic).map((one) => one.until),
    )
    return until === 0 ? undefined : { open: false, until: new Date(until).toISOString() }
  }
  const general = override(null)
  return {
    ...settings,
    ...(general && { calendar: { ...settings.calendar, override: general } }),
    topics: settings.topics.map((topic) => {
      const own = override(topic.id)
      return own ? { ...topic, calendar: { ...topic.calendar, override: own } } : topic
    }),
  }
}

/** The text in the language asked for, else its base language, else English, else the first there is. */
export function inLanguage(text: Localized, lang: string): string {
  const base = lang.split('-')[0] ?? lang
  return text[lang] ?? text[base] ?? text.en ?? Object.values(text)[0] ?? ''
}
