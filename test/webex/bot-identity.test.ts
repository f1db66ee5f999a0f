import { EventEmitter } from 'node:events'
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DeliveryError } from '../../server/core/errors.ts'
import { createWebexClient } from '../../server/webex/client.ts'
import { fixedToken } from '../../server/webex/oauth.ts'
import {
  ANNA,
  type AtEnd,
  BOT,
  type Built,
  buildIdentity,
  fault,
  hookRequest,
  identityAt,
  requestsOf,
  roomWithBot,
  SECRET,
  sayDirectly,
  sayInRoom,
  scene,
  serve,
  sign,
  webhooksOf,
} from './bot-identity.ts'

let built: Built
beforeAll(async () => {
  built = await buildIdentity()
})
afterAll(() => built.remove())

// Loading the framework takes a second of a processor that is free.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })
const SOON = { timeout: 60_000 }
/** Failures are looked at again at once, nothing else is in a hurry. */
const patience = { lookAgain: 1 }

async function hearing(options: Parameters<typeof identityAt>[1] = {}, atEnd?: AtEnd) {
  const where = await scene(atEnd)
  const heard = identityAt(where, { worker: built.worker, patience, ...options }, atEnd)
  await heard.identity.start()
  return { ...where, ...heard, where }
}
type Hearing = Awaited<ReturnType<typeof hearing>>

/** One that hears for all tests of a suite. */
function shared(options: Parameters<typeof identityAt>[1] = {}): () => Hearing {
  const ends: Parameters<AtEnd>[0][] = []
  let it: Hearing | null = null
  beforeAll(async () => {
    it = await hearing(options, (end) => ends.push(end))
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })
  return () => {
    if (!it) throw new Error('it has not begun')
    return it
  }
}

describe('the bot account', () => {
  const ears = shared()

  it('hears that it is addressed in a room, as a hint to read the room', async () => {
    const { where, rooms, lines } = ears()
    const roomId = await roomWithBot(where)
    await sayInRoom(where, roomId, 'close')
    await expect.poll(() => rooms, SOON).toEqual([roomId])
    expect(lines).toEqual([])
  })

  it('hears what is said in a direct space, from the first line on and as it was written', async () => {
    const { where, lines } = ears()
    const first = await sayDirectly(where, 'join\n  C-7F3KQ2')
    const second = await sayDirectly(where, 'chats')
    await expect.poll(() => lines.length, SOON).toBe(2)
    expect(lines).toEqual([
      { id: first.id, roomId: first.roomId, by: ANNA.toLowerCase(), text: 'join\n  C-7F3KQ2' },
      { id: second.id, roomId: second.roomId, by: ANNA.toLowerCase(), text: 'chats' },
    ])
  })

  it('hears neither itself nor what is said to others', async () => {
    const { where, webex, identity, lines, rooms, texts } = ears()
    const heard = rooms.length
    const roomId = await roomWithBot(where)
    const { roomId: space } = await sayDirectly(where, 'one')
    await expect.poll(texts, SOON).toContain('one')
    await identity.answer(space, 'an answer')
    await webex.bot('POST', '/messages', { roomId, markdown: `<@personEmail:${BOT}> me` })
    await webex.rest('POST', '/messages', { roomId, text: 'to the visitor' })
    await sayDirectly(where, 'two')
    await expect.poll(texts, SOON).toContain('two')
    expect(rooms).toHaveLength(heard)
    expect(texts().slice(texts().indexOf('one'))).toEqual(['one', 'two'])
    expect(lines.every((line) => line.by === ANNA.toLowerCase())).toBe(true)
  })

  it('hears a call that comes twice with the same id', async () => {
    const { where, hooks, identity, lines } = ears()
    const { id } = await sayDirectly(where, 'twice')
    await expect.poll(() => lines.at(-1)?.id, SOON).toBe(id)
    const call = hooks.calls.findLast(({ resource }) => resource === 'messages')
    if (!call) throw new Error('no call')
    expect(await identity.receive(hookRequest(call.raw, call.signature))).toEqual({ ok: true, rooms: [] })
    await expect.poll(() => lines.filter((line) => line.id === id).length, SOON).toBe(2)
    expect(lines.at(-1)).toEqual(lines.at(-2))
  })

  it('asks Webex for the message and for nothing else, whatever it is told of', async () => {
    const { where, hooks, rooms } = ears()
    const before = { requests: (await requestsOf(where)).length, calls: hooks.calls.length }
    const roomId = await roomWithBot(where)
    await expect.poll(() => hooks.calls.length, SOON).toBe(before.calls + 2)
    const { id } = await sayInRoom(where, roomId, 'help')
    await expect.poll(() => rooms, SOON).toContain(roomId)
    expect((await requestsOf(where)).slice(before.requests)).toEqual([`GET /messages/${id}`])
  })

  it('answers in plain text, in as many messages as it takes', async () => {
    const { where, webex, identity } = ears()
    const { id, roomId } = await sayDirectly(where, 'chats')
    const lines = Array.from({ length: 200 }, (_, n) => `${n} *${'ż'.repeat(40)}*`)
    await identity.answer(roomId, lines.join('\n'))
    const { items } = await webex.bot<{ items: { id: string; text: string }[] }>(
      'GET',
      `/messages?roomId=${roomId}`,
    )
    const answers = items.slice(
      0,
      items.findIndex((message) => message.id === id),
    )
    expect(answers.length).toBe(3)
    expect(
      answers
        .reverse()
        .map(({ text }) => text)
        .join('\n'),
    ).toBe(lines.join('\n'))
    await expect(identity.answer('no such room', 'hi')).rejects.toThrow(DeliveryError)
  })
})

describe('a call for the bot account', () => {
  const ears = shared()

  /** One as Webex made it, about a line that nobody has heard yet. */
  async function called(text: string) {
    const { hooks, where } = ears()
    const before = hooks.calls.length
    hooks.take = async () => ({ ok: true, rooms: [] })
    await sayDirectly(where, text)
    const call = () => hooks.calls.slice(before).find(({ resource }) => resource === 'messages')
    await expect.poll(call).toBeDefined()
    return call()?.raw ?? Buffer.alloc(0)
  }

  it('that is forged, changed or written anew is refused, and the framework never sees it', async () => {
    const { where, identity, texts } = ears()
    const raw = await called('one')
    const pretty = Buffer.from(JSON.stringify(JSON.parse(raw.toString()), null, 2))
    const changed = Buffer.from(raw.toString().replace('messages', 'messageX'))
    const before = await requestsOf(where)
    const forged: [body: Buffer, signature: string | undefined][] = [
      [raw, undefined],
      [raw, ''],
      [raw, 'a'.repeat(40)],
      [raw, sign(raw).toUpperCase()],
      [changed, sign(raw)],
      [pretty, sign(raw)],
      [raw, sign(pretty)],
    ]
    for (const [body, signature] of forged)
      expect(await identity.receive(hookRequest(body, signature))).toMatchObject({ ok: false })
    // What comes through now comes after anything that had been let in.
    expect(await identity.receive(hookRequest(raw, sign(raw)))).toEqual({ ok: true, rooms: [] })
    await expect.poll(texts, SOON).toEqual(['one'])
    expect((await requestsOf(where)).slice(before.length)).toHaveLength(1)
  })

  it('is believed over its bytes however they are spaced and escaped', async () => {
    const { identity, texts } = ears()
    const spaced = JSON.stringify(JSON.parse((await called('two')).toString()), null, 2)
    const body = Buffer.from(`${spaced.replace('"messages"', '"\\u006dessages"')}\r\n`)
    expect(await identity.receive(hookRequest(body, sign(body)))).toEqual({ ok: true, rooms: [] })
    await expect.poll(texts, SOON).toContain('two')
  })

  it('that makes no sense is taken and leads to nothing', async () => {
    const { identity, texts, logged } = ears()
    const odd = { name: 'x', resource: 'messages', event: 'created' }
    const bodies = ['', 'nonsense', 'null', '[]', '{}', '{"__proto__":{"data":{}}}']
    bodies.push(JSON.stringify({ ...odd, data: { id: 7 } }))
    bodies.push(JSON.stringify({ ...odd, data: { id: 'i'.repeat(300) } }))
    for (const text of bodies) {
      const body = Buffer.from(text)
      expect(await identity.receive(hookRequest(body, sign(body)))).toEqual({ ok: true, rooms: [] })
    }
    const raw = await called('three')
    await identity.receive(hookRequest(raw, sign(raw)))
    await expect.poll(texts, SOON).toContain('three')
    expect(logged).toEqual([])
  })
})

describe('webhooks of the bot account', () => {
  it('are the two of the framework, with our secret', async () => {
    const { where, hooks } = await hearing()
    const found = await webhooksOf(where)
    expect(found.map(({ resource, event }) => `${resource} ${event}`).sort()).toEqual([
      'all all',
      'attachmentActions created',
    ])
    for (const hook of found) expect(hook).toMatchObject({ targetUrl: hooks.url, secret: SECRET })
  })

  it('do not pile up, stay when we close, and never touch those of others', async () => {
    const { where, webex, hooks, identity, logged } = await hearing()
    const [first] = await webhooksOf(where)
    const elsewhere = hooks.url.replace('/hooks/webex/bot', '/another/product')
    const others = [
      // The framework takes these for its own by their name, and would delete them at its start and at its stop.
      { name: first?.name, targetUrl: elsewhere, resource: 'all', event: 'all' },
      { name: 'Frontroom staging', targetUrl: hooks.url, resource: 'messages', event: 'created' },
    ]
    for (const other of others) await webex.bot('POST', '/webhooks', other)
    const room = { name: first?.name, targetUrl: hooks.url, resource: 'messages', event: 'all' }
    await webex.rest('POST', '/webhooks', room)

    await identity.close()
    expect(await webhooksOf(where)).toHaveLength(4)
    for (const _ of [1, 2]) {
      const again = identityAt(where, { worker: built.worker })
      await again.identity.start()
      await again.identity.close()
    }
    const left = await webhooksOf(where)
    expect(left).toHaveLength(4)
    for (const other of others) expect(left).toContainEqual(expect.objectContaining(other))
    expect(left.map(({ id }) => id)).not.toContain(first?.id)
    const rest = await webex.rest<{ items: object[] }>('GET', '/webhooks')
    expect(rest.items).toEqual([expect.objectContaining(room)])
    expect(logged).toEqual([])
  })

  it('are never gone while a new start replaces them', async () => {
    const { where, rooms } = await hearing()
    const again = identityAt(where, { worker: built.worker })
    await again.identity.start()
    const order = await requestsOf(where)
    const removed = order.findIndex((request) => request.startsWith('DELETE /webhooks/'))
    expect(removed).toBeGreaterThan(order.lastIndexOf('POST /webhooks'))
    expect(await webhooksOf(where)).toHaveLength(2)
    const roomId = await roomWithBot(where)
    await sayInRoom(where, roomId, 'help')
    await expect.poll(() => again.rooms, SOON).toEqual([roomId])
    expect(rooms).toEqual([])
  })

  it('that Webex has switched off are made anew', async () => {
    const { where, webex, texts, logged } = await hearing({ patience: { check: 50, again: 1 } })
    const off = await webhooksOf(where)
    for (const hook of off) await webex.api('POST', `/webhooks/${hook.id}/deactivate`, {})
    const isNew = async () => (await webhooksOf(where)).every(({ id }) => off.every((old) => old.id !== id))
    await expect.poll(isNew, SOON).toBe(true)
    await sayDirectly(where, 'chats')
    await expect.poll(texts, SOON).toEqual(['chats'])
    expect(logged.join()).toContain('hears nothing any more; starting again')
  })
})

describe('trouble with Webex', () => {
  const ears = shared({ patience: { lookAgain: 1, look: 3_000 } })
  const message = { method: 'GET', path: '/messages/*' }

  it('that passes costs no line', async () => {
    const { where, texts } = ears()
    const troubles = [
      { answer: { status: 503 } },
      { answer: { status: 502, html: true } },
      { answer: { status: 429, html: true, retryAfter: 1 } },
      { answer: { status: 401 } },
      { answer: { status: 404 } },
      { answer: { status: 200, body: '{"id":' } },
      { reset: true },
    ]
    for (const [n, trouble] of troubles.entries()) {
      await fault(where, { ...message, ...trouble })
      const said = [`${n} one`, `${n} two`]
      for (const text of said) await sayDirectly(where, text)
      await expect.poll(texts, SOON).toEqual(expect.arrayContaining(said))
    }
    expect(texts()).toHaveLength(2 * troubles.length)
  })

  it('is told once when it lasts, without a word of what was said, and hearing goes on', async () => {
    const { where, texts, logged, webex } = ears()
    await fault(where, { ...message, answer: { status: 400 }, times: 3 })
    await sayDirectly(where, 'a secret text')
    await expect.poll(() => logged.join('\n'), SOON).toContain('could not be read')
    await sayDirectly(where, 'after it')
    await expect.poll(texts, SOON).toContain('after it')
    expect(logged).toHaveLength(1)
    const all = logged.join('\n').toLowerCase()
    for (const word of ['secret text', ANNA.toLowerCase(), webex.accounts.botToken.toLowerCase()])
      expect(all).not.toContain(word)
  })

  it('does not keep the next line waiting when Webex hangs', async () => {
    const { where, texts } = ears()
    await fault(where, { ...message, hang: true })
    await sayDirectly(where, 'held')
    await sayDirectly(where, 'behind it')
    await expect.poll(() => texts().slice(-2), SOON).toEqual(['behind it', 'held'])
  })
})

describe('a start that fails', () => {
  /** Neither it nor what caused it carries the token. */
  async function failure(start: Promise<void>, token: string): Promise<string> {
    const error = await start.then(
      () => new Error('it started'),
      (reason: unknown) => reason as Error,
    )
    expect(`${error.stack} ${String(error.cause)}`).not.toContain(token)
    return error.message
  }

  it('for a wrong token says which, and the calls are answered all the same', async () => {
    const where = await scene()
    const token = 'no-such-token-0123456789'
    const { identity, lines } = identityAt(where, { worker: built.worker, token })
    expect(await failure(identity.start(), token)).toMatch(/refuses the bot token.*WEBEX_BOT_TOKEN/)
    const body = Buffer.from('{}')
    expect(await identity.receive(hookRequest(body, sign(body)))).toEqual({ ok: true, rooms: [] })
    expect(await identity.receive(hookRequest(body, 'wrong'))).toMatchObject({ ok: false })
    expect(lines).toEqual([])
  })

  it('for the token of a person says so', async () => {
    const where = await scene()
    const token = where.webex.accounts.integrationToken
    const { identity } = identityAt(where, { worker: built.worker, token })
    expect(await failure(identity.start(), token)).toMatch(/belongs to a person/)
  })

  it.each<[what: string, rule: object, message: RegExp]>([
    [
      'Webex has trouble',
      { method: 'GET', path: '/people/me', answer: { status: 503 } },
      /503.*status\.webex\.com/,
    ],
    ['Webex is gone', { method: 'GET', path: '/webhooks', reset: true }, /status\.webex\.com/],
    [
      'the webhooks are refused',
      { method: 'POST', path: '/webhooks', answer: { status: 400 } },
      /400.*PUBLIC_URL/,
    ],
    ['the framework is let down', { method: 'POST', path: '/webhooks', reset: true }, /no answer/],
  ])('because %s says what to do, and comes good by itself', async (_, rule, message) => {
    const where = await scene()
    await fault(where, rule)
    const { identity, texts } = identityAt(where, { worker: built.worker, patience: { again: 1 } })
    expect(await failure(identity.start(), where.webex.accounts.botToken)).toMatch(message)
    await expect.poll(async () => (await webhooksOf(where)).length, SOON).toBe(2)
    await sayDirectly(where, 'chats')
    await expect.poll(texts, SOON).toEqual(['chats'])
  })

  it('because nothing answers within its time is given up', async () => {
    const where = await scene()
    await fault(where, { method: 'POST', path: '/webhooks', hang: true })
    const { identity } = identityAt(where, { worker: built.worker, patience: { start: 3000 } })
    expect(await failure(identity.start(), where.webex.accounts.botToken)).toMatch(/within 3 s/)
  })

  it('because the framework is not there is told, and nothing else of it', async () => {
    const where = await scene()
    const worker = new URL('file:///nowhere/bot-identity-worker.js')
    const { identity, logged } = identityAt(where, { worker })
    expect(await failure(identity.start(), where.webex.accounts.botToken)).toMatch(/npm ci/)
    expect(logged.join()).toContain('MODULE_NOT_FOUND')
  })
})

describe('the thread of the framework', () => {
  function file(name: string, body: string): URL {
    const path = built.file(`${name}.mjs`)
    writeFileSync(path, body)
    return pathToFileURL(path)
  }
  /** A few lines in the place of the framework. */
  const fake = (name: string, body: string) =>
    file(
      name,
      `import { parentPort } from 'node:worker_threads'\nparentPort.postMessage({ kind: 'hears' })\n${body}`,
    )
  const line = (id: string, text: string) => {
    const call = { name: text, resource: 'messages', event: 'created', data: { id, personId: 'p' } }
    const body = Buffer.from(JSON.stringify(call))
    return hookRequest(body, sign(body))
  }

  it('is started again when it breaks', async () => {
    const where = await scene()
    const worker = fake(
      'breaking',
      `parentPort.on('message', ({ name, data }) => {
        if (name === 'break') throw new Error('a secret text')
        const message = { ...data, roomId: 'r', roomType: 'direct', personEmail: 'A@B.example', text: name }
        parentPort.postMessage({ kind: 'message', message })
      })`,
    )
    const { identity, lines, texts, logged } = identityAt(where, { worker, patience: { again: 1 } })
    await identity.start()
    await identity.receive(line('1', 'one'))
    await expect.poll(texts, SOON).toEqual(['one'])
    expect(lines[0]?.by).toBe('a@b.example')
    await identity.receive(line('2', 'break'))
    await expect.poll(() => logged.join(), SOON).toContain('starting again')
    await expect
      .poll(async () => {
        await identity.receive(line('3', 'three'))
        return texts()
      }, SOON)
      .toContain('three')
    expect(logged.join()).toContain('the bot framework broke')
    expect(logged.join()).not.toContain('secret text')
  })

  it('sees two addresses of Webex and nothing else of the environment', async () => {
    const where = await scene()
    const worker = fake(
      'environment',
      `parentPort.on('message', ({ data }) => {
        const message = { ...data, roomId: 'r', roomType: 'direct', personEmail: 'a@b.example', text: JSON.stringify(process.env) }
        parentPort.postMessage({ kind: 'message', message })
      })`,
    )
    const { identity, texts } = identityAt(where, { worker })
    await identity.start()
    await identity.receive(line('1', ''))
    await expect.poll(() => texts().length, SOON).toBe(1)
    expect(JSON.parse(texts()[0] ?? '')).toEqual({
      HYDRA_SERVICE_URL: where.webex.apiUrl,
      U2C_SERVICE_URL: `${where.webex.apiUrl}/u2c`,
      WEBEX_LOG_LEVEL: 'silent',
    })
  })

  it('tells nonsense, or what leads to a mistake of ours, without harm', async () => {
    const where = await scene()
    const worker = fake(
      'nonsense',
      `for (const message of [null, 7, {}, { id: '', roomId: 'r' }]) parentPort.postMessage({ kind: 'message', message })
      const sane = { id: 'i', roomId: 'r', roomType: 'group', personEmail: 'a@b.example', text: 'x' }
      parentPort.postMessage({ kind: 'message', message: sane })
      setInterval(() => undefined, 1000)`,
    )
    const heard = {
      room: () => {
        throw new Error('a mistake of ours')
      },
      direct: () => undefined,
    }
    const { identity, logged } = identityAt(where, { worker, heard })
    await identity.start()
    await expect.poll(() => logged.join(), SOON).toContain('a mistake of ours')
    expect(logged.filter((text) => text.includes('makes no sense'))).toHaveLength(4)
  })

  it('survives what the SDK drops, and tells of it', async () => {
    const worker = file(
      'rejecting',
      `await import('./bot-identity-worker.js')
      Promise.reject(Object.assign(new TypeError('a secret text'), { statusCode: 418 }))`,
    )
    const { where, texts, logged } = await hearing({ worker })
    await sayDirectly(where, 'chats')
    await expect.poll(texts, SOON).toEqual(['chats'])
    expect(logged).toEqual([expect.stringMatching(/failed at something.*TypeError.*418.*rejecting\.mjs/)])
    expect(logged.join()).not.toContain('secret')
  })

  it('talks to the Webex it was given and to nobody else, also with a token as Webex makes them', async () => {
    const where = await scene()
    const { accounts, handle } = where.webex
    // With such a token the SDK asks a catalogue for the addresses of all of Webex.
    const token = `${'a'.repeat(64)}_PF84_6ba7b810-9dad-11d1-80b4-00c04fd430c8`
    const asked: string[] = []
    const origin = await serve((req, res) => {
      asked.push(new URL(req.url ?? '', 'http://x').pathname)
      if (req.headers.authorization === `Bearer ${token}`)
        req.headers.authorization = `Bearer ${accounts.botToken}`
      handle(req, res)
    })
    const apiUrl = `${origin}/v1`
    const worker = file(
      'watched',
      `import { parentPort } from 'node:worker_threads'
      import dns from 'node:dns'
      import net from 'node:net'
      const tell = (text) =>
        parentPort.postMessage({ kind: 'message', message: { id: 'i', roomId: 'r', roomType: 'direct', personEmail: 'spy', text } })
      const { connect } = net.Socket.prototype
      net.Socket.prototype.connect = function (...given) {
        const [to] = Array.isArray(given[0]) ? given[0] : given
        tell(to.host + ':' + to.port)
        return connect.apply(this, given)
      }
      const { lookup } = dns
      dns.lookup = (name, ...more) => (tell(name), lookup(name, ...more))
      await import('./bot-identity-worker.js')`,
    )
    const client = createWebexClient({ apiUrl, tokens: fixedToken(token, 'bot') })
    const { identity, lines } = identityAt(where, { worker, token, apiUrl, client })
    await identity.start()
    await sayDirectly(where, 'chats')
    await expect.poll(() => lines.map(({ text }) => text), SOON).toContain('chats')
    const called = lines.filter(({ by }) => by === 'spy').map(({ text }) => text)
    expect(new Set(called)).toEqual(new Set([new URL(origin).host]))
    expect(asked).toContain('/v1/u2c/limited/catalog')
  })

  it('keeps the habits of the framework to itself', async () => {
    const emitter = EventEmitter.prototype as unknown as { _maxListeners: unknown }
    const before = emitter._maxListeners
    const listeners = process.listenerCount('unhandledRejection')
    await hearing()
    expect(emitter._maxListeners).toBe(before)
    expect(process.listenerCount('unhandledRejection')).toBe(listeners)
    expect(process.env).not.toHaveProperty('HYDRA_SERVICE_URL')
    expect(process.env).not.toHaveProperty('U2C_SERVICE_URL')
  })

  it('does not outlive a close, also one in the middle of a start', async () => {
    const where = await scene()
    const { identity } = identityAt(where, { worker: built.worker })
    const starting = identity.start().catch((error: unknown) => String(error))
    await identity.close()
    expect(await starting).toContain('closed')
    expect(await identity.start().catch((error: unknown) => String(error))).toContain('closed')
    expect(await webhooksOf(where)).toEqual([])
  })
})
