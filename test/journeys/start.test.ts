import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { call, startChat } from '../support/visitor.ts'

let server: TestServer
beforeEach(async () => {
  server = await startServer()
})
afterEach(() => server.close())

const newSession = async () => (await call(server.origin, 'POST', '/sessions', { body: {} })).body.token
const start = (token: string | undefined, body: object = { topic: 'sales' }) =>
  call(server.origin, 'POST', '/chats', { token, body })

const STEPS = ['POST /rooms', 'POST /memberships', 'POST /webhooks', 'POST /messages'] as const
const FAULTS = [
  { name: 'answers 503 and does nothing', rule: { answer: { status: 503 }, effect: 'none' } },
  {
    name: 'answers 502 in HTML after doing it',
    rule: { answer: { status: 502, html: true }, effect: 'before' },
  },
  {
    name: 'throttles with an HTML 429',
    rule: { answer: { status: 429, html: true, retryAfter: 7 }, effect: 'none' },
  },
  { name: 'refuses with 400', rule: { answer: { status: 400 }, effect: 'none' } },
  { name: 'does it and breaks the connection', rule: { reset: true, effect: 'before' } },
  { name: 'answers 200 with nonsense', rule: { answer: { status: 200, html: true }, effect: 'none' } },
] as const

describe('a start is all or nothing', () => {
  for (const step of STEPS) {
    for (const fault of FAULTS) {
      it(`leaves nothing behind when ${step} ${fault.name}`, async () => {
        const token = await newSession()
        const [method, path] = step.split(' ')
        await server.staff.fault({ method, path, ...fault.rule })
        const refused = await start(token)
        expect([refused.status, refused.body.code]).toEqual([503, 'desk_unavailable'])
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)

        // Once the trouble is over, whatever was made is gone, also what may have appeared late.
        await server.staff.noMoreFaults()
        await server.pass(400)
        await expect.poll(() => server.staff.rooms()).toEqual([])
        await expect.poll(() => server.staff.hooks()).toEqual([])
        await expect.poll(() => server.app.store.chats.countByState(server.app.store.db)).toEqual({})

        const again = await start(token)
        expect(again.status).toBe(201)
        expect((await server.staff.rooms()).length).toBe(1)
      })
    }
  }

  it('passes on how long Webex asks us to wait', async () => {
    await server.staff.fault({
      method: 'POST',
      path: '/rooms',
      answer: { status: 429, retryAfter: 7 },
      effect: 'none',
    })
    expect((await start(await newSession())).headers.get('retry-after')).toBe('7')
  })

  it('refuses a participant Webex does not accept, with no room left', async () => {
    await server.staff.fault({
      method: 'POST',
      path: '/memberships',
      answer: { status: 404 },
      effect: 'none',
    })
    expect((await start(undefined)).status).toBe(503)
    await expect.poll(() => server.staff.rooms()).toEqual([])
  })

  it('answers everybody who waits for the same start when it fails', async () => {
    const token = await newSession()
    await server.staff.fault({ method: 'POST', path: '/webhooks', answer: { status: 503 }, effect: 'none' })
    const answers = await Promise.all([start(token), start(token), start(token)])
    expect(answers.map((a) => a.status)).toEqual([503, 503, 503])
  })

  it('makes a session of its own when there is no token', async () => {
    const started = await start(undefined, { topic: 'sales', message: 'Hello' })
    expect(started.status).toBe(201)
    expect(started.body.token).toMatch(/^[\w-]{43}$/)
    const own = await call(server.origin, 'GET', `/chats/${started.body.chat.id}`, {
      token: started.body.token,
    })
    expect(own.status).toBe(200)
    await expect
      .poll(async () => (await server.staff.theRoom()).messages.at(-1)?.text)
      .toBe('Anonymous · 2\nHello')
  })
})

describe('a start is refused', () => {
  it('without a topic, with an unknown one, and while none are configured', async () => {
    const none = await start(undefined, {})
    expect([none.status, none.body.code, none.body.errors[0]?.path]).toEqual([400, 'invalid', 'topic'])
    const unknown = await start(undefined, { topic: 'weather' })
    expect([unknown.status, unknown.body.code]).toEqual([400, 'unknown_topic'])
    expect(await server.staff.rooms()).toEqual([])
  })

  it('until the form is complete, naming each field', async () => {
    const empty = await start(undefined, { topic: 'billing', name: '  ' })
    expect([empty.status, empty.body.code]).toEqual([422, 'form_incomplete'])
    expect(empty.body.errors.map((e) => e.path)).toEqual(['name', 'email'])
    const wrong = await start(undefined, { topic: 'billing', name: 'A', email: 'nobody' })
    expect([wrong.status, wrong.body.code, wrong.body.errors[0]?.path]).toEqual([400, 'invalid', 'email'])
    const foreign = await start(undefined, {
      topic: 'billing',
      name: 'A',
      email: 'a@b.pl',
      fields: { shoe: '42' },
    })
    expect([foreign.status, foreign.body.errors[0]?.path]).toEqual([400, 'fields.shoe'])
    expect(await server.staff.rooms()).toEqual([])

    const whole = { topic: 'billing', name: 'A', email: 'a@b.pl', fields: { invoice: '12/2026' } }
    expect((await start(undefined, whole)).status).toBe(201)
    const opener = (await server.staff.theRoom()).messages[0]?.text
    expect(opener).toContain('E-mail: a@b.pl\nInvoice: 12/2026')
  })

  it('when a choice is none of the options, or a box is ticked in a way of its own', async () => {
    const size = {
      id: 'size',
      type: 'select',
      required: true,
      label: { en: 'Size', de: 'Größe' },
      options: [
        { value: 'S', label: { en: 'small', de: 'klein' } },
        { value: 'L', label: { en: 'large', de: 'groß' } },
      ],
    }
    const news = { id: 'news', type: 'checkbox', label: { en: 'Send me news' } }
    await server.settings({ form: { mode: 'identified', fields: [size, news] } })
    const config = await fetch(`${server.origin}/api/v1/config?lang=de`)
    const { topics } = (await config.json()) as { topics: { form: { fields: object[] } }[] }
    expect(topics[0]?.form.fields[0]).toMatchObject({
      type: 'select',
      options: [
        { value: 'S', label: 'klein' },
        { value: 'L', label: 'groß' },
      ],
    })
    for (const [fields, path] of [
      [{ size: 'XL' }, 'fields.size'],
      [{ size: 'S', news: 'on' }, 'fields.news'],
    ] as const) {
      const refused = await start(undefined, { topic: 'sales', fields })
      expect([refused.status, refused.body.errors[0]?.path]).toEqual([400, path])
    }
    expect((await start(undefined, { topic: 'sales' })).body.errors.map(({ path }) => path)).toEqual([
      'fields.size',
    ])
    expect(await server.staff.rooms()).toEqual([])
    expect((await start(undefined, { topic: 'sales', fields: { size: 'L', news: 'yes' } })).status).toBe(201)
    expect((await server.staff.theRoom()).messages[0]?.text).toContain('Size: L\nSend me news: yes')
  })

  it('when the topic is closed, saying why and until when', async () => {
    const day = new Date().toISOString().slice(0, 10)
    await server.settings({
      timezone: 'UTC',
      calendar: {
        hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' }],
        holidays: [{ date: day, name: 'Founders Day' }],
      },
    })
    const closed = await start(undefined)
    expect([closed.status, closed.body.code, closed.body.reason]).toEqual([409, 'closed_hours', 'holiday'])
    expect(closed.body).toMatchObject({ name: 'Founders Day' })
    expect(Date.parse(closed.body.opensAt)).toBe(Date.parse(`${day}T00:00:00Z`) + 86_400_000)
  })

  it('never ends or hides a chat that runs when the doors close', async () => {
    const visitor = await startChat(server.origin)
    await server.settings({
      calendar: { hours: [{ days: ['mon'], from: '00:00', to: '00:01' }], override: { open: false } },
    })
    expect((await visitor.send('still there?')).status).toBe(201)
    expect((await start(visitor.token)).status).toBe(200)
    expect((await start(undefined)).body.code).toBe('closed_hours')
  })

  it('keeps a hostile visitor on their line in the title and the opener', async () => {
    const name = 'Eve · 7\u202E\nIP: 1.2.3.4'
    await start(undefined, { topic: 'sales', name, page: { url: 'x\nGeolocation: Mars', title: 'a\u2028b' } })
    const room = await server.staff.theRoom()
    expect(room.title.split(' · ').length).toBe(3)
    const lines = room.messages[0]?.text?.split(/[\n\u2028]/) ?? []
    expect(lines.filter((line) => line.startsWith('IP:'))).toEqual(['IP: 127.0.0.0'])
    expect(lines.filter((line) => line.startsWith('Geolocation:')).length).toBe(1)
  })
})
