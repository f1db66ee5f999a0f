import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../server/core/errors.ts'
import { demoSettings, exportSettings, parseSettings, readSettings } from '../server/settings/index.ts'

type Json = Record<string, unknown>

const hours = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '17:00' }]
const sales = { id: 'sales', title: { en: 'Sales' }, participants: ['anna@example.com'] }
const least = { timezone: 'Europe/Warsaw', calendar: { hours }, topics: [sales] }

const withTopic = (over: Json) => ({ ...least, topics: [{ ...sales, ...over }] })
const withCalendar = (over: Json) => ({ ...least, calendar: { hours, ...over } })
const option = { value: 'a', label: { en: 'A' } }
const withForm = (...fields: Json[]) => ({ ...least, form: { mode: 'identified', fields } })
const field = { id: 'company', type: 'text', label: { en: 'Company' } }

function mistakesOf(read: () => unknown): [path: string, message: string][] {
  try {
    read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.mistakes.map(({ path, message }) => [path, message])
  }
  return []
}
const mistakes = (value: unknown) => mistakesOf(() => readSettings(value))
const paths = (value: unknown) => mistakes(value).map(([path]) => path)

/** The example of the contract, whole. */
const contract = {
  timezone: 'Europe/Warsaw',
  calendar: {
    hours,
    holidays: [
      { date: '2026-12-25', name: 'Christmas Day' },
      { date: '--01-01', name: 'New Year' },
    ],
    specialDays: [{ date: '2026-12-24', name: 'Christmas Eve', hours: [{ from: '08:00', to: '12:00' }] }],
    override: null,
  },
  form: { mode: 'anonymous', fields: [] },
  topics: [
    {
      id: 'sales',
      title: { en: 'Sales', pl: 'Sprzedaż' },
      room: 'group',
      participants: ['anna@example.com'],
      supervisors: ['eva@example.com'],
      bot: true,
      skills: ['sales'],
      pages: ['/shop/*'],
      form: {
        mode: 'identified',
        fields: [
          { id: 'name', type: 'text', required: true, label: { en: 'Your name' } },
          { id: 'email', type: 'email', required: true, label: { en: 'E-mail' } },
        ],
      },
      calendar: { hours: [{ days: ['sat'], from: '22:00', to: '02:00' }] },
    },
  ],
  roomOpens: 'start',
  peopleJoin: 'start',
  idle: { heartbeatSeconds: 300, visitorMinutes: 15, botMinutes: 1440 },
  privacy: { ip: 'masked', retentionDays: 183 },
  limits: { startsPerIpPerMinute: null, roomsPerMinute: null, messagesPerMinute: null, heldPollsPerIp: null },
  look: { accent: '#0b6e4f', position: 'right', logo: null, title: { en: 'Chat with us' } },
  origins: ['https://www.example.com'],
}

/** What there is beyond the contract, with its defaults. */
const added = {
  topic: { offered: true, explicit: false, assign: 'team' },
  settings: {
    texts: {},
    handover: { phrases: {}, fallbacks: 3 },
    room: { notePrefixes: [], visitorPrefix: '>' },
    attention: { remindMinutes: 3, tellMinutes: 5 },
  },
}

describe('a settings file', () => {
  it('may be the example of the contract, and comes back as it was', () => {
    const topics = contract.topics.map((topic) => ({ ...topic, ...added.topic }))
    expect(readSettings(contract)).toEqual({ ...contract, ...added.settings, topics })
  })

  it('needs a time zone, hours and topics; the rest has defaults', () => {
    expect(readSettings(least)).toEqual({
      ...contract,
      calendar: { hours, holidays: [], specialDays: [], override: null },
      ...added.settings,
      topics: [
        { ...sales, room: 'group', supervisors: [], bot: true, skills: [], pages: [], ...added.topic },
      ],
      origins: [],
    })
    expect(mistakes({})).toEqual([
      ['timezone', 'is required'],
      ['calendar', 'is required'],
      ['topics', 'is required'],
    ])
    expect(paths({ ...least, calendar: {} })).toEqual(['calendar.hours'])
    expect(paths({ ...least, topics: [{}] })).toEqual([
      'topics[0].id',
      'topics[0].title',
      'topics[0].participants',
    ])
  })

  it('fills each group that is given in part', () => {
    const { idle, look, privacy, limits } = readSettings({
      ...least,
      idle: { heartbeatSeconds: 0.5 },
      look: { accent: '#ABCDEF' },
      privacy: { ip: 'off' },
      limits: { roomsPerMinute: 5 },
    })
    expect(idle).toEqual({ heartbeatSeconds: 0.5, visitorMinutes: 15, botMinutes: 1440 })
    expect(look).toEqual({ ...contract.look, accent: '#ABCDEF' })
    expect(privacy).toEqual({ ip: 'off', retentionDays: 183 })
    expect(limits).toEqual({ ...contract.limits, roomsPerMinute: 5 })
  })

  it('gives people in small letters and once', () => {
    const { topics } = readSettings(
      withTopic({ room: 'personal', participants: ['Anna@Example.com', 'anna@example.com'] }),
    )
    expect(topics[0]?.participants).toEqual(['anna@example.com'])
  })

  it('asks for name and e-mail when visitors are to be identified and no fields are named', () => {
    const { form, topics } = readSettings({
      ...withTopic({ form: { mode: 'identified' } }),
      form: { mode: 'identified', fields: [] },
    })
    for (const asked of [form, topics[0]?.form])
      expect(asked?.fields.map(({ id, type, required }) => [id, type, required])).toEqual([
        ['name', 'text', true],
        ['email', 'email', true],
      ])
    expect(readSettings(withTopic({ form: {} })).topics[0]?.form?.fields).toEqual([])
  })

  it('names every mistake at once, with its path', () => {
    const wrong = {
      timezone: 'Mars/Olympus',
      calendar: { hours: [{ days: 'mon', from: '8:00', to: '17:00' }], holidays: [{ date: '2026-02-30' }] },
      topics: [
        { id: 'sales', title: {}, participants: ['anna@example.com', 'ben'], room: 'personal' },
        { id: 'sales', title: { en: 'Again' }, participants: [], colour: 'red' },
      ],
      form: { fields: [{ id: 'email', type: 'text', label: 'E-mail' }] },
    }
    expect(paths(wrong).sort()).toEqual(
      [
        'timezone',
        'calendar.hours[0].days',
        'calendar.hours[0].from',
        'calendar.holidays[0].date',
        'calendar.holidays[0].name',
        'form.fields[0].label',
        'form.fields[0].type',
        'topics[0].title',
        'topics[0].participants[1]',
        'topics[0].participants',
        'topics[1].participants',
        'topics[1].id',
        'topics[1].colour',
      ].sort(),
    )
  })

  it('says how many mistakes there are when there are too many to list', () => {
    const found = mistakes({ ...least, origins: Array.from({ length: 150 }, () => 1) })
    expect(found).toHaveLength(101)
    expect(found.at(-1)).toEqual(['', 'and 50 more mistakes'])
  })

  it.each<[what: string, value: unknown, path: string]>([
    ['nothing', null, ''],
    ['a list', [], ''],
    ['an unknown key', { ...least, colour: 1 }, 'colour'],
    ['an unknown key inside', { ...least, idle: { minutes: 1 } }, 'idle.minutes'],
    ['an odd key', { ...least, 'a b': 1 }, '["a b"]'],
    ['no topics', { ...least, topics: [] }, 'topics'],
    ['a time zone that is an offset', { ...least, timezone: '+01:00' }, 'timezone'],
    ['an empty time zone', { ...least, timezone: '' }, 'timezone'],
    ['a topic id in capitals', withTopic({ id: 'Sales' }), 'topics[0].id'],
    ['a topic id that is long', withTopic({ id: 'a'.repeat(65) }), 'topics[0].id'],
    ['a topic without people', withTopic({ participants: [] }), 'topics[0].participants'],
    [
      'a crowd',
      withTopic({ participants: Array.from({ length: 51 }, (_, i) => `p${i}@example.com`) }),
      'topics[0].participants',
    ],
    [
      'a personal topic with two people',
      withTopic({ room: 'personal', participants: ['a@example.com', 'b@example.com'] }),
      'topics[0].participants',
    ],
    ['a supervisor who is no address', withTopic({ supervisors: ['eva'] }), 'topics[0].supervisors[0]'],
    ['another kind of room', withTopic({ room: 'secret' }), 'topics[0].room'],
    ['an empty title', withTopic({ title: { en: ' ' } }), 'topics[0].title.en'],
    ['a title of two lines', withTopic({ title: { en: 'a\nb' } }), 'topics[0].title.en'],
    ['a title with a lone surrogate', withTopic({ title: { en: 'a\ud800' } }), 'topics[0].title.en'],
    ['a long title', withTopic({ title: { en: 'a'.repeat(101) } }), 'topics[0].title.en'],
    ['a title in no language', withTopic({ title: { English: 'Sales' } }), 'topics[0].title.English'],
    ['a title that is only text', withTopic({ title: 'Sales' }), 'topics[0].title'],
    ['a page without a slash', withTopic({ pages: ['shop/*'] }), 'topics[0].pages[0]'],
    ['a form field twice', withForm(field, field), 'form.fields[1].id'],
    ['a form field id with a blank', withForm({ ...field, id: 'a b' }), 'form.fields[0].id'],
    ['a form field of no type', withForm({ ...field, type: 'password' }), 'form.fields[0].type'],
    ['an e-mail field of type text', withForm({ ...field, id: 'email' }), 'form.fields[0].type'],
    ['a name field of type email', withForm({ ...field, id: 'name', type: 'email' }), 'form.fields[0].type'],
    ['a select with nothing to choose', withForm({ ...field, type: 'select' }), 'form.fields[0].options'],
    ['a select of no options', withForm({ ...field, type: 'select', options: [] }), 'form.fields[0].options'],
    [
      'an option twice',
      withForm({ ...field, type: 'select', options: [option, option] }),
      'form.fields[0].options[1].value',
    ],
    ['a text with options', withForm({ ...field, options: [option] }), 'form.fields[0].options'],
    [
      'a box with a version',
      withForm({ ...field, type: 'checkbox', version: '1' }),
      'form.fields[0].version',
    ],
    [
      'a long label of a text',
      withForm({ ...field, label: { en: 'a'.repeat(101) } }),
      'form.fields[0].label.en',
    ],
    [
      'a long label of a box',
      withForm({ ...field, type: 'checkbox', label: { en: 'a'.repeat(501) } }),
      'form.fields[0].label.en',
    ],
    [
      'a link to a script',
      withForm({ ...field, label: { en: '[a](https://a.example) [b](javascript:b)' } }),
      'form.fields[0].label.en',
    ],
    ['a heartbeat of nothing', { ...least, idle: { heartbeatSeconds: 0 } }, 'idle.heartbeatSeconds'],
    ['minutes as text', { ...least, idle: { visitorMinutes: '15' } }, 'idle.visitorMinutes'],
    ['minutes without end', { ...least, idle: { botMinutes: 1e12 } }, 'idle.botMinutes'],
    ['retention of nothing', { ...least, privacy: { retentionDays: 0 } }, 'privacy.retentionDays'],
    ['another privacy', { ...least, privacy: { ip: 'hashed' } }, 'privacy.ip'],
    ['a limit below one', { ...least, limits: { roomsPerMinute: -1 } }, 'limits.roomsPerMinute'],
    ['a colour by name', { ...least, look: { accent: 'green' } }, 'look.accent'],
    ['a logo by http', { ...least, look: { logo: 'http://example.com/l.png' } }, 'look.logo'],
    ['a logo that is a script', { ...least, look: { logo: 'javascript:alert(1)' } }, 'look.logo'],
    ['an origin with a path', { ...least, origins: ['https://example.com/'] }, 'origins[0]'],
    ['an origin with its default port', { ...least, origins: ['https://example.com:443'] }, 'origins[0]'],
    ['an origin in capitals', { ...least, origins: ['https://Example.com'] }, 'origins[0]'],
    ['an origin that is a pattern', { ...least, origins: ['*'] }, 'origins[0]'],
    [
      'a prefix that fits every line',
      { ...least, room: { notePrefixes: ['/ \u200b'] } },
      'room.notePrefixes[0]',
    ],
    ['a prefix of one letter', { ...least, room: { notePrefixes: ['a'] } }, 'room.notePrefixes[0]'],
    ['a prefix for both', { ...least, room: { notePrefixes: ['>'] } }, 'room.visitorPrefix'],
    ['telling before calling', { ...least, attention: { tellMinutes: 1 } }, 'attention.tellMinutes'],
    ['no fallbacks at all', { ...least, handover: { fallbacks: 0 } }, 'handover.fallbacks'],
    ['an origin of another scheme', { ...least, origins: ['file:///x'] }, 'origins[0]'],
    ['a text in no language', { ...least, texts: { english: {} } }, 'texts.english'],
    ['a text that is a number', { ...least, texts: { en: { send: 1 } } }, 'texts.en.send'],
  ])('refuses %s', (_, value, path) => {
    expect(paths(value)).toEqual([path])
  })

  it('takes a sentence with links beside a box', () => {
    const label = { en: `${'I agree. '.repeat(50)}[Terms](https://www.example.com/terms)` }
    expect(mistakes(withForm({ ...field, type: 'consent', version: '1', label }))).toEqual([])
  })

  it.each([
    ['roomOpens', 'firstMessage'],
    ['roomOpens', 'handover'],
  ])('refuses %s %s by name, because it comes later', (key, value) => {
    expect(mistakes({ ...least, [key]: value })).toEqual([
      [key, `"${value}" comes with a later release; use start`],
    ])
  })
})

describe('a calendar', () => {
  const week = (...spans: [days: string, from: string, to: string][]) => ({
    ...least,
    calendar: { hours: spans.map(([days, from, to]) => ({ days: days.split(' '), from, to })) },
  })

  it.each<[what: string, value: unknown]>([
    ['round the clock', week(['mon tue wed thu fri sat sun', '00:00', '24:00'])],
    ['a night, and the morning after it', week(['sat', '22:00', '02:00'], ['sun', '02:00', '12:00'])],
    ['two shifts that meet', week(['mon', '08:00', '12:00'], ['mon', '12:00', '17:00'])],
    ['nights on end', week(['mon tue wed thu fri sat sun', '18:00', '17:59'])],
    ['no hours', withCalendar({ hours: [] })],
    ['29 February every year', withCalendar({ holidays: [{ date: '--02-29', name: 'Leap' }] })],
    ['29 February of a leap year', withCalendar({ holidays: [{ date: '2028-02-29', name: 'Leap' }] })],
    [
      'a special day without hours',
      withCalendar({ specialDays: [{ date: '2026-12-24', name: 'Eve', hours: [] }] }),
    ],
    [
      'an override with an end',
      withCalendar({ override: { open: false, until: '2026-11-20T16:00:00+01:00', name: 'Drill' } }),
    ],
    ['an override without one', withCalendar({ override: { open: true } })],
  ])('may have %s', (_, value) => {
    expect(mistakes(value)).toEqual([])
  })

  it.each<[what: string, value: unknown, path: string]>([
    ['a span that starts at 24:00', week(['mon', '24:00', '02:00']), 'calendar.hours[0].from'],
    ['a span of nothing', week(['mon', '08:00', '08:00']), 'calendar.hours[0].to'],
    ['the minute 60', week(['mon', '08:60', '09:00']), 'calendar.hours[0].from'],
    ['the time 24:01', week(['mon', '08:00', '24:01']), 'calendar.hours[0].to'],
    [
      'no days',
      withCalendar({ hours: [{ days: [], from: '08:00', to: '09:00' }] }),
      'calendar.hours[0].days',
    ],
    ['a day twice', week(['mon mon', '08:00', '09:00']), 'calendar.hours[0].days'],
    ['a day that is none', week(['funday', '08:00', '09:00']), 'calendar.hours[0].days[0]'],
    [
      'spans that overlap',
      week(['mon', '08:00', '12:00'], ['mon tue', '11:59', '17:00']),
      'calendar.hours[1]',
    ],
    [
      'a span within another',
      week(['mon', '08:00', '17:00'], ['mon', '09:00', '10:00']),
      'calendar.hours[1]',
    ],
    [
      'a night that runs into the morning',
      week(['mon', '08:00', '12:00'], ['sun', '22:00', '09:00']),
      'calendar.hours[1]',
    ],
    [
      'a holiday twice',
      withCalendar({
        holidays: [
          { date: '--01-01', name: 'a' },
          { date: '--01-01', name: 'b' },
        ],
      }),
      'calendar.holidays[1].date',
    ],
    [
      '30 February',
      withCalendar({ holidays: [{ date: '2026-02-30', name: 'a' }] }),
      'calendar.holidays[0].date',
    ],
    [
      '29 February of another year',
      withCalendar({ holidays: [{ date: '2026-02-29', name: 'a' }] }),
      'calendar.holidays[0].date',
    ],
    [
      'the month 13',
      withCalendar({ holidays: [{ date: '--13-01', name: 'a' }] }),
      'calendar.holidays[0].date',
    ],
    [
      'a date with a time',
      withCalendar({ holidays: [{ date: '2026-01-01T00:00', name: 'a' }] }),
      'calendar.holidays[0].date',
    ],
    [
      'a special day twice',
      withCalendar({
        specialDays: [
          { date: '2026-12-24', name: 'a', hours: [] },
          { date: '2026-12-24', name: 'b', hours: [] },
        ],
      }),
      'calendar.specialDays[1].date',
    ],
    [
      'a special day whose spans overlap',
      withCalendar({
        specialDays: [
          {
            date: '2026-12-24',
            name: 'a',
            hours: [
              { from: '08:00', to: '12:00' },
              { from: '11:00', to: '13:00' },
            ],
          },
        ],
      }),
      'calendar.specialDays[0].hours[1]',
    ],
    [
      'an override until a wall time',
      withCalendar({ override: { open: false, until: '2026-11-20T15:00:00' } }),
      'calendar.override.until',
    ],
    [
      'an override until a day that is none',
      withCalendar({ override: { open: false, until: '2026-02-30T15:00:00Z' } }),
      'calendar.override.until',
    ],
    ['an override that says nothing', withCalendar({ override: {} }), 'calendar.override.open'],
    [
      "a topic's mistake",
      withTopic({ calendar: { hours: [{ days: ['sat'], from: '1', to: '02:00' }] } }),
      'topics[0].calendar.hours[0].from',
    ],
  ])('refuses %s', (_, value, path) => {
    expect(paths(value)).toEqual([path])
  })

  it('of a topic holds only the keys that are given', () => {
    const { topics } = readSettings(withTopic({ calendar: { holidays: [] } }))
    expect(topics[0]?.calendar).toStrictEqual({ holidays: [] })
  })
})

describe('a hostile file', () => {
  it.each([
    ['__proto__', '{"__proto__": {"polluted": 1}}'],
    ['topics[0].__proto__', '{"topics": [{"__proto__": {"id": "x"}}]}'],
    ['topics[0].title.__proto__', '{"topics": [{"title": {"en": "a", "__proto__": "b"}}]}'],
    ['texts.__proto__', '{"texts": {"__proto__": {"send": "x"}}}'],
    ['texts.en.__proto__', '{"texts": {"en": {"__proto__": "x"}}}'],
    ['texts.constructor', '{"texts": {"constructor": {"prototype": "x"}}}'],
  ])('is refused at %s', (path, text) => {
    expect(mistakesOf(() => parseSettings(text)).map(([at]) => at)).toContain(path)
    expect(({} as Json).polluted).toBeUndefined()
  })

  it('that is nested without end is a mistake, no crash', () => {
    const deep = `{"topics": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(mistakesOf(() => parseSettings(deep)).length).toBeGreaterThan(0)
    expect(mistakesOf(() => parseSettings('['.repeat(500_000)))).toHaveLength(1)
    expect(mistakesOf(() => parseSettings(`{"a": "${'x\\n'.repeat(300_000)}`))).toHaveLength(1)
  })

  it('that is large is not read', () => {
    expect(mistakesOf(() => parseSettings(`"${'ż'.repeat(600_000)}"`))).toEqual([['', 'is larger than 1 MB']])
  })

  it('never gives anything but settings or a ConfigError', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.jsonValue({ maxDepth: 2 }),
        fc.constantFrom('mon', '08:00', 'sales', '2026-12-24', null, {}, []),
        tie('settings'),
      ),
      settings: fc.record(
        {
          timezone: tie('any'),
          calendar: tie('any'),
          topics: fc.array(tie('any'), { maxLength: 2 }),
          hours: tie('any'),
          title: tie('any'),
          days: tie('any'),
          form: tie('any'),
          fields: tie('any'),
          id: tie('any'),
          participants: tie('any'),
          override: tie('any'),
        },
        { requiredKeys: [] },
      ),
    })).settings
    fc.assert(
      fc.property(value, (over) => {
        mistakes({ ...least, ...(over as Json) })
        mistakes(withTopic(over as Json))
        mistakes(withCalendar(over as Json))
      }),
    )
  })
})

describe('JSON text', () => {
  it.each([
    ['', 'line 1, column 1', 'ends too early'],
    ['{\n  "a": 1,\n}', 'line 3, column 1', 'is not JSON from here on'],
    ['{\r\n  "a": x}', 'line 2, column 8', 'is not JSON from here on'],
    ['{"a": [1,\n 2,\n ]}', 'line 3, column 2', 'is not JSON from here on'],
    ['{"a": 1 "b": 2}', 'line 1, column 9', 'is not JSON from here on'],
    ['{"a" 1}', 'line 1, column 6', 'is not JSON from here on'],
    ['{a: 1}', 'line 1, column 2', 'is not JSON from here on'],
    ["{'a': 1}", 'line 1, column 2', 'is not JSON from here on'],
    ['{"a": 01}', 'line 1, column 8', 'is not JSON from here on'],
    ['{"a": "two\nlines"}', 'line 1, column 7', 'is not JSON from here on'],
    ['{"a": [1}', 'line 1, column 9', 'is not JSON from here on'],
    ['{} {}', 'line 1, column 4', 'is not JSON from here on'],
    ['{} // done', 'line 1, column 4', 'is not JSON from here on'],
    ['{"a": {"b": [1, 2', 'line 1, column 18', 'ends too early'],
  ])('%j breaks at %s', (text, place, message) => {
    expect(mistakesOf(() => parseSettings(text))).toEqual([[place, message]])
  })

  it('breaks at its end, wherever it is cut off', () => {
    const text = JSON.stringify(contract)
    // Within a word, a number or a string the place is where that begins.
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
        const [[place = ''] = []] = mistakesOf(() => parseSettings(text.slice(0, length)))
        const column = Number(/^line 1, column (\d+)$/.exec(place)?.[1])
        expect(column).toBeLessThanOrEqual(length + 1)
        expect(text.slice(column - 1, length)).toMatch(/^(?:"(?:[^"\\]|\\.)*|[a-z]*|-?\d*)$/)
      }),
    )
  })

  it('may begin with a byte order mark, and its errors carry the name given', () => {
    expect(parseSettings(`\uFEFF${JSON.stringify(least)}`).topics).toHaveLength(1)
    expect(() => parseSettings('{', 'file a.json')).toThrow(/file a\.json/)
  })
})

describe('an export', () => {
  it.each([
    ['the contract', contract],
    ['the least', least],
    ['the demo', exportSettings(demoSettings())],
  ])('of %s reads as the same settings', (_, value) => {
    const settings = readSettings(value)
    expect(parseSettings(JSON.stringify(exportSettings(settings)))).toStrictEqual(settings)
  })
})

it('the demo has three topics that are always open, in English and Polish', () => {
  const { timezone, calendar, topics, look } = demoSettings()
  expect(timezone).toBe('UTC')
  expect(calendar.hours).toEqual([
    { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' },
  ])
  expect(
    topics.map(({ id, room, participants, form }) => [id, room, participants.length, form?.mode]),
  ).toEqual([
    ['sales', 'group', 2, undefined],
    ['support', 'personal', 1, undefined],
    ['billing', 'group', 2, 'identified'],
  ])
  for (const { title } of topics) expect(Object.keys(title)).toEqual(['en', 'pl'])
  expect(look.title).toEqual({ en: 'Chat with us', pl: 'Porozmawiaj z nami' })
})
