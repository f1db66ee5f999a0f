/** What staff read before the visitor's first word: the title of the room and its first post. */
import type { Settings, Topic } from './settings.ts'
import { singleLine, visitorLabel } from './text.ts'

export interface OpenerFacts {
  readonly place: Readonly<{
    continent?: string | undefined
    country?: string | undefined
    region?: string | undefined
    city?: string | undefined
  }> | null
  /** Already masked as the settings say; null: not shown. */
  readonly ip: string | null
  readonly mobile: boolean
  readonly userAgent: string
  readonly page: Readonly<{
    url?: string | undefined
    title?: string | undefined
    referrer?: string | undefined
  }>
  readonly name: string | null
  readonly email: string | null
  /** Form fields in the form's order, with their labels. */
  readonly fields: readonly Readonly<{ label: string; value: string }>[]
  readonly parameters: Readonly<Record<string, string>>
  readonly channel: string
  readonly sessionId: string
  readonly lang: string
  /** What staff must know of who reads them. */
  readonly advice: string
}

export const OPENER_ADVICE =
  'What you write here goes to the visitor. Start a line with // to keep it inside.'

/** The same where only marked lines go out. */
const explicitAdvice = (prefix: string): string =>
  `Only lines that begin with ${prefix} go to the visitor; whatever else you write here stays inside.`

/** What of staff's words goes out, in a topic's rooms. */
export const adviceFor = (
  { room }: Pick<Settings, 'room'>,
  topic: Pick<Topic, 'explicit'> | undefined,
): string => (topic?.explicit ? explicitAdvice(room.visitorPrefix) : OPENER_ADVICE)

/** `Sales · Anna · C-7F3KQ2` */
export function roomTitle(topic: string, name: string | null, ref: string): string {
  return `${singleLine(topic, 100)} · ${visitorLabel(name)} · ${ref}`
}

/** The lines of the first post. Every value is the visitor's to choose, so each is held on its own line. */
export function openerLines(facts: OpenerFacts): string[] {
  const { place } = facts
  const where = place
    ? [place.continent, place.country, place.region, place.city].filter(
        (part) => part !== undefined && part !== '',
      )
    : []
  const line = (label: string, value: string | null | undefined): string[] => {
    const shown = singleLine(value ?? '', 2048)
    return shown === '' ? [] : [`${singleLine(label, 100)}: ${shown}`]
  }
  return [
    `Geolocation: ${where.length > 0 ? where.join(', ') : 'unknown'}`,
    ...line('IP', facts.ip),
    `Mobile: ${facts.mobile ? 'yes' : 'no'}`,
    ...line('User agent', facts.userAgent),
    ...line('Page', facts.page.url),
    ...line('Page title', facts.page.title),
    ...line('Referrer', facts.page.referrer),
    ...line('Name', facts.name),
    ...line('E-mail', facts.email),
    ...facts.fields.flatMap((field) => line(field.label, field.value)),
    ...Object.entries(facts.parameters).flatMap(([key, value]) => line(key, value)),
    ...line('Language', facts.lang),
    ...line('Source', `${facts.channel}, session ${facts.sessionId}`),
    facts.advice,
  ]
}
