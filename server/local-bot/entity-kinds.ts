/** Dialogflow's own entities (https://cloud.google.com/dialogflow/es/docs/reference/system-entities), as far as we tell them apart. */

export type SystemKind = 'any' | 'number' | 'digits' | 'email' | 'url' | 'date' | 'time'

const KINDS: Readonly<Record<string, SystemKind>> = {
  '@sys.number': 'number',
  '@sys.number-integer': 'number',
  '@sys.cardinal': 'number',
  '@sys.number-sequence': 'digits',
  '@sys.email': 'email',
  '@sys.url': 'url',
  '@sys.date': 'date',
  '@sys.time': 'time',
}

/** Everything else that Google's can tell is any text to us. */
export const kindOf = (entity: string): SystemKind =>
  Object.hasOwn(KINDS, entity) ? (KINDS[entity] ?? 'any') : 'any'

// Letter by letter on both sides: `\b` takes `ś` for a gap.
const standing = (alternatives: string) =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives})(?![\\p{L}\\p{N}])`, 'giu')

const WEEKDAYS = '(?:mon|tues|wednes|thurs|fri|satur|sun)days?'
const MONTHS =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)'
const DNI =
  '(?:poniedzia[łl](?:ek|ku)|wtor(?:ek|ku)|[śs]rod[aęey]|czwart(?:ek|ku)|pi[ąa]t(?:ek|ku)|sobot[aęey]|niedziel[aęei])'
const MIESIACE =
  '(?:stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|wrze[śs]nia|pa[źz]dziernika|listopada|grudnia)'

/** Dates and times are found, not reckoned: which day `tomorrow` is depends on when it is read. */
export const PATTERNS: Readonly<Record<Exclude<SystemKind, 'any'>, RegExp>> = {
  number: /\d{1,15}(?:[.,]\d{1,15})?/g,
  digits: /\d{1,40}/g,
  email: /[^\s@<>,;:"()]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,4}/gu,
  url: /https?:\/\/[^\s<>"]{1,200}/gi,
  date: standing(
    [
      '\\d{4}-\\d{1,2}-\\d{1,2}',
      '\\d{1,2}[./]\\d{1,2}(?:[./]\\d{2,4})?',
      `today|tomorrow|(?:(?:next|this) )?${WEEKDAYS}|\\d{1,2}(?:st|nd|rd|th)?(?: of)? ${MONTHS}(?: \\d{4})?`,
      `${MONTHS} \\d{1,2}(?:st|nd|rd|th)?(?:,? \\d{4})?`,
      `dzi[śs]|dzisiaj|jutro|pojutrze|${DNI}|\\d{1,2} ${MIESIACE}(?: \\d{4})?`,
    ].join('|'),
  ),
  time: standing('\\d{1,2}:\\d{2}(?: ?[ap]m)?|\\d{1,2} ?[ap]m|noon|midnight|po[łl]udnie|p[óo][łl]noc'),
}

/** The languages whose words for days are in the pattern; in others any text will do for a date. */
export const readsDates = (lang: string): boolean => /^(?:en|pl)(?:-|$)/.test(lang)
