/**
 * Which intent a text is meant for. Word by word as given is certain; else phrases and text are compared as vectors of words,
 * each weighing what it tells intents apart (inverse document frequency). Words that no intent knows weigh most of all: they are
 * why "what is the weather" is not taken for "what is the price". Deterministic; the work is linear in the text.
 */
import type { Agent, Intent, Phrase } from './agent.ts'
import { createLexicon, type Likeness } from './lexicon.ts'
import { createPhraseIndex, type Indexed, push } from './phrase-index.ts'
import { type Manner, mannerIn } from './stop-words.ts'
import { stretchesOf } from './stretch.ts'
import type { Found, Values } from './values.ts'
import type { Word } from './words.ts'

/** Below it a text counts as not understood. */
export const THRESHOLD = 0.55
/** The same for a text without a subject: `how much is it` must nearly be a phrase to be one. */
const IDLE_THRESHOLD = 0.75
/** Where phrases are not learnt from, only what is as good as word by word counts. */
const WORD_BY_WORD = 0.9
/** Only what was given word by word is certain. */
const NEARLY = 0.95
/** Candidates this close are as good as each other; then priority and contexts decide. */
const CLOSE = 0.05
/** The likeness to the nearest phrase counts more than how much of the text the intent's phrases know altogether. */
const PHRASE = 0.6

/** The best first. */
const MANNERS: readonly Manner[] = ['subject', 'courtesy', 'common', 'stop']

/** What a text is made of at best decides what its lesser words weigh. */
const WEIGHTS: Readonly<Record<Manner, Readonly<Record<Manner, number>>>> = {
  subject: { subject: 1, common: 0.4, courtesy: 0.15, stop: 0.15 },
  common: { subject: 1, common: 0.4, courtesy: 0.15, stop: 0.15 },
  courtesy: { subject: 1, common: 0.4, courtesy: 1, stop: 0.15 },
  stop: { subject: 1, common: 1, courtesy: 1, stop: 1 },
}

export interface Match {
  readonly intent: Intent
  /** Null when it was not a phrase that decided. */
  readonly phrase: Phrase | null
  readonly confidence: number
}

export interface Said {
  readonly text: string
  readonly words: readonly Word[]
  readonly found: readonly Found[]
}

export interface Matcher {
  /** The best of the intents that `isOpen` lets take part, or null when none is good enough. */
  match(said: Said, isOpen: (intent: Intent) => boolean): Match | null
}

/** A text made ready to be compared. */
interface Asked {
  readonly said: Said
  readonly best: Manner
  /** Each word once: what it weighs (squared), where it stands, what it may stand for. */
  readonly words: readonly {
    readonly weight: number
    readonly places: readonly number[]
    readonly likenesses: readonly Likeness[]
  }[]
  readonly slots: ReadonlyMap<string, readonly Found[]>
}

/** @param languages as `languagesFor` gives them. */
export function createMatcher(agent: Agent, languages: readonly string[], values: Values): Matcher {
  const index = createPhraseIndex(agent, languages, values)
  const manner = mannerIn(languages[0] ?? '')
  const lexicon = createLexicon(
    [...index.spread.keys()].filter((key) => !key.startsWith('@')),
    (word) => manner(word) !== 'subject',
  )

  function mannerOf(key: string): Manner {
    // A number or a date on its own is about nothing, a thing of the agent's own lists about little.
    if (key.startsWith('@')) return key.startsWith('@sys.') ? 'stop' : 'common'
    const how = manner(key)
    // `u`, `ok`: too short to be about anything, unless an intent knows it.
    return how === 'subject' && !lexicon.has(key) && /^[a-z]{1,2}$/.test(key) ? 'stop' : how
  }

  /** Squared, as it counts in a vector's length. A word no intent knows is rarer than one that a single intent knows. */
  function weigh(key: string, best: Manner): number {
    const rarity = Math.log(1 + agent.intents.length / (index.spread.get(key) ?? 0.5))
    return (rarity * WEIGHTS[best][mannerOf(key)]) ** 2
  }
  const weights = new Map(
    MANNERS.map((best) => [best, new Map([...index.spread.keys()].map((key) => [key, weigh(key, best)]))]),
  )
  /** What a text must weigh to say anything: a word that two intents share. */
  const enough = Math.log(1 + agent.intents.length / 2) ** 2

  const weightOf = (key: string, best: Manner) => weights.get(best)?.get(key) ?? 0

  function prepare(said: Said): Asked {
    const slots = new Map<string, Found[]>()
    for (const found of said.found) push(slots, found.entity, found)
    const places = new Map<string, number[]>()
    said.words.forEach(({ word }, i) => void push(places, word, i))
    const plain = coveredBy(said.found.filter(({ entity }) => entity.startsWith('@sys.')))
    const manners = new Set(said.words.flatMap(({ word }, i) => (plain.has(i) ? [] : [mannerOf(word)])))
    const best = MANNERS.find((how) => manners.has(how)) ?? 'stop'
    const words = [...places].map(([word, at]) => {
      const likenesses = lexicon.find(word)
      const known = likenesses.map(({ word: key }) => weightOf(key, best))
      return { weight: known.length > 0 ? Math.max(...known) : weigh(word, best), places: at, likenesses }
    })
    return { said, best, words, slots }
  }

  /** Words that are a value of one of the phrase's entities are no words; where any text will do, none is a surprise. */
  function coveredFor({ keys, terms, hasValues }: Indexed, { said, slots }: Asked): ReadonlySet<number> {
    const values = hasValues ? [...keys].flatMap((key) => slots.get(key) ?? []) : []
    const stretches = terms ? stretchesOf(terms, said.words, said.found) : []
    return coveredBy([...values, ...stretches])
  }

  /** 0 to 1. */
  function score(indexed: Indexed, query: Asked): number {
    const { keys, intent } = indexed
    const { best, words, slots } = query
    const covered = coveredFor(indexed, query)
    const knows = index.vocabulary(intent)
    const shared = new Map<string, number>()
    let asked = 0
    let understood = 0
    for (const { weight, places, likenesses } of words) {
      if (covered.size > 0 && places.every((place) => covered.has(place))) continue
      let like = 0
      for (const { word: key, likeness } of likenesses) {
        if (knows.has(key)) like = Math.max(like, likeness)
        if (keys.has(key)) shared.set(key, Math.max(shared.get(key) ?? 0, likeness))
      }
      asked += weight
      understood += like * weight
    }
    let given = 0
    let common = 0
    for (const key of keys) {
      const weight = weightOf(key, best)
      given += weight
      if (slots.has(key)) {
        asked += weight
        understood += weight
        common += weight
      } else common += weight * (shared.get(key) ?? 0)
    }
    if (common === 0) return 0
    const cosine = common / Math.sqrt(asked * given)
    return best === 'stop' ? cosine : PHRASE * cosine + (1 - PHRASE) * (understood / Math.max(asked, enough))
  }

  function alike(asked: Asked, isOpen: (intent: Intent) => boolean): Match[] {
    const said = asked.words.flatMap(({ likenesses }) => likenesses.map(({ word }) => word))
    const least = WEIGHTS[asked.best][asked.best]
    const candidates = new Set<Indexed>()
    for (const key of [...said, ...asked.slots.keys()]) {
      const tells = key.startsWith('@') || WEIGHTS[asked.best][mannerOf(key)] >= least
      // Where there is a subject, no phrase is near for sharing lesser words alone, unless any text may be its subject.
      for (const indexed of index.having(key)) if (tells || indexed.terms) candidates.add(indexed)
    }
    const bests = new Map<Intent, Match>()
    for (const indexed of [...candidates].sort((a, b) => a.at - b.at)) {
      const { intent, phrase } = indexed
      if (!isOpen(intent)) continue
      const confidence = Math.round(Math.min(NEARLY, score(indexed, asked)) * 1000) / 1000
      const needed = !intent.learns ? WORD_BY_WORD : asked.best === 'stop' ? IDLE_THRESHOLD : THRESHOLD
      if (confidence >= needed && confidence > (bests.get(intent)?.confidence ?? 0))
        bests.set(intent, { intent, phrase, confidence })
    }
    return [...bests.values()]
  }

  /** Phrases that are nothing but a place for any text; taken last, and only where a context called for them. */
  const openEnded = index.phrases.filter(
    ({ intent, keys, terms }) => keys.size === 0 && terms !== null && intent.inputContexts.length > 0,
  )
  const anything = (isOpen: (intent: Intent) => boolean): Match[] =>
    openEnded.flatMap(({ intent, phrase }) =>
      isOpen(intent) ? [{ intent, phrase, confidence: THRESHOLD }] : [],
    )

  return {
    match(said, isOpen) {
      const same = index.exact(said.words).filter(({ intent }) => isOpen(intent))
      if (same.length > 0) return best(same.map(({ intent, phrase }) => ({ intent, phrase, confidence: 1 })))
      return best(alike(prepare(said), isOpen)) ?? (said.words.length > 0 ? best(anything(isOpen)) : null)
    },
  }
}

function coveredBy(spans: readonly { readonly first: number; readonly end: number }[]): Set<number> {
  const covered = new Set<number>()
  for (const { first, end } of spans) for (let i = first; i < end; i++) covered.add(i)
  return covered
}

/** Of those as good as the best: the higher priority, then the more contexts it needs, then the better, then by name. */
export function best(matches: readonly Match[]): Match | null {
  const top = Math.max(...matches.map(({ confidence }) => confidence))
  const [first] = matches
    .filter(({ confidence }) => confidence >= top - CLOSE)
    .sort(
      (a, b) =>
        b.intent.priority - a.intent.priority ||
        b.intent.inputContexts.length - a.intent.inputContexts.length ||
        b.confidence - a.confidence ||
        (a.intent.name < b.intent.name ? -1 : 1),
    )
  return first ?? null
}
