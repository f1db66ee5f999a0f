import { describe, expect, it } from 'vitest'
import { callsOf } from '../../server/webex/mentions.ts'

const UUID = '5dc8e3a2-41d2-4cf2-9a49-0b0d1e9b7f11'
const idOf = (uuid: string) => Buffer.from(`ciscospark://us/PEOPLE/${uuid}`).toString('base64')
const BOT = {
  id: idOf(UUID),
  emails: ['desk@webex.bot'],
  displayName: 'Help Desk',
  nickName: 'Help Desk Jr',
}
const ANNA = idOf('0d1e9b7f-41d2-4cf2-9a49-5dc8e3a20b11')

const element = (id: string, name: string) =>
  `<spark-mention data-object-type="person" data-object-id="${id}">${name}</spark-mention>`
const bot = element(BOT.id, 'Help')

interface Given {
  readonly text: string
  readonly html?: string
  readonly people?: readonly string[]
  readonly groups?: readonly string[]
}

const calls = ({ text, html = '', people = [], groups = [] }: Given, account: typeof BOT | null = BOT) =>
  callsOf({ text, html, mentionedPeople: [...people], mentionedGroups: [...groups] }, account)

describe('words said to the bot', () => {
  it.each<[what: string, html: string, words: string]>([
    ['first', `${bot} help`, 'help'],
    ['first, in a paragraph', `<p>${bot} help</p>`, 'help'],
    ['last', `help ${bot}`, 'help'],
    ['in the middle', `invite ${bot} anna@example.com`, 'invite anna@example.com'],
    ['twice', `${bot} ${bot} close`, 'close'],
    ['with a comma', `${bot}, close`, 'close'],
    ['with a colon', `${bot}: close`, 'close'],
    ['at the end of a sentence', `close, ${bot}!`, 'close'],
    ['alone', `<p>${bot} </p>`, ''],
    ['alone with a question mark', `${bot} ?`, ''],
    ['beside words like its name', `${bot} help Help Desk`, 'help Help Desk'],
    ['under another name', `${element(BOT.id, 'Old name')} who`, 'who'],
    ['by its bare id', `${element(UUID, 'Help')} who`, 'who'],
    ['by its bare id in capitals', `${element(UUID.toUpperCase(), 'Help')} who`, 'who'],
    ['with a colleague', `${bot} ask ${element(ANNA, 'Anna')} now`, 'ask Anna now'],
    [
      'formatted',
      `<p>${bot} note <strong>2 &lt; 3</strong> &amp;amp; &#x41;&#66;&nbsp;&bogus;</p>`,
      'note 2 < 3 &amp; AB &bogus;',
    ],
    ['with a link', `${bot} invite <a href="mailto:a@b.example">a@b.example</a>`, 'invite a@b.example'],
    ['on lines', `${bot} note one<br/>two<br>three`, 'note one\ntwo\nthree'],
    ['in odd quotes', `<SPARK-MENTION data-object-id='${BOT.id}'>Help</SPARK-MENTION> open`, 'open'],
    ['in an element that never ends', `close <spark-mention data-object-id="${BOT.id}">Help`, 'close'],
    ['in front of what is no element', `${bot} note 1 < 2 <3 > <`, 'note 1 < 2 <3 > <'],
    [
      'with characters that are none',
      `${bot} note &#0;&#xD800;&#x110000;\0x`,
      'note &#0;&#xD800;&#x110000;x',
    ],
  ])('are without its name: %s', (_what, html, words) => {
    expect(calls({ text: 'Help Desk something else', html, people: [BOT.id] }).toBot).toBe(words)
  })

  it.each<[text: string, words: string]>([
    ['Help Desk close', 'close'],
    ['Help Desk Jr close', 'close'],
    ['Help close', 'close'],
    ['@Help Desk close', 'close'],
    ['close Help Desk', 'close'],
    ['please Help close', 'please close'],
    ['Help help Help', 'help Help'],
    ['Helpless people Help', 'Helpless people'],
    ['Help', ''],
    ['close', 'close'],
  ])('are found in plain text where there is no HTML: %s', (text, words) => {
    expect(calls({ text, people: [BOT.id] }).toBot).toBe(words)
  })

  it('are found in the text when the HTML has no element for it, or is of unlikely size', () => {
    const people = [BOT.id]
    expect(calls({ text: 'Help close', html: '<p>Help close</p>', people }).toBot).toBe('close')
    expect(calls({ text: 'Help close', html: `${bot} open${' '.repeat(70_000)}`, people }).toBot).toBe(
      'close',
    )
  })

  it('are none when only its name was written', () => {
    expect(calls({ text: 'Help Desk close' })).toEqual({ toBot: null, toColleague: false })
    expect(calls({ text: 'Help Desk close', html: '<p>Help Desk close</p>' }).toBot).toBeNull()
  })

  it('are found however the HTML is meant to wear us out', () => {
    for (const piece of ['<', '<a ', '<spark-mention ', '&', '&#', ' ', '\n', '<a\t/', '&amp', '"'])
      expect(
        calls({ text: '', html: `${piece.repeat(60_000 / piece.length)}${bot}`, people: [BOT.id] }).toBot,
      ).not.toBeNull()
  })
})

describe('a colleague', () => {
  it.each<[what: string, given: Given, is: boolean]>([
    ['is nobody', { text: 'hello' }, false],
    ['is not the bot', { text: 'Help who', html: `${bot} who`, people: [BOT.id] }, false],
    ['is not the bot by its bare id', { text: 'Help who', people: [UUID] }, false],
    ['is in the list of ids', { text: 'Anna look', people: [ANNA] }, true],
    ['is one of several ids in one string', { text: 'Anna look', people: [`${BOT.id},${ANNA}`] }, true],
    ['is in the HTML alone', { text: 'Anna look', html: `${element(ANNA, 'Anna')} look` }, true],
    ['is somebody without an id', { text: 'Anna look', html: '<spark-mention>Anna</spark-mention>' }, true],
    ['is everybody', { text: 'All look', groups: ['all'] }, true],
    [
      'is everybody, in the HTML alone',
      {
        text: 'All look',
        html: '<spark-mention data-object-type="groupMention" data-group-type="all">All</spark-mention>',
      },
      true,
    ],
    ['is everybody who is here', { text: 'look', groups: ['here'] }, true],
  ])('%s', (_what, given, is) => {
    expect(calls(given).toColleague).toBe(is)
  })

  it('is any bot when we have none', () => {
    expect(calls({ text: 'Help who', html: `${bot} who`, people: [BOT.id] }, null)).toEqual({
      toBot: null,
      toColleague: true,
    })
  })
})
