/**
 * What the product itself says to a visitor, by key. A site's own wording (`texts` in the settings) stands above it. `{topic}`
 * and `{when}` are filled in.
 */
const en = {
  talkToPerson: 'Talk to a person',
  chooseTopic: 'Whom would you like to talk to?',
  handedOver: 'Thank you. I am passing you on to our team ({topic}); they see what we have written here.',
  handedOverAway:
    'Thank you. I am passing this on to our team ({topic}). Nobody is at the desk right now, so it may take a while.',
  handoverFailed: 'I could not reach our team just now. I am still here; please try again in a moment.',
  botSorry: 'Sorry, I cannot answer right now. Please try again, or write "agent" to talk to a person.',
  botOffer: 'I still cannot answer. Would you like to talk to a person?',
  botBack: 'I am your assistant again. How else can I help?',
  nobodyThere:
    'Nobody is at the desk right now. Write to us all the same: we answer as soon as somebody is back.',
  stillWaiting:
    'Our team has not answered yet. Your message is not lost: we answer as soon as somebody is free.',
  transferred: 'You are now talking to: {topic}.',
}

export type WordKey = keyof typeof en

const pl: Record<WordKey, string> = {
  talkToPerson: 'Porozmawiaj z człowiekiem',
  chooseTopic: 'Z kim chcesz porozmawiać?',
  handedOver: 'Dziękuję. Przekazuję rozmowę naszemu zespołowi ({topic}); widzą tę rozmowę.',
  handedOverAway:
    'Dziękuję. Przekazuję sprawę naszemu zespołowi ({topic}). Teraz nikogo nie ma przy biurku, więc odpowiedź może chwilę potrwać.',
  handoverFailed:
    'Nie udało mi się teraz połączyć z zespołem. Jestem nadal tutaj; spróbuj ponownie za chwilę.',
  botSorry:
    'Przepraszam, nie mogę teraz odpowiedzieć. Spróbuj ponownie albo napisz „konsultant”, aby porozmawiać z człowiekiem.',
  botOffer: 'Nadal nie mogę odpowiedzieć. Czy chcesz porozmawiać z człowiekiem?',
  botBack: 'Znowu jestem Twoim asystentem. W czym jeszcze mogę pomóc?',
  nobodyThere: 'Teraz nikogo nie ma przy biurku. Napisz mimo to: odpowiemy, gdy tylko ktoś wróci.',
  stillWaiting:
    'Nasz zespół jeszcze nie odpowiedział. Wiadomość nie zginęła: odpowiemy, gdy tylko ktoś będzie wolny.',
  transferred: 'Rozmawiasz teraz z: {topic}.',
}

const builtIn: Readonly<Record<string, Readonly<Record<string, string>>>> = { en, pl }

/** Words of a language that ask for a person when they are all that was written. */
export const ASKING: Readonly<Record<string, readonly string[]>> = {
  en: [
    'agent',
    'human',
    'person',
    'real person',
    'talk to a person',
    'talk to a human',
    'talk to an agent',
    'speak to an agent',
  ],
  pl: [
    'konsultant',
    'człowiek',
    'agent',
    'porozmawiaj z człowiekiem',
    'rozmowa z konsultantem',
    'chcę rozmawiać z człowiekiem',
  ],
}

export type Words = (key: WordKey, values?: Readonly<Record<string, string>>) => string

type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>

/** In the language asked for, else its base language, else English; in each the site's own wording first. */
export function wordsIn(lang: string, own: Texts): Words {
  const base = lang.split('-')[0] ?? lang
  const tables = [own[lang], own[base], builtIn[base], own.en, en]
  return (key, values = {}) => {
    const text = tables.map((table) => table?.[key]).find((found) => found !== undefined) ?? en[key]
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
  }
}
