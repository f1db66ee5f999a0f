import { readFileSync } from 'node:fs'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asksForPerson } from '../server/core/handover.ts'
import {
  askingIn,
  bubbleNames,
  inEach,
  PLURAL_FORMS,
  spokenIn,
  textsIn,
  wordsIn,
} from '../server/core/words.ts'
import { readSettings } from '../server/settings/index.ts'
import { readLanguages } from '../server/texts.ts'
import english from '../texts/en.json' with { type: 'json' }
import { languages, TEXTS } from './support/languages.ts'
import { SETTINGS } from './support/settings.ts'

const FORM = new RegExp(`_(${PLURAL_FORMS.join('|')})$`)
const holesOf = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort()
const isForm = (key: string) => FORM.test(key)
const plain = (table: object) => Object.keys(table).filter((key) => !isForm(key))

const brotli = (value: object) =>
  brotliCompressSync(JSON.stringify(value), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).byteLength

const each = Object.entries(languages.widget).map(([lang, widget]) => {
  const { [lang]: chat = {} } = languages.chat
  const { [lang]: asking = [] } = languages.asking
  return { lang, widget, chat, asking, bytes: brotli(widget) }
})

/** A file for a region may leave the rest to its wider language. */
const whole = each.filter(({ lang }) => !each.some((wider) => lang.startsWith(`${wider.lang}-`)))

describe('the languages', () => {
  it('are read from their folder', () => {
    expect(Object.keys(languages.widget)).toEqual(
      expect.arrayContaining(['ar', 'de', 'en', 'es', 'fr', 'pl']),
    )
  })

  it.each(each)("$lang: the widget's part has $bytes bytes with brotli", ({ bytes }) => {
    expect(bytes).toBeLessThanOrEqual(1000)
  })

  it.each(whole)('$lang has every key, and a word that asks for a person', ({ widget, chat, asking }) => {
    expect(plain(widget).sort()).toEqual(plain(english.widget).sort())
    expect(Object.keys(chat).sort()).toEqual(Object.keys(english.chat).sort())
    expect(asking).not.toEqual([])
  })

  it.each(each)('$lang has the holes of English', ({ lang, widget, chat }) => {
    const rules = new Intl.PluralRules(lang)
    /** How many numbers a form is for; a form for one number need not name it. */
    const numbersOf = (form: string) =>
      Array.from({ length: 1000 }, (_, n) => n).filter((n) => rules.select(n) === form).length
    for (const [part, table] of Object.entries({ widget, chat }))
      for (const [key, text] of Object.entries(table)) {
        const form = FORM.exec(key)?.[1]
        if (form && numbersOf(form) === 1 && holesOf(text).length === 0) continue
        const model = (english[part as 'widget' | 'chat'] as Record<string, string>)[key.replace(FORM, '')]
        expect([key, holesOf(text)]).toEqual([key, holesOf(model ?? '')])
      }
  })

  it.each(each)('$lang has no forms but those its numbers take', ({ lang, widget }) => {
    const taken: string[] = new Intl.PluralRules(lang).resolvedOptions().pluralCategories
    const forms = Object.keys(widget).flatMap((key) => FORM.exec(key)?.[1] ?? [])
    expect(forms.filter((form) => !taken.includes(form))).toEqual([])
  })

  it.each(whole)('$lang keeps what it promises: the word it names brings a person', ({ lang, chat }) => {
    const [, word = ''] = /["„«]\s?(.+?)\s?["”“»]/u.exec(chat.botSorry ?? '') ?? []
    expect(word).not.toBe('')
    expect(asksForPerson(word, askingIn(lang, languages.asking))).toEqual({ whom: '' })
  })

  it('count as one counts: Polish and Arabic', () => {
    const say = (lang: string, key: string, n: number) => {
      const texts = textsIn(lang, languages.widget, {})
      const form = `${key}_${new Intl.PluralRules(lang).select(n)}`
      return (texts[form] ?? texts[key])?.replace('{n}', `${n}`)
    }
    expect([1, 2, 5, 22].map((n) => say('pl', 'charsLeft', n))).toEqual([
      'Pozostał 1 znak',
      'Pozostały 2 znaki',
      'Pozostało 5 znaków',
      'Pozostały 22 znaki',
    ])
    expect([1, 2, 3, 11, 100].map((n) => say('ar', 'unread', n))).toEqual([
      'رسالة غير مقروءة',
      'رسالتان غير مقروءتين',
      '3 رسائل غير مقروءة',
      '11 رسالة غير مقروءة',
      '100 رسالة غير مقروءة',
    ])
    expect([1, 2].map((n) => say('de', 'unread', n))).toEqual(['1 ungelesen', '2 ungelesen'])
  })
})

describe('what is said in a language', () => {
  const ours = {
    en: { start: 'Start', unread: '{n} unread', retry: 'Again' },
    de: { start: 'Los', unread: '{n} ungelesen', unread_one: 'eins ungelesen' },
    'de-AT': { start: 'Servus' },
    'zh-Hant': { start: '開始' },
  }

  it.each<[name: string, lang: string, own: Record<string, Record<string, string>>, start: string]>([
    ['a language', 'de', {}, 'Los'],
    ['a region of its own', 'de-AT', {}, 'Servus'],
    ['a region that has none', 'de-CH', {}, 'Los'],
    ['a tag in another case', 'DE-at', {}, 'Servus'],
    ['a script and a region', 'zh-Hant-TW', {}, '開始'],
    ['a script nobody wrote in', 'zh-Hans', {}, 'Start'],
    ['no language of ours', 'cs', {}, 'Start'],
    ["the site's wording", 'de', { de: { start: 'Jetzt' } }, 'Jetzt'],
    ["the site's wording for all regions, above ours for one", 'de-AT', { de: { start: 'Jetzt' } }, 'Jetzt'],
    ["the site's own language", 'cs', { cs: { start: 'Začít' } }, 'Začít'],
    ["the site's English beneath a language of ours", 'de', { en: { start: 'Go' } }, 'Los'],
    ["the site's English beneath a language without it", 'cs', { en: { start: 'Go' } }, 'Go'],
  ])('%s', (_name, lang, own, start) => {
    expect(textsIn(lang, ours, own)).toMatchObject({ start, retry: 'Again' })
  })

  it('falls back key by key', () => {
    expect(textsIn('de-AT', ours, { cs: {} })).toEqual({
      start: 'Servus',
      unread: '{n} ungelesen',
      unread_one: 'eins ungelesen',
      retry: 'Again',
    })
  })

  it('has no forms of another wording', () => {
    expect(textsIn('de', ours, { de: { unread: '{n} neu' } })).not.toHaveProperty('unread_one')
    expect(textsIn('de', ours, { de: { unread_one: '{n} neue' } })).toMatchObject({
      unread: '{n} ungelesen',
      unread_one: '{n} neue',
    })
    expect(textsIn('cs', { en: { unread: 'a', unread_one: 'b' } }, { cs: { unread: 'c' } })).toEqual({
      unread: 'c',
    })
  })

  it('answers in a language that is known', () => {
    const known = ['en', 'de', 'pt-BR']
    expect(['de-AT', 'PT-br', 'pt', 'xx'].map((lang) => spokenIn(lang, known))).toEqual([
      'de',
      'pt-BR',
      'en',
      'en',
    ])
  })

  it("is the site's own first in a chat, then ours, then English; and what fills a hole is left as it is", () => {
    const { chat } = languages
    const own = { pl: { botBack: 'Jestem!' }, en: { stillWaiting: 'Soon.' } }
    expect(wordsIn('pl-PL', chat, own)('botBack')).toBe('Jestem!')
    expect(wordsIn('pl', chat, own)('transferred', { topic: 'Serwis' })).toBe('Rozmawiasz teraz z: Serwis.')
    expect(wordsIn('fi', chat, own)('stillWaiting')).toBe('Soon.')
    expect(wordsIn('fi', chat, {})('transferred', { topic: '{when}' })).toBe(
      'You are now talking to: {when}.',
    )
  })

  it('names one key in each language that has it', () => {
    expect(inEach(ours, 'unread_one')).toEqual({ de: 'eins ungelesen' })
  })

  it('names the bubble in the languages that the site speaks, and in English', () => {
    const ours = { en: { open: 'Open chat' }, de: { open: 'Chat öffnen' }, fr: { open: 'Ouvrir le chat' } }
    const site = {
      topics: [],
      look: { accent: '#000000', position: 'right', logo: null, title: { 'de-AT': 'Servus' } },
      texts: { cs: { open: 'Otevřít chat' } },
    } as const
    expect(bubbleNames(ours, site)).toEqual({ en: 'Open chat', de: 'Chat öffnen', cs: 'Otevřít chat' })
    expect(bubbleNames(ours, null)).toEqual({ en: 'Open chat' })
  })
})

describe('docs/languages.md', () => {
  const page = readFileSync(new URL('../docs/languages.md', import.meta.url), 'utf8')
  const [own = '', file = ''] = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, code]) => code)

  it('has every key and its English', () => {
    const rows = Object.values({ widget: english.widget, chat: english.chat })
      .flatMap((part) => Object.entries(part))
      .map(([key, text]) => `| \`${key}\` | ${text} |`)
    expect(rows.filter((row) => !page.includes(`\n${row}\n`))).toEqual([])
  })

  it('shows settings that are taken', () => {
    const { texts } = readSettings({ ...SETTINGS, ...JSON.parse(own) })
    expect(textsIn('cs', languages.widget, texts).open).toBe('Otevřít chat')
  })

  it('shows a file that is taken', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'frontroom-texts-'))
    try {
      await writeFile(join(folder, 'en.json'), JSON.stringify(english))
      await writeFile(join(folder, 'cs.json'), file)
      const { chat, asking } = await readLanguages(folder)
      const [, word = ''] = /„(.+)“/.exec(wordsIn('cs', chat, {})('botSorry')) ?? []
      expect(asksForPerson(word, askingIn('cs', asking))).toEqual({ whom: '' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('reading languages', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'frontroom-texts-'))
    await cp(TEXTS, folder, { recursive: true })
  })
  afterEach(() => rm(folder, { recursive: true }))

  const put = (name: string, content: object | string) =>
    writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))

  it('takes one more file, whatever it lacks', async () => {
    await put('cs.json', { widget: { start: 'Začít' } })
    const read = await readLanguages(folder)
    expect(textsIn('cs-CZ', read.widget, {})).toEqual({ ...english.widget, start: 'Začít' })
    expect(wordsIn('cs', read.chat, {})('botBack')).toBe(english.chat.botBack)
    expect(askingIn('cs', read.asking)).toEqual(english.asking)
  })

  it.each([
    ['a key that is none', 'cs.json', { widget: { strat: 'x' } }, /cs\.json widget\.strat: is not a key/],
    ['a key of the other part', 'cs.json', { chat: { start: 'x' } }, /cs\.json chat\.start: is not a key/],
    [
      'a form of what is not counted',
      'cs.json',
      { widget: { start_few: 'x' } },
      /cs\.json widget\.start_few/,
    ],
    [
      'a hole that nothing fills',
      'cs.json',
      { widget: { opens: '{time}' } },
      /cs\.json widget\.opens.*\{time\}/,
    ],
    ['an empty text', 'cs.json', { widget: { start: ' ' } }, /cs\.json widget\.start: must not be empty/],
    ['a text that is none', 'cs.json', { chat: { botBack: 1 } }, /cs\.json chat\.botBack/],
    ['a part that is none', 'cs.json', { wigdet: {} }, /cs\.json.*wigdet/],
    ['a file that is no JSON', 'cs.json', '{', /cs\.json: is not JSON/],
    ['a name that is no language', 'de_AT.json', {}, /de_AT\.json: is not named by a language tag/],
    ['a name in another case', 'de-at.json', {}, /de-at\.json: is not named by a language tag/],
  ])('refuses %s', async (_name, file, content, message) => {
    await put(file, content)
    await expect(readLanguages(folder)).rejects.toThrow(message)
  })

  it('names all mistakes of all files at once', async () => {
    await put('cs.json', { widget: { strat: 'x' }, chat: { botBakc: 'y' } })
    await put('fi.json', '')
    await expect(readLanguages(folder)).rejects.toThrow(
      /cs.*strat[\s\S]*cs.*botBakc|fi[\s\S]*strat[\s\S]*botBakc/,
    )
    await expect(readLanguages(folder)).rejects.toThrow(/fi\.json: is not JSON/)
  })

  it('does not go without English', async () => {
    await rm(join(folder, 'en.json'))
    await expect(readLanguages(folder)).rejects.toThrow(/en\.json: is missing/)
  })

  it('takes counted forms of what is counted', async () => {
    await put('cs.json', { widget: { unread_few: '{n} nepřečtené' } })
    expect((await readLanguages(folder)).widget.cs).toEqual({ unread_few: '{n} nepřečtené' })
  })
})
