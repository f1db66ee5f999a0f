/** What visitors write, and what the demo's agent must make of it. The table is older than the matcher. */
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readAgent } from '../../server/local-bot/agent-export.ts'
import { createBrain } from '../../server/local-bot/brain.ts'

const agent = await readAgent(fileURLToPath(new URL('../../sandbox/demo-agent', import.meta.url)))
const brain = createBrain(agent)

function understood(lang: string, text: string): string {
  const { intent } = brain.detect({ input: { kind: 'text', text }, lang, contexts: [] })
  return intent === null || intent.isFallback ? 'refused' : intent.name
}

const ENGLISH: readonly [text: string, intent: string][] = [
  ['hello', 'welcome'],
  ['Good evening!', 'welcome'],
  ['HI THERE', 'welcome'],
  ['What are your opening hours?', 'opening hours'],
  ['when do you open tomorrow', 'opening hours'],
  ['are you open on saturday?', 'opening hours'],
  ['is the shop closed on Sundays', 'opening hours'],
  ['opening huors', 'opening hours'],
  ['until what time can I come by on Friday', 'opening hours'],
  ['How much does delivery cost?', 'delivery'],
  ['do you deliver to Sweden', 'delivery'],
  ['shiping costs please', 'delivery'],
  ['can you ship a bike to Poland', 'delivery'],
  ['how many days does the delivery take', 'delivery'],
  ['I want to return my bike', 'returns'],
  ['Can I send the bike back if I do not like it?', 'returns'],
  ['what is your return policy', 'returns'],
  ['retrun a bicycle', 'returns'],
  ['which payment methods do you accept', 'payment'],
  ['CAN I PAY BY CREDIT CARD???', 'payment'],
  ['do you take paypal', 'payment'],
  ['can I pay in instalments', 'payment'],
  ['where is my order', 'order status'],
  ['whats the status of my order', 'order status'],
  ['I would like to track order 10423', 'order status'],
  ['my parcel has not arrived yet', 'order status'],
  ['how long is the warranty', 'warranty'],
  ['Is there a guarantee on the frame?', 'warranty'],
  ['waranty period', 'warranty'],
  ['can I try the Hafen before I buy it', 'test ride'],
  ['I want to book a test ride', 'test ride'],
  ['test drive the polar', 'test ride'],
  ['what is your phone number', 'contact'],
  ['where is your shop', 'contact'],
  ['do you have an e-mail address', 'contact'],
  ['can you repair my bike', 'repair'],
  ['my brakes are broken, can you fix them', 'repair'],
  ['I have a flat tyre', 'repair'],
  ['how much is the Fjord', 'bikes and prices'],
  ['what does the city bike cost', 'bikes and prices'],
  ['which bikes do you sell', 'bikes and prices'],
  ['what frame size do I need', 'bike size'],
  ['I am 180 cm tall, which size fits me', 'bike size'],
  ['I want to speak to a human', 'talk to a person'],
  ['can I talk to a real person please', 'talk to a person'],
  ['get me someone from your staff', 'talk to a person'],
  ['there is a mistake on my invoice', 'billing question'],
  ['I have a question about my bill', 'billing question'],
  ['are you a robot', 'who are you'],
  ['thanks a lot!', 'thanks'],
  ['bye bye', 'goodbye'],
]

const POLISH: readonly [text: string, intent: string][] = [
  ['Dzień dobry', 'welcome'],
  ['czesc', 'welcome'],
  ['W jakich godzinach jest otwarty sklep?', 'opening hours'],
  ['godziny otwarcia', 'opening hours'],
  ['czy w sobote jest otwarte', 'opening hours'],
  ['do ktorej jestescie czynni', 'opening hours'],
  ['Ile kosztuje dostawa?', 'delivery'],
  ['czy wysylacie rowery do Niemiec', 'delivery'],
  ['jak długo trwa dostwa', 'delivery'],
  ['chce zwrocic rower', 'returns'],
  ['Czy mogę oddać rower, jeśli mi się nie spodoba?', 'returns'],
  ['jakie sa zasady zwrotow', 'returns'],
  ['JAK MOGĘ ZAPŁACIĆ', 'payment'],
  ['czy mozna placic karta', 'payment'],
  ['platnosc na raty', 'payment'],
  ['gdzie jest moje zamówienie', 'order status'],
  ['chcę sprawdzić status zamówienia 10423', 'order status'],
  ['paczka jeszcze nie dotarła', 'order status'],
  ['ile trwa gwarancja', 'warranty'],
  ['gwaracnja na ramę', 'warranty'],
  ['czy mogę się przejechać przed zakupem', 'test ride'],
  ['jazda próbna Hafenem', 'test ride'],
  ['jaki macie numer telefonu', 'contact'],
  ['gdzie jest wasz sklep', 'contact'],
  ['czy naprawiacie rowery', 'repair'],
  ['zepsuły mi się hamulce', 'repair'],
  ['ile kosztuje rower Fjord', 'bikes and prices'],
  ['jakie rowery sprzedajecie', 'bikes and prices'],
  ['jaki rozmiar ramy wybrać', 'bike size'],
  ['chce porozmawiac z czlowiekiem', 'talk to a person'],
  ['poproszę o kontakt z konsultantem', 'talk to a person'],
  ['mam pytanie do faktury', 'billing question'],
  ['na fakturze jest błąd', 'billing question'],
  ['czy jesteś botem', 'who are you'],
  ['bardzo dziękuję', 'thanks'],
  ['do widzenia', 'goodbye'],
]

const REFUSED: readonly [lang: string, text: string][] = [
  // Unknown topics.
  ['en', 'what is the weather'],
  ['en', 'who won the football match yesterday'],
  ['en', 'tell me a joke'],
  ['en', 'do you have job openings'],
  ['en', 'what is the capital of France'],
  ['en', 'can I park my car in front of the building'],
  ['en', 'write me a poem about the sea'],
  ['pl', 'jaka jest dziś pogoda'],
  ['pl', 'kto wygrał wczoraj mecz'],
  ['pl', 'opowiedz mi dowcip'],
  ['pl', 'ile lat ma Słońce'],
  ['pl', 'jak ugotować jajko na miękko'],
  // Stop words on their own.
  ['en', 'the'],
  ['en', 'is it'],
  ['en', 'what'],
  ['en', 'how much'],
  ['en', 'can I'],
  ['en', 'I want to'],
  ['pl', 'czy'],
  ['pl', 'i'],
  ['pl', 'ile'],
  ['pl', 'chcę'],
  // Nothing that could be understood.
  ['en', 'asdf jkl qwertz'],
  ['en', 'xxxxxxxxxxxxxxxxxxxxxxxx'],
  ['en', '😀'],
  ['en', '👍👍👍'],
  ['en', '???'],
  ['en', '12345'],
  ['en', '<script>alert(1)</script>'],
  ['pl', 'żźćńąśłęó'],
  ['pl', '🚲🚲'],
  // Off the subject, with a word or two of the agent's own.
  ['en', 'can you order me a pizza'],
  ['en', 'the return of the king is a great movie'],
  ['en', 'how do I ride a horse'],
  ['en', 'what time is it in Tokyo'],
  ['en', 'open the pod bay doors'],
  ['en', 'my credit card was stolen at the airport'],
  ['en', 'how long is the Nile'],
  ['en', 'can a person live on Mars'],
  ['en', 'who delivers the best speech in parliament'],
  ['en', 'is the earth a closed system'],
  ['en', 'what is the price of gold'],
  ['pl', 'czy możesz zamówić mi pizzę'],
  ['pl', 'ile kosztuje bilet do kina'],
  ['pl', 'powrót króla to świetny film'],
  ['pl', 'gdzie jest najbliższa apteka'],
  ['pl', 'jak długo żyje żółw'],
  ['pl', 'otwórz mi okno w kuchni'],
  ['pl', 'numer alarmowy do straży pożarnej'],
  ['en', 'can I work for you'],
  ['en', 'how many people live in Poland'],
  ['en', 'do you ship weapons'],
  ['en', 'where can I buy milk'],
  ['en', 'how do I return an empty string in java'],
  ['en', 'how long does it take to fly to Spain'],
  ['pl', 'czy mogę u was pracować'],
  ['pl', 'gdzie jest dworzec'],
  ['pl', 'ile kosztuje benzyna'],
  ['pl', 'pociąg się spóźnia'],
]

describe('the demo agent', () => {
  it.each(ENGLISH)('answers "%s" with %s', (text, intent) => {
    expect(understood('en', text)).toBe(intent)
  })

  it.each(POLISH)('odpowiada na "%s": %s', (text, intent) => {
    expect(understood('pl', text)).toBe(intent)
  })

  it.each(REFUSED)('does not pretend to understand (%s) "%s"', (lang, text) => {
    expect(understood(lang, text)).toBe('refused')
  })

  it('was not given the phrases of this table beforehand, but for a few', () => {
    const words = (text: string) =>
      text
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu)
        ?.join(' ')
    const given = new Set(
      agent.intents.flatMap(({ phrases }) =>
        [...phrases.values()].flat().map(({ parts }) => words(parts.map(({ text }) => text).join(''))),
      ),
    )
    const table = [...ENGLISH, ...POLISH].map(([text]) => words(text))
    const copies = table.filter((text) => given.has(text))
    expect(copies.length).toBeLessThan(table.length / 5)
  })
})
