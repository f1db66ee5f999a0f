import { describe, expect, it } from 'vitest'
import type { Json, Started } from './start.ts'
import { nextOf, openRoom, startSandbox } from './start.ts'

const ANNA = 'anna.kowalska@example.com'
const BOT = 'frontroom@webex.bot'
type Items = { items: (Json & { id: string; text?: string })[] }

async function post(started: Started, body: Json) {
  return started.rest<Json & { id: string }>('POST', '/messages', body)
}

describe('posting', () => {
  it('keeps a text byte for byte and moves the activity of the room', async () => {
    let time = Date.parse('2026-11-20T08:00:00Z')
    const started = await startSandbox({ now: () => time })
    const roomId = await openRoom(started)
    time += 5000
    const text = 'Anna · 12\n  <b>**Zażółć**</b>  \n<@all>\t👩‍👩‍👧 \r\n'
    const { status, body } = await post(started, { roomId, text })
    expect(status).toBe(200)
    expect(body).toMatchObject({ text, roomId, roomType: 'group', personEmail: 'desk@sandbox.example' })
    for (const absent of ['markdown', 'html', 'updated', 'files', 'mentionedPeople', 'parentId']) {
      expect(body).not.toHaveProperty(absent)
    }
    expect((await started.rest('GET', `/messages/${body.id}`)).body).toEqual(body)
    expect((await started.rest('GET', `/rooms/${roomId}`)).body).toMatchObject({ lastActivity: body.created })
  })

  it.each(['text', 'markdown', 'html'])(
    'counts bytes of %s, not characters: 7439 go, 7440 do not',
    async (field) => {
      const started = await startSandbox()
      const roomId = await openRoom(started)
      const longest = `${'ż'.repeat(3719)}x`
      expect(Buffer.byteLength(longest)).toBe(7439)
      expect((await post(started, { roomId, [field]: longest })).status).toBe(200)
      expect((await post(started, { roomId, [field]: `${longest}x` })).status).toBe(400)
    },
  )

  it.each<[Json, number]>([
    [{}, 400],
    [{ text: '' }, 400],
    [{ text: 7 }, 400],
    [{ text: 'x', toPersonEmail: ANNA }, 400],
    [{ text: 'x', parentId: 'unknown' }, 400],
    [{ files: ['https://example.com/a', 'https://example.com/b'] }, 400],
    [{ files: ['not an address'] }, 400],
    [{ markdown: 'x', html: 'x' }, 400],
    [{ attachments: [{ contentType: 'text/plain' }] }, 400],
  ])('refuses %j with %i', async (fields, status) => {
    const started = await startSandbox()
    const roomId = await openRoom(started)
    expect((await post(started, { roomId, ...fields })).status).toBe(status)
    expect((await started.rest<Items>('GET', `/messages?roomId=${roomId}`)).body.items).toEqual([])
  })

  it('has no text when a message is only a file, and serves the file to members with a token', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started)
    const { body } = await post(started, { roomId, files: ['https://example.com/plan.pdf'] })
    expect(body).not.toHaveProperty('text')
    const [address = ''] = body.files as string[]
    expect(address).toMatch(`${started.base}/v1/contents/`)
    const file = await started.rest('HEAD', address)
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="plan.pdf"')
    expect((await fetch(address)).status).toBe(401)
    expect((await started.bot('GET', address)).status).toBe(404)
  })

  it('turns mentions in markdown into mentionedPeople and plain text', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started, [ANNA])
    const anna = await started.rest<Items>('GET', `/people?email=${ANNA}`)
    const { body } = await post(started, {
      roomId,
      markdown: `**Please** <@personEmail:${ANNA}|Anna>, <@personEmail:stranger@example.com|Stan> & <@all>`,
    })
    expect(body).toMatchObject({
      text: 'Please Anna, Stan & All',
      mentionedPeople: [anna.body.items[0]?.id],
      mentionedGroups: ['all'],
    })
    expect(body.html).toContain('<strong>Please</strong>')
    expect(body.html).toContain('&amp;')
  })

  it('takes escaped Markdown for what it says', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started)
    const markdown = '\\*\\*x\\*\\* \\_ \\\\ &lt;@all&gt; &amp;lt; &#32; *y*  \n\\# z'
    const { body } = await post(started, { roomId, markdown })
    expect(body).toMatchObject({ text: '**x** _ \\ <@all> &lt;   y\n# z', markdown })
    expect(body.html).toBe('**x** _ \\ &lt;@all&gt; &amp;lt;   <em>y</em><br/># z')
    expect(body).not.toHaveProperty('mentionedGroups')
  })

  it('threads one level deep', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started)
    const parent = await post(started, { roomId, text: 'parent' })
    const reply = await post(started, { roomId, text: 'reply', parentId: parent.body.id })
    expect(reply.body).toMatchObject({ parentId: parent.body.id })
    expect((await post(started, { roomId, text: 'deeper', parentId: reply.body.id })).status).toBe(400)
    const { body } = await started.rest<Items>('GET', `/messages?roomId=${roomId}&parentId=${parent.body.id}`)
    expect(body.items.map((message) => message.text)).toEqual(['reply'])
  })

  it('to a person uses one direct room, which never takes a third', async () => {
    const started = await startSandbox()
    const first = await post(started, { toPersonEmail: ANNA, text: 'hello' })
    const second = await post(started, { toPersonEmail: ANNA, text: 'again' })
    expect(first.body).toMatchObject({ roomType: 'direct' })
    expect(second.body.roomId).toBe(first.body.roomId)
    const added = { roomId: first.body.roomId, personEmail: BOT }
    expect((await started.rest('POST', '/memberships', added)).status).toBe(400)
  })
})

describe('listing', () => {
  it('is newest first, follows Link to the end, and knows before and beforeMessage', async () => {
    let time = Date.parse('2026-11-20T08:00:00Z')
    const started = await startSandbox({ now: () => time })
    const roomId = await openRoom(started)
    const ids: string[] = []
    for (let n = 1; n <= 5; n += 1) {
      time += 1000
      ids.push((await post(started, { roomId, text: String(n) })).body.id)
    }
    const texts = ({ items }: Items) => items.map((message) => message.text)
    const first = await started.rest<Items>('GET', `/messages?roomId=${roomId}&max=2`)
    expect(texts(first.body)).toEqual(['5', '4'])
    const second = await started.rest<Items>('GET', nextOf(first.headers) ?? '')
    expect(texts(second.body)).toEqual(['3', '2'])
    const third = await started.rest<Items>('GET', nextOf(second.headers) ?? '')
    expect(texts(third.body)).toEqual(['1'])
    expect(nextOf(third.headers)).toBeNull()

    const before = '2026-11-20T08:00:03.000Z'
    const listed = (query: string) => started.rest<Items>('GET', `/messages?roomId=${roomId}&${query}`)
    expect(texts((await listed(`before=${before}`)).body)).toEqual(['2', '1'])
    expect(texts((await listed(`beforeMessage=${ids[1]}`)).body)).toEqual(['1'])
    expect((await listed('before=yesterday')).status).toBe(400)
    expect((await listed('beforeMessage=unknown')).status).toBe(404)
    expect((await started.rest('GET', '/messages')).status).toBe(400)
  })

  it('gives 50 by default and cuts a larger max without a word', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started)
    for (let n = 0; n < 1002; n += 1) await post(started, { roomId, text: String(n) })
    const listed = await started.rest<Items>('GET', `/messages?roomId=${roomId}`)
    expect(listed.body.items).toHaveLength(50)
    const capped = await started.rest<Items>('GET', `/messages?roomId=${roomId}&max=5000`)
    expect(capped.body.items).toHaveLength(1000)
    expect(nextOf(capped.headers)).not.toBeNull()
  })
})

describe('a line typed by staff', () => {
  const [DESK, JAN, JANA] = ['desk@sandbox.example', 'jan.nowak@example.com', 'jana@example.com']

  it.each<[typed: string, text: string, html: string | undefined, mentions: string[]]>([
    ['hello Anna', 'hello Anna', undefined, []],
    ['@Anna Kowalska look', 'Anna Kowalska look', '[Anna Kowalska] look', [ANNA]],
    ['@Anna look', 'Anna look', '[Anna] look', [ANNA]],
    ['look @Jan & @Jana', 'look Jan & Jana', 'look [Jan] &amp; [Jana]', [JAN, JANA]],
    ['@Frontroom help', 'Frontroom help', '[Frontroom] help', [BOT]],
    ['@Frontroom Desk look', 'Frontroom Desk look', '[Frontroom Desk] look', [DESK]],
    ['@all\nlook', 'All\nlook', '{All}<br/>look', ['all']],
    ['@Annabel x@Anna.example @Nobody', '@Annabel x@Anna.example @Nobody', undefined, []],
  ])(
    '%j mentions as a Webex client does: name in the text, element in the HTML',
    async (typed, text, html, mentions) => {
      const started = await startSandbox()
      const roomId = await openRoom(started, [ANNA, JAN, JANA, BOT])
      const said = await started.api<{ id: string; mentions: string[] }>(
        'POST',
        `/rooms/${roomId}/messages`,
        {
          as: ANNA,
          text: typed,
        },
      )
      expect(said.body.mentions).toEqual(mentions)
      const { body } = await started.rest<{ text: string; html?: string }>('GET', `/messages/${said.body.id}`)
      expect(body.text).toBe(text)
      const seen = body.html
        ?.replace(
          /<spark-mention data-object-type="person" data-object-id="\w+">([^<]*)<\/spark-mention>/g,
          '[$1]',
        )
        .replace(
          /<spark-mention data-object-type="groupMention" data-group-type="all">([^<]*)<\/spark-mention>/g,
          '{$1}',
        )
      expect(seen).toBe(html)
    },
  )

  it('may be edited into a mention, and may stand in a thread', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started, [ANNA, BOT])
    const path = `/rooms/${roomId}/messages`
    const parent = await post(started, { roomId, text: 'Anna · 2\nhello' })
    const reply = await started.api<Json>('POST', path, { as: ANNA, text: 'x', parentId: parent.body.id })
    expect(reply.body).toMatchObject({ parentId: parent.body.id, mentions: [] })
    const deeper = { as: ANNA, text: 'x', parentId: reply.body.id }
    expect((await started.api('POST', path, deeper)).status).toBe(400)
    const edited = await started.api('PUT', `${path}/${reply.body.id}`, { as: ANNA, text: '@Frontroom who' })
    expect(edited.body).toMatchObject({ text: 'Frontroom who', mentions: [BOT] })
  })
})

describe('a direct space with the bot', () => {
  it('is one for the two, heard by both, and no business of anybody else', async () => {
    const started = await startSandbox()
    const { api, bot, rest } = started
    const first = await api<{ id: string; roomId: string }>('POST', '/direct', {
      as: ANNA,
      to: BOT,
      text: 'chats',
    })
    expect(first).toMatchObject({ status: 200, body: { text: 'chats', from: { email: ANNA } } })
    const again = await api<{ roomId: string }>('POST', '/direct', {
      as: ANNA,
      to: BOT,
      text: 'join C-7F3KQ2',
    })
    const { roomId } = first.body
    expect(again.body.roomId).toBe(roomId)
    expect((await bot('GET', `/messages/${first.body.id}`)).body).toMatchObject({
      roomType: 'direct',
      personEmail: ANNA,
    })
    expect((await rest('GET', `/messages/${first.body.id}`)).status).toBe(404)
    expect((await bot('POST', '/messages', { roomId, text: 'No chats.' })).status).toBe(200)
    const view = await api<{ type: string; messages: { text: string }[] }>('GET', `/rooms/${roomId}`)
    expect(view.body).toMatchObject({ type: 'direct' })
    expect(view.body.messages.map((message) => message.text)).toEqual(['chats', 'join C-7F3KQ2', 'No chats.'])
  })

  it.each([
    { to: BOT, text: 'x' },
    { as: ANNA, text: 'x' },
    { as: ANNA, to: BOT },
    { as: ANNA, to: ANNA, text: 'x' },
  ])('does not come to be by %j', async (body) => {
    const started = await startSandbox()
    expect((await started.api('POST', '/direct', body)).status).toBe(400)
    expect((await started.api<{ items: [] }>('GET', '/rooms')).body.items).toEqual([])
  })
})

describe('a bot in a group room', () => {
  it('reads only what mentions it, and must say so when it lists', async () => {
    const started = await startSandbox()
    const { bot } = started
    const roomId = await openRoom(started, [BOT])
    const quiet = await post(started, { roomId, text: 'not for the bot' })
    const loud = await post(started, { roomId, markdown: `<@personEmail:${BOT}|Frontroom> help` })
    expect((await bot('GET', `/messages?roomId=${roomId}`)).status).toBe(403)
    const { body } = await bot<Items>('GET', `/messages?roomId=${roomId}&mentionedPeople=me`)
    expect(body.items.map((message) => message.text)).toEqual(['Frontroom help'])
    expect((await bot('GET', `/messages/${quiet.body.id}`)).status).toBe(404)
    expect((await bot('GET', `/messages/${loud.body.id}`)).status).toBe(200)
  })

  it('may write at any time, and sees its own line', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started, [BOT])
    const own = await started.bot<{ id: string }>('POST', '/messages', { roomId, text: 'Bot · 13\nHello' })
    expect(own.status).toBe(200)
    expect((await started.bot('GET', `/messages/${own.body.id}`)).status).toBe(200)
  })
})

describe('editing and deleting', () => {
  it('marks an edit, allows ten, and refuses the eleventh', async () => {
    const started = await startSandbox()
    const roomId = await openRoom(started)
    const { body } = await post(started, { roomId, text: 'first' })
    for (let n = 1; n <= 10; n += 1) {
      const edited = await started.rest('PUT', `/messages/${body.id}`, { roomId, text: `edit ${n}` })
      expect(edited.body).toMatchObject({
        text: `edit ${n}`,
        created: body.created,
        updated: expect.any(String),
      })
    }
    expect((await started.rest('PUT', `/messages/${body.id}`, { roomId, text: 'no' })).status).toBe(400)
    expect((await started.rest('GET', `/messages/${body.id}`)).body).toMatchObject({ text: 'edit 10' })
  })

  it('is for the author only, needs the room, and is not for messages with files', async () => {
    const started = await startSandbox()
    const { rest, api } = started
    const roomId = await openRoom(started, [ANNA])
    const staff = await api<{ id: string }>('POST', `/rooms/${roomId}/messages`, { as: ANNA, text: 'mine' })
    expect((await rest('PUT', `/messages/${staff.body.id}`, { roomId, text: 'x' })).status).toBe(403)
    expect((await rest('DELETE', `/messages/${staff.body.id}`)).status).toBe(403)
    const own = await post(started, { roomId, text: 'x' })
    expect((await rest('PUT', `/messages/${own.body.id}`, { text: 'y' })).status).toBe(400)
    expect((await rest('PUT', `/messages/${own.body.id}`, { roomId })).status).toBe(400)
    const file = await post(started, { roomId, text: 'x', files: ['https://example.com/a.png'] })
    expect((await rest('PUT', `/messages/${file.body.id}`, { roomId, text: 'y' })).status).toBe(400)
    expect((await rest('DELETE', `/messages/${own.body.id}`)).status).toBe(204)
    expect((await rest('GET', `/messages/${own.body.id}`)).status).toBe(404)
  })
})
