import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import ar from '../../texts/ar.json' with { type: 'json' }
import de from '../../texts/de.json' with { type: 'json' }
import en from '../../texts/en.json' with { type: 'json' }
import { type ScriptedBot, startBot } from '../support/bot.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { SETTINGS } from '../support/settings.ts'
import { startChat, textsFrom, type Visitor } from '../support/visitor.ts'

const STAFF = ['anna@example.com', 'ben@example.com']

let server: TestServer

const config = async (lang: string): Promise<{ lang: string; texts: Record<string, string> }> =>
  (await fetch(`${server.origin}/api/v1/config?lang=${lang}`)).json()

describe('the widget’s texts', () => {
  const texts = {
    de: { start: 'Jetzt fragen', open: 'Fragen?' },
    cs: { start: 'Začít', live: 'Jsme tady.' },
    en: { retry: 'Once more' },
  }
  beforeEach(async () => {
    server = await startServer({ settings: { texts } })
  })
  afterEach(() => server.close())

  it('come in the language asked for, else in the wider one, else in English', async () => {
    expect(await config('ar')).toMatchObject({ lang: 'ar', texts: ar.widget })
    expect(await config('de-AT')).toMatchObject({
      lang: 'de',
      texts: { ...de.widget, ...texts.de },
    })
    expect(await config('DE')).toMatchObject({ lang: 'de', texts: { send: de.widget.send } })
    expect(await config('xx')).toMatchObject({ lang: 'en', texts: { ...en.widget, retry: 'Once more' } })
  })

  it('may be of a language that only the site has; English fills the gaps', async () => {
    expect(await config('cs-CZ')).toMatchObject({
      lang: 'cs',
      texts: { ...en.widget, retry: 'Once more', start: 'Začít', live: 'Jsme tady.' },
    })
  })

  it('change with the settings', async () => {
    await server.settings({ texts: { de: { start: 'Los geht’s' } } })
    expect((await config('de')).texts.start).toBe('Los geht’s')
    expect((await config('cs')).lang).toBe('en')
  })

  it('are known to the loader, which names the bubble in those that the site speaks', async () => {
    const loader = await (await fetch(`${server.origin}/widget.js`)).text()
    for (const name of [en.widget.open, texts.de.open]) expect(loader).toContain(`"${name}"`)
    for (const name of [ar.widget.open, de.widget.open]) expect(loader).not.toContain(name)
  })
})

describe('what a chat says by itself', () => {
  const said = (visitor: Visitor, text: string) =>
    visitor.until((event) => event.type === 'message' && event.message.text === text)
  const away = async () => {
    for (const email of STAFF) await server.staff.present(email, 'OutOfOffice')
  }

  it('is in the chat’s language when nobody is there, in the site’s own words where it has some', async () => {
    server = await startServer({
      settings: {
        attention: { remindMinutes: 1, tellMinutes: 2 },
        texts: { de: { stillWaiting: 'Gleich!' } },
      },
    })
    try {
      await away()
      for (const [lang, text] of [
        ['ar', ar.chat.nobodyThere],
        ['de-AT', de.chat.nobodyThere],
        ['xx', en.chat.nobodyThere],
      ] as const) {
        const visitor = await startChat(server.origin, { topic: 'sales', lang })
        await said(visitor, text)
        const { events } = (await visitor.events()).body
        expect(textsFrom('system', events)).toEqual([text])
        await visitor.call('POST', '/close')
      }
      const patient = await startChat(server.origin, { topic: 'sales', lang: 'de-AT', message: 'Hallo?' })
      await server.pass(130)
      await said(patient, 'Gleich!')
    } finally {
      await server.close()
    }
  })

  it('is in the chat’s language when the bot hands over, whose words are understood in it', async () => {
    const bot: ScriptedBot = await startBot()
    const [sales] = SETTINGS.topics
    server = await startServer({
      env: bot.env,
      settings: { topics: [{ ...sales, title: { en: 'Sales', ar: 'المبيعات' } }] },
    })
    try {
      await away()
      const visitor = await startChat(server.origin, { topic: 'sales', lang: 'ar' })
      await said(visitor, 'Welcome!')
      await visitor.send('موظف')
      await said(visitor, ar.chat.handedOverAway.replace('{topic}', 'المبيعات'))
    } finally {
      await server.close()
      await bot.close()
    }
  })
})
