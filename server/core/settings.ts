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
  /** `consent`: a box to tick; its answer is the `version` of the text in `label` that was agreed to. */
  readonly type: 'text' | 'email' | 'tel' | 'textarea' | 'consent'
  readonly required: boolean
  readonly label: Localized
  readonly version?: string | undefined
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

/** The text in the language asked for, else its base language, else English, else the first there is. */
export function inLanguage(text: Localized, lang: string): string {
  const base = lang.split('-')[0] ?? lang
  return text[lang] ?? text[base] ?? text.en ?? Object.values(text)[0] ?? ''
}
