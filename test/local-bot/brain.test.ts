import { describe, expect, it } from 'vitest'
import { parseAgent } from '../../server/local-bot/agent-export.ts'
import { createBrain } from '../../server/local-bot/brain.ts'
import { agentOf, ask, bytesOf, filesOf, talk, talkTo, textOf } from './small-agent.ts'

const fallback = { fallbackIntent: true, says: 'Pardon?' }

describe('what is recognised', () => {
  const shop = {
    hours: { phrases: ['when are you open', 'opening hours'], says: 'From 9 to 5.' },
    shipping: { phrases: ['how much is shipping', 'delivery costs'], says: 'Nothing.' },
    fallback,
  }

  it('is certain only when it was given word by word, whatever its case, accents and punctuation', () => {
    const { say } = talk(shop)
    expect(say('  WHEN are yoú open?! ')).toMatchObject({ confidence: 1, intent: { name: 'hours' } })
    const near = say('when do you open')
    expect(near.intent?.name).toBe('hours')
    expect(near.confidence).toBeLessThan(1)
  })

  it('is less certain the less of it is known, and refused when too little is', () => {
    const { say } = talk(shop)
    const confidences = ['delivery costs', 'delivery costs please', 'delivery costs to Atlantis'].map(
      (text) => say(text).confidence,
    )
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a))
    expect(new Set(confidences).size).toBe(3)
    expect(say('the costs of war')).toMatchObject({ intent: { name: 'fallback' }, confidence: 0 })
  })

  it('bears a slip of the finger in a long word, not in a short one', () => {
    const { say } = talk({
      shipping: { phrases: ['shipping'] },
      cat: { phrases: ['cat'] },
      fallback,
    })
    for (const text of ['shiping', 'shippingg', 'hsipping', 'shopping', 'sihpping'])
      expect(say(text).intent?.name, text).toBe('shipping')
    for (const text of ['shxxping', 'cut', 'car', 'sapping'])
      expect(say(text).intent?.name, text).toBe('fallback')
  })

  it('is nothing at all without a fallback intent', () => {
    const { say } = talk({ hours: shop.hours })
    expect(say('Purple elephants')).toMatchObject({ intent: null, messages: [], confidence: 0 })
  })

  it('is what a fallback intent was given as a bad example, when that is nearer', () => {
    const { say } = talk({
      hours: shop.hours,
      fallback: { ...fallback, phrases: ['are you open minded'] },
    })
    expect(say('are you open minded')).toMatchObject({ intent: { isFallback: true }, confidence: 0 })
    expect(say('are you open').intent?.name).toBe('hours')
  })

  it('is of two that fit alike the one with the higher priority', () => {
    const of = (priority: number) =>
      talk({ one: { phrases: ['red balloon'], priority }, two: { phrases: ['red balloon'] } }).say(
        'red balloon',
      )
    expect(of(750_000).intent?.name).toBe('one')
    expect(of(250_000).intent?.name).toBe('two')
    // Equal priorities; 0 is read as normal.
    expect(of(500_000).intent?.name).toBe('one')
    expect(of(0).intent?.name).toBe('one')
  })

  it('is the one that clearly fits better, whatever the priorities', () => {
    const { say } = talk({
      near: { phrases: ['a red balloon flies high'] },
      far: { phrases: ['red balloon'], priority: 1_000_000 },
    })
    expect(say('balloon red').intent?.name).toBe('far')
    expect(say('red balloon flies').intent?.name).toBe('near')
  })

  it('is nothing in a text of everyday words, though an intent has one of them', () => {
    const { say } = talk({
      repair: { phrases: ['my gears do not work', 'broken chain', 'flat tyre'] },
      delivery: { phrases: ['delivery costs', 'shipping'] },
      hours: { phrases: ['opening hours'] },
      fallback,
    })
    expect(say('gears').intent?.name).toBe('repair')
    for (const text of ['work', 'can I work for you']) expect(say(text).intent?.name).toBe('fallback')
  })

  it('is never an intent that is out of use', () => {
    const off = { phrases: ['red balloon'], events: ['RED'], priority: -1 }
    const { say, event } = talk({ off, fallback })
    expect(say('red balloon').intent?.name).toBe('fallback')
    expect(event('red').intent).toBeNull()
  })

  it('is only what is as good as word by word, for an intent that does not learn', () => {
    const { say } = talk({ strict: { phrases: ['open the pod bay doors'], auto: false }, fallback })
    expect(say('open the pod bay doors, please').intent?.name).toBe('strict')
    expect(say('open the garage doors').intent?.name).toBe('fallback')
  })

  it('is looked for in the first 256 code points', () => {
    const { say } = talk(shop)
    const result = say(`${'😀'.repeat(255)} opening hours`)
    expect(result.intent?.name).toBe('fallback')
    expect([...result.queryText]).toHaveLength(256)
  })

  it('needs no spaces in scripts that have none', () => {
    const { say } = talk({
      hours: { phrases: ['营业时间是几点'] },
      price: { phrases: ['价格是多少'] },
      fallback,
    })
    expect(say('营业时间几点').intent?.name).toBe('hours')
    expect(say('天气怎么样').intent?.name).toBe('fallback')
  })
})

describe('languages', () => {
  const agent = filesOf(
    {
      hours: {
        messages: [
          { type: 0, lang: 'en', speech: 'From 9 to 5.' },
          { type: 0, lang: 'pl', speech: 'Od 9 do 17.' },
        ],
        phrases: ['opening hours'],
      },
      rain: { phrases: ['rain'], says: 'It rains.' },
    },
    {},
    { supportedLanguages: ['pl', 'pt-BR'] },
  )
  const all = {
    ...agent,
    'intents/hours_usersays_pl.json': [{ data: [{ text: 'godziny otwarcia' }] }],
    'intents/rain_usersays_pl.json': [{ data: [{ text: 'deszcz' }] }],
  }
  const brain = createBrain(parseAgent(bytesOf(all)))
  const say = (lang: string, text: string) =>
    brain.detect({ input: { kind: 'text', text }, lang, contexts: [] })

  it('are told apart by phrases and answers', () => {
    expect(textOf(say('pl', 'godziny otwarcia'))).toBe('Od 9 do 17.')
    expect(say('en', 'godziny otwarcia').intent).toBeNull()
  })

  it('fall back to the base language, then to the agent’s own', () => {
    expect(textOf(say('pl-PL', 'godziny otwarcia'))).toBe('Od 9 do 17.')
    expect(textOf(say('fi', 'opening hours'))).toBe('From 9 to 5.')
    expect(brain.languages).toEqual(['en', 'pl', 'pt-br'])
  })

  it('that lack an answer get the one of the agent’s own language, not silence', () => {
    expect(textOf(say('pl', 'deszcz'))).toBe('It rains.')
  })
})

describe('contexts', () => {
  const order = {
    order: { phrases: ['order pizza'], says: 'Which size?', sets: { 'Pizza-Size': 2 } },
    size: { phrases: ['large', 'small'], needs: ['pizza-size'], says: 'Noted.' },
    clothes: { phrases: ['large'], says: 'Clothes.' },
    other: { phrases: ['weather'], says: 'Sunny.' },
    fallback,
    pardon: { ...fallback, needs: ['pizza-size'], says: 'Large or small?' },
  }

  it('let an intent take part, and prefer it, while they live', () => {
    const { say } = talk(order)
    expect(say('large').intent?.name).toBe('clothes')
    say('order pizza')
    expect(say('large').intent?.name).toBe('size')
  })

  it('live for as many turns as they were given, understood or not', () => {
    const { say, contexts } = talk(order)
    say('order pizza')
    expect(contexts()).toEqual([{ name: 'pizza-size', lifespan: 2, parameters: {} }])
    say('weather')
    expect(contexts()).toEqual([{ name: 'pizza-size', lifespan: 1, parameters: {} }])
    expect(textOf(say('gibberish'))).toBe('Large or small?')
    expect(contexts()).toEqual([])
    expect(textOf(say('gibberish'))).toBe('Pardon?')
  })

  it('are ended by a lifespan of 0, and all at once by a reset', () => {
    const { say, contexts, remember } = talk({
      stop: { phrases: ['stop one'], sets: { one: 0 } },
      reset: { phrases: ['reset all'], resetContexts: true, sets: { fresh: 1 } },
    })
    const two = [
      { name: 'one', lifespan: 5, parameters: {} },
      { name: 'two', lifespan: 5, parameters: {} },
    ]
    remember(two)
    say('stop one')
    expect(contexts().map(({ name }) => name)).toEqual(['two'])
    say('reset all')
    expect(contexts().map(({ name }) => name)).toEqual(['fresh'])
  })

  it('carry parameters to where texts refer to them', () => {
    const { say } = talk(
      {
        city: {
          phrases: ['I live in {Rome:@city:city}'],
          sets: { home: 5 },
          parameters: [{ name: 'city', dataType: '@city', value: '$city' }],
          says: '$city, as you say $city.original.',
        },
        where: { phrases: ['where do I live'], says: 'In #home.city (#home.city.original).' },
        copy: {
          phrases: ['copy it'],
          parameters: [{ name: 'town', value: '#home.city' }],
          says: 'It is $town.',
        },
      },
      { city: { Rome: ['Roma', 'Eternal City'] } },
    )
    expect(textOf(say('I live in the eternal city'))).toBe('Rome, as you say eternal city.')
    expect(textOf(say('where do I live'))).toBe('In Rome (eternal city).')
    expect(say('copy it')).toMatchObject({ parameters: { town: 'Rome' } })
  })

  it('open the way for a phrase that is nothing but any text', () => {
    const { say } = talk({
      name: { phrases: ['my name please'], sets: { naming: 1 }, says: 'Your name?' },
      named: {
        phrases: ['{Anna:@sys.any:name}'],
        needs: ['naming'],
        parameters: [{ name: 'name', dataType: '@sys.any', value: '$name' }],
        says: 'Hello $name!',
      },
      fallback,
    })
    expect(say('Zaphod Beeblebrox').intent?.name).toBe('fallback')
    say('my name please')
    expect(textOf(say('Zaphod Beeblebrox'))).toBe('Hello Zaphod Beeblebrox!')
  })
})

describe('events', () => {
  const agent = {
    welcome: { events: ['Welcome'], says: 'Hello #welcome.name!' },
    plain: { events: ['prechat'], says: 'Plain.' },
    away: { events: ['prechat'], needs: ['agentstatus-offline'], says: 'Away.' },
    fallback,
  }

  it('are known by their names whatever the case, and bring parameters', () => {
    expect(textOf(talk(agent).event('WELCOME', { name: 'Anna' }))).toBe('Hello Anna!')
  })

  it('go to the intent that needs the more contexts of those that may', () => {
    const { event, remember } = talk(agent)
    expect(textOf(event('prechat'))).toBe('Plain.')
    remember([{ name: 'agentstatus-offline', lifespan: 1, parameters: {} }])
    expect(textOf(event('prechat'))).toBe('Away.')
    expect(textOf(event('prechat'))).toBe('Plain.')
  })

  it('that nobody listens to bring nothing, not even a fallback', () => {
    expect(talk(agent).event('eclipse')).toMatchObject({ intent: null, messages: [], parameters: {} })
  })
})

describe('questions', () => {
  const table = {
    table: {
      phrases: ['book a table', 'a table for {2:@sys.number:seats} on {Monday:@sys.date:day}'],
      parameters: [
        ask('seats', '@sys.number', 'How many?'),
        ask('day', '@sys.date', '$seats people: which day?'),
        { name: 'wish', dataType: '@sys.any', value: '$wish' },
      ],
      says: '$seats on $day.',
      sets: { booked: 2 },
      liveAgentHandoff: true,
    },
    weather: { phrases: ['what about the weather'], says: 'Sunny.' },
    fallback,
  }

  it('are asked one after the other, and what was said counts', () => {
    const { say, contexts } = talk(table)
    const first = say('book a table')
    expect(first).toMatchObject({
      allRequiredParamsPresent: false,
      intent: { name: 'table', liveAgentHandoff: false },
      parameters: { seats: '', day: '', wish: '' },
    })
    expect(textOf(first)).toBe('How many?')
    const second = say('for 4 of us')
    expect(textOf(second)).toBe('4 people: which day?')
    expect(second.parameters).toEqual({ seats: 4, day: '', wish: '' })
    const last = say('next Friday, please')
    expect(textOf(last)).toBe('4 on next Friday.')
    expect(last).toMatchObject({
      allRequiredParamsPresent: true,
      intent: { liveAgentHandoff: true },
      parameters: { seats: 4, day: 'next Friday' },
    })
    expect(contexts()).toEqual([
      {
        name: 'booked',
        lifespan: 2,
        parameters: {
          seats: 4,
          'seats.original': '4',
          day: 'next Friday',
          'day.original': 'next Friday',
        },
      },
    ])
  })

  it('are not asked when the answer is known already, also by an answer that says more', () => {
    expect(textOf(talk(table).say('a table for 6 on Tuesday'))).toBe('6 on Tuesday.')
    const { say } = talk(table)
    say('book a table')
    expect(textOf(say('3 tomorrow'))).toBe('3 on tomorrow.')
  })

  it('do not take the day of a date for a number', () => {
    expect(talk(table).say('a table on 20.11.2026').parameters).toMatchObject({
      seats: '',
      day: '20.11.2026',
    })
  })

  it('do not take one value for two answers', () => {
    const { say } = talk({
      room: {
        phrases: ['book a room'],
        parameters: [ask('beds', '@sys.number', 'Beds?'), ask('nights', '@sys.number', 'Nights?')],
        says: '$beds beds, $nights nights.',
      },
    })
    say('book a room')
    expect(textOf(say('2'))).toBe('Nights?')
    expect(textOf(say('5'))).toBe('2 beds, 5 nights.')
    say('book a room')
    expect(textOf(say('2 beds for 5 nights'))).toBe('2 beds, 5 nights.')
  })

  it('are put three times and no more, while no answer fits', () => {
    const { say, contexts } = talk(table)
    say('book a table')
    expect(textOf(say('hmm'))).toBe('How many?')
    expect(textOf(say('well'))).toBe('How many?')
    expect(textOf(say('no idea'))).toBe('Pardon?')
    expect(contexts()).toEqual([])
  })

  it('give way to another intent that is clearly meant, and are over then', () => {
    const { say } = talk(table)
    say('book a table')
    expect(textOf(say('what about the weather'))).toBe('Sunny.')
    expect(textOf(say('4'))).toBe('Pardon?')
  })

  it('can be left, also where any text would be an answer', () => {
    const { say, contexts } = talk({
      note: { phrases: ['take a note'], parameters: [ask('note', '@sys.any', 'Which?')], says: '$note!' },
      leave: { phrases: ['cancel'], says: 'Left.' },
      fallback,
    })
    say('take a note')
    expect(textOf(say('Cancel!'))).toBe('Left.')
    expect(contexts()).toEqual([])
    say('take a note')
    expect(textOf(say('never mind'))).toBe('Pardon?')
    say('take a note')
    expect(textOf(say('cancel the subscription'))).toBe('cancel the subscription!')
  })

  it('take lists, defaults and fixed values', () => {
    const { say } = talk(
      {
        toppings: {
          phrases: ['pizza with {ham:@topping:toppings}'],
          parameters: [
            ask('toppings', '@topping', 'With what?', { isList: true }),
            { name: 'size', dataType: '@size', value: '$size', defaultValue: 'medium' },
            { name: 'kind', value: 'pizza' },
          ],
          says: '$size $kind: $toppings.',
        },
      },
      { topping: { ham: [], olives: ['olive'] }, size: { large: ['big'] } },
    )
    const all = say('pizza with olive and ham')
    expect(textOf(all)).toBe('medium pizza: olives, ham.')
    expect(all.parameters).toEqual({ toppings: ['olives', 'ham'], size: 'medium', kind: 'pizza' })
    expect(textOf(say('big pizza with ham'))).toBe('large pizza: ham.')
  })

  it('that have no wording are put with the name of what is missing', () => {
    const { say } = talk({
      a: { phrases: ['start'], parameters: [{ name: 'colour', dataType: '@sys.any', required: true }] },
    })
    expect(textOf(say('start'))).toBe('colour?')
  })

  it('by an event go on with the answer', () => {
    const { event, say } = talk({
      intake: { events: ['prechat'], parameters: [ask('subject', '@sys.any', 'What?')], says: 'Thanks.' },
    })
    expect(textOf(event('prechat'))).toBe('What?')
    expect(say('A bell')).toMatchObject({ parameters: { subject: 'A bell' }, allRequiredParamsPresent: true })
  })
})

describe('values in a text', () => {
  const one = (entity: string, phrase: string) =>
    talk(
      {
        it: {
          phrases: [phrase],
          parameters: [{ name: 'it', dataType: entity, value: '$it' }],
        },
      },
      { city: { 'New York': ['big apple'], Rome: ['Roma'], York: [] } },
    )

  it.each<[entity: string, phrase: string, text: string, value: unknown]>([
    ['@city', 'fly to {Rome:@city:it}', 'fly to New York', 'New York'],
    ['@city', 'fly to {Rome:@city:it}', 'fly to the Big Apple', 'New York'],
    ['@city', 'fly to {Rome:@city:it}', 'fly to ROMA!', 'Rome'],
    ['@sys.number', 'give me {2:@sys.number:it} apples', 'give me 3,5 apples', 3.5],
    ['@sys.number-sequence', 'track {10:@sys.number-sequence:it}', 'track #00417', '00417'],
    [
      '@sys.email',
      'write to {a@b.example:@sys.email:it}',
      'write to <Anna.B@mail.example>.',
      'Anna.B@mail.example',
    ],
    [
      '@sys.url',
      'look at {http://x.example:@sys.url:it}',
      'look at https://x.example/a?b',
      'https://x.example/a?b',
    ],
    ['@sys.date', 'deliver {today:@sys.date:it}', 'deliver on 20.11.2026', '20.11.2026'],
    ['@sys.date', 'deliver {today:@sys.date:it}', 'deliver 2026-11-20', '2026-11-20'],
    ['@sys.date', 'deliver {today:@sys.date:it}', 'deliver w środę', 'środę'],
    ['@sys.time', 'deliver at {noon:@sys.time:it}', 'deliver at 2 pm', '2 pm'],
    ['@sys.any', 'my name is {Anna:@sys.any:it}', 'my name is Jan van der Berg', 'Jan van der Berg'],
    ['@sys.any', 'call {Anna:@sys.any:it} now', 'call the plumber now', 'the plumber'],
    ['@sys.geo-city', 'I am from {Rome:@sys.geo-city:it}', 'I am from Ulan Bator', 'Ulan Bator'],
  ])('of %s in "%s": "%s"', (entity, phrase, text, value) => {
    expect(one(entity, phrase).say(text)).toMatchObject({ intent: { name: 'it' }, parameters: { it: value } })
  })

  it('are the longest that stand there', () => {
    const { say } = talk(
      {
        tour: {
          phrases: ['a tour of {Rome:@city:cities}'],
          parameters: [{ name: 'cities', dataType: '@city', value: '$cities', isList: true }],
        },
      },
      { city: { 'New York': [], Rome: [], York: [] } },
    )
    expect(say('a tour of New York, Rome and York').parameters).toEqual({
      cities: ['New York', 'Rome', 'York'],
    })
  })

  it('are given to names in the order of the phrase', () => {
    const { say } = talk(
      {
        flight: {
          phrases: ['from {Rome:@city:from} to {Oslo:@city:to}'],
          parameters: [
            { name: 'to', dataType: '@city', value: '$to' },
            { name: 'from', dataType: '@city', value: '$from' },
          ],
        },
      },
      { city: { Rome: [], Oslo: [] } },
    )
    expect(say('from Oslo to Rome').parameters).toEqual({ from: 'Oslo', to: 'Rome' })
  })
})

describe('what is said', () => {
  it('is the first wording that is complete, always the same', () => {
    const { say, remember } = talk({
      hello: { phrases: ['hello'], says: ['Hello #visitor.name!', 'Hello!', 'Hi!'] },
    })
    expect([1, 2, 3].map(() => textOf(say('hello')))).toEqual(['Hello!', 'Hello!', 'Hello!'])
    remember([{ name: 'visitor', lifespan: 1, parameters: { name: 'Anna' } }])
    expect(textOf(say('hello'))).toBe('Hello Anna!')
  })

  it('leaves prices and unknown names alone, and fills in nothing twice', () => {
    const { say } = talk({
      price: {
        phrases: ['price of {it:@sys.any:thing}'],
        parameters: [{ name: 'thing', dataType: '@sys.any', value: '$thing' }],
        says: '$thing-sized: $100 or $other.',
      },
    })
    expect(textOf(say('price of $thing #a.b'))).toBe('thing #a.b-sized: $100 or $other.')
  })

  it('is filled in inside payloads too, and choices come as they are', () => {
    const { say } = talk({
      go: {
        phrases: ['go {x:@sys.number:n}'],
        parameters: [{ name: 'n', dataType: '@sys.number', value: '$n' }],
        messages: [
          { type: '4', payload: { livechat: true, note: ['n is $n', { deep: '$n' }] } },
          { type: 2, title: 'And now?', replies: ['Left', 'Right'] },
        ],
      },
    })
    expect(say('go 5').messages).toEqual([
      { kind: 'payload', payload: { livechat: true, note: ['n is 5', { deep: '5' }] } },
      { kind: 'quick_replies', title: 'And now?', replies: ['Left', 'Right'] },
    ])
  })
})

it('the same question in the same contexts has the same answer, whatever was asked before', () => {
  const agent = agentOf({
    a: { phrases: ['red balloon', 'blue balloon'], sets: { sky: 3 } },
    b: { phrases: ['green balloon'], needs: ['sky'] },
    fallback,
  })
  const [fresh, used] = [createBrain(agent), createBrain(agent)]
  const other = talkTo(used)
  for (const text of ['red balloon', 'green', 'x', 'balloon']) other.say(text)
  const query = { input: { kind: 'text', text: 'a green balloon' }, lang: 'en' } as const
  for (const contexts of [[], [{ name: 'sky', lifespan: 1, parameters: {} }]])
    expect(used.detect({ ...query, contexts })).toEqual(fresh.detect({ ...query, contexts }))
})
