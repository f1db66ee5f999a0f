import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../server/core/errors.ts'
import { parseAgent, readAgent } from '../../server/local-bot/agent-export.ts'
import { MAX_BYTES, MAX_FILES } from '../../server/local-bot/agent-files.ts'
import { createBrain } from '../../server/local-bot/brain.ts'
import { agentOf, ask, bytesOf, type Files, filesOf, talkTo, textOf } from './small-agent.ts'

const dir = mkdtempSync(join(tmpdir(), 'frontroom-agent-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const demo = fileURLToPath(new URL('../../sandbox/demo-agent', import.meta.url))
const workshop = fileURLToPath(new URL('workshop-agent', import.meta.url))

let count = 0
function folderOf(files: Files): string {
  const root = join(dir, `agent-${count++}`)
  for (const [path, bytes] of bytesOf(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), bytes)
  }
  return root
}

function zipOf(files: Record<string, Uint8Array>): string {
  const path = join(dir, `agent-${count++}.zip`)
  writeFileSync(path, zipSync(files))
  return path
}

/** Paths inside, as an archive has them. */
const packed = (root: string, prefix = '') =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => [prefix + name.replaceAll('\\', '/'), new Uint8Array(readFileSync(join(root, name)))]),
  )

async function mistakesOf(path: string): Promise<readonly { path: string; message: string }[]> {
  const error = await readAgent(path).catch((thrown: unknown) => thrown)
  if (!(error instanceof ConfigError)) throw new Error('it was read')
  return error.mistakes
}

const small = () => filesOf({ hello: { phrases: ['hello'], says: 'Hi!' } })

describe('an exported agent', () => {
  it('reads the same from a folder, from a zip, and from a zip with a folder around it all', async () => {
    const agent = await readAgent(demo)
    expect(agent.languages).toEqual(['en', 'pl'])
    expect(agent.intents.length).toBeGreaterThan(15)
    expect(await readAgent(zipOf(packed(demo)))).toEqual(agent)
    const wrapped = { ...packed(demo, 'my agent/'), '__MACOSX/my agent/._agent.json': new Uint8Array([0, 5]) }
    expect(await readAgent(zipOf(wrapped))).toEqual(agent)
  })

  it('keeps everything: each phrase, answer, prompt, synonym, context and event of the files is in the agent', async () => {
    for (const root of [demo, workshop]) {
      const agent = JSON.stringify(await readAgent(root), (_, value: unknown) =>
        value instanceof Map ? [...value] : value,
      ).toLowerCase()
      const read = Object.values(packed(root)).flatMap((bytes) =>
        wordings(JSON.parse(Buffer.from(bytes).toString('utf8'))),
      )
      expect(read.length).toBeGreaterThan(30)
      for (const text of read) expect(agent).toContain(JSON.stringify(text.toLowerCase()))
    }
  })

  it('of the older form works: numbers for types, a string for an answer, words to skip, another platform', async () => {
    const agent = await readAgent(workshop)
    const { event, say } = talkTo(createBrain(agent))
    expect(textOf(event('WELCOME'))).toBe('Good day, this is the clock workshop. What ticks wrong?')
    expect(textOf(say('could you mend my grandfather clock'))).toBe('Which day would suit you?')
    expect(textOf(say('Thursday'))).toBe('And at what time?')
    expect(textOf(say('3pm'))).toBe('Good. Shall we clean it or repair it?')
    expect(textOf(say('I want a repair'))).toBe('Then we repair it on Thursday at 3pm.')
    expect(textOf(say('what is the weather'))).toBe(
      'It is ticking so loudly in here: could you say that again?',
    )
    expect(agent.ignored).toEqual([
      'intents/Bring it in.json: its webhook is not called',
      'intents/Greeting.json: messages for google are not shown',
      '@sys.date: stays as the visitor wrote it',
      '@sys.time: stays as the visitor wrote it',
    ])
  })

  it('turns cards, images and quick replies into what a chat can show, whatever the type is written as', () => {
    const messages = [
      {
        type: 1,
        title: 'The Fjord',
        subtitle: 'A tourer',
        imageUrl: 'https://x.example/fjord.png',
        buttons: [
          { text: 'Look', postback: 'https://x.example/fjord' },
          { text: 'Test ride', postback: 'test ride' },
        ],
      },
      { type: '3', imageUrl: 'https://x.example/map.png' },
      { type: 3, imageUrl: 'javascript:alert(1)' },
      { type: '2', title: 'What now?', replies: ['Buy', 'Leave'] },
      { type: 4, payload: { livechat: true } },
      { type: 'message', speech: ['', 'One', 'Two'] },
      { type: 0, speech: '' },
    ]
    const [intent] = agentOf({
      a: { messages: messages.map((message) => ({ lang: 'en', ...message })) },
    }).intents
    expect(intent?.messages.get('en')).toEqual([
      { kind: 'text', variants: ['The Fjord\nA tourer\nLook: https://x.example/fjord'] },
      { kind: 'quick_replies', title: '', replies: ['Test ride'] },
      { kind: 'text', variants: ['https://x.example/map.png'] },
      { kind: 'quick_replies', title: 'What now?', replies: ['Buy', 'Leave'] },
      { kind: 'payload', payload: { livechat: true } },
      { kind: 'text', variants: ['One', 'Two'] },
    ])
  })

  it('takes phrases, templates, entries and answers from where they once were', () => {
    const agent = parseAgent(
      bytesOf({
        'agent.json': '\uFEFF{"language":"en"}',
        'intents/a.json': {
          name: 'a',
          userSays: [{ data: [{ text: 'fly to ' }, { text: 'Rome', meta: '@city', alias: 'city' }] }],
          templates: ['book @city:city for @sys.number'],
          responses: [{ speech: 'Fine.', parameters: [{ name: 'city', dataType: '@city' }] }],
          events: ['GO'],
        },
        'entities/city.json': { name: 'city', entries: [{ value: 'Rome', synonyms: ['Roma'] }] },
      }),
    )
    const { say, event } = talkTo(createBrain(agent))
    expect(say('fly to Roma')).toMatchObject({ parameters: { city: 'Rome' } })
    expect(say('book Rome for 3')).toMatchObject({ parameters: { city: 'Rome' } })
    expect(textOf(event('go'))).toBe('Fine.')
  })

  it('says what it has that is not acted upon', () => {
    const agent = agentOf(
      {
        a: {
          webhookUsed: true,
          conditionalResponses: [{}],
          messages: [
            { type: 0, speech: 'x', platform: 'telegram' },
            { type: 'hologram', lang: 'en' },
          ],
          parameters: [ask('who', '@sys.person', 'Who?'), ask('code', '@code', 'Which?')],
        },
      },
      { code: { '@sys.number:number @letter:letter': [] } },
      { webhook: { available: true } },
    )
    expect(agent.ignored).toEqual([
      'agent.json: the webhook is not called',
      'entities/code.json: composite values are not looked into; any text will do',
      'intents/a.json: its webhook is not called',
      'intents/a.json: conditions are not looked at',
      'intents/a.json: messages of type "hologram" are not shown',
      'intents/a.json: messages for telegram are not shown',
      '@sys.person: is not recognised; any text will do',
    ])
  })

  it('does not mind what it does not know', async () => {
    const files = {
      ...small(),
      'package.json': { version: '1.0.0', surprise: true },
      'intents/lost_usersays_en.json': [{ data: [{ text: 'lost' }] }],
      'README.json': {},
    }
    const agent = await readAgent(folderOf(files))
    expect(agent.intents.map(({ name }) => name)).toEqual(['hello'])
    expect(agent.ignored).toEqual([
      'README.json: belongs to nothing here',
      'intents/lost_usersays_en.json: belongs to nothing here',
    ])
  })
})

describe('a broken agent', () => {
  it('has every one of its broken files named at once', async () => {
    const files = {
      ...small(),
      'intents/broken.json': '{ "name": "broken", ',
      'intents/broken_usersays_en.json': { not: 'a list' },
      'intents/nameless.json': { responses: [] },
      'intents/numbers.json': { name: 'numbers', responses: [{ messages: [{ type: 0, speech: 5 }] }] },
      'intents/again.json': { name: 'hello' },
      'intents/asks.json': {
        name: 'asks',
        responses: [{ parameters: [{ name: 'x', dataType: '@missing' }, { name: '__proto__' }] }],
      },
      'entities/wrong_entries_en.json': [{ synonyms: ['no value'] }],
      'entities/wrong.json': { name: 'wrong' },
    }
    const mistakes = await mistakesOf(folderOf(files))
    expect([...new Set(mistakes.map(({ path }) => path))].sort()).toEqual([
      'entities/wrong_entries_en.json',
      'intents',
      'intents/asks.json',
      'intents/broken.json',
      'intents/broken_usersays_en.json',
      'intents/nameless.json',
      'intents/numbers.json',
    ])
    expect(mistakes).toContainEqual({ path: 'intents/broken.json', message: 'is not JSON' })
  })

  it('lacks an entity that one of its intents uses', async () => {
    const files = filesOf({ a: { parameters: [ask('x', '@missing', 'X?')] } })
    expect(await mistakesOf(folderOf(files))).toEqual([
      { path: 'intents/a.json', message: 'uses @missing, which is not there' },
    ])
  })

  it('is one without agent.json, a path that leads nowhere, or a file that is no archive', async () => {
    const { 'agent.json': _, ...rest } = small()
    expect((await mistakesOf(folderOf(rest)))[0]).toMatchObject({ path: 'agent.json' })
    expect((await mistakesOf(join(dir, 'nowhere')))[0]?.message).toContain('ENOENT')
    const text = join(dir, 'text.zip')
    for (const content of ['', 'not a zip', 'x'.repeat(100_000)]) {
      writeFileSync(text, content)
      expect(await mistakesOf(text)).toEqual([{ path: text, message: 'is no zip archive that can be read' }])
    }
  })

  it('has text that is not UTF-8', async () => {
    const root = folderOf(small())
    writeFileSync(join(root, 'intents/hello.json'), Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))
    expect((await mistakesOf(root))[0]).toEqual({ path: 'intents/hello.json', message: 'is not JSON' })
  })

  it('names a file outside of its archive', async () => {
    for (const name of [
      '../evil.json',
      '/etc/evil.json',
      'intents/../../evil.json',
      'C:/evil.json',
      '..\\evil.json',
    ])
      expect(
        (await mistakesOf(zipOf({ ...packed(demo), [name]: new Uint8Array([123, 125]) })))[0]?.message,
      ).toMatch(/outside/)
  })

  it('unpacks to more than fits, has too many files, or lies about its size', async () => {
    const zeros = new Uint8Array(MAX_BYTES / 2 + 1)
    expect((await mistakesOf(zipOf({ 'a.json': zeros, 'b.json': zeros })))[0]?.message).toMatch(/20 MB/)
    const many = Object.fromEntries(
      Array.from({ length: MAX_FILES + 1 }, (_, n) => [`intents/${n}.json`, new Uint8Array()]),
    )
    expect((await mistakesOf(zipOf(many)))[0]?.message).toMatch(/10000 files/)

    const path = zipOf({ 'agent.json': new Uint8Array(1_000_000).fill(32) })
    const bytes = readFileSync(path)
    // The size as the directory of the archive claims it (APPNOTE 4.3.12, offset 24).
    const directory = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'))
    bytes.writeUInt32LE(10, directory + 24)
    writeFileSync(path, bytes)
    expect((await mistakesOf(path))[0]).toEqual({ path: 'agent.json', message: 'is not JSON' })
  })

  it('is too large as a folder too', async () => {
    const root = folderOf(small())
    writeFileSync(join(root, 'intents/large.json'), new Uint8Array(MAX_BYTES + 1))
    expect((await mistakesOf(root))[0]?.message).toMatch(/20 MB/)
  })
})

/** What people wrote into an agent, wherever it stands. */
function wordings(value: unknown, key = ''): string[] {
  if (typeof value === 'string')
    return value !== '' && /^(?:speech|text|value|replies|synonyms|contexts|name|action)$/.test(key)
      ? [value]
      : []
  if (Array.isArray(value)) return value.flatMap((one) => wordings(one, key))
  if (typeof value !== 'object' || value === null) return []
  // Said on another platform, or not said at all.
  if ('platform' in value || 'googleAssistant' in value) return []
  return Object.entries(value).flatMap(([name, one]) => wordings(one, name))
}
