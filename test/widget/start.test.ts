import { describe, expect, it } from 'vitest'
import type { Answer, Call } from '../../widget/chat/api.ts'
import { createStarter, parametersOf } from '../../widget/chat/start.ts'
import type { Start } from '../../widget/chat/wire.ts'

const body: Start = {
  topic: 'sales',
  lang: 'en',
  page: { url: 'https://shop.example/', title: 'Shop', referrer: '' },
}
const answer = (status: number, content: object = {}) => ({
  ok: status >= 200 && status < 300,
  status,
  retryAfter: 0,
  body: content,
})

/** Plays the given answers in turn and writes down what was asked. */
function playing(...answers: ReturnType<typeof answer>[]) {
  const asked: string[] = []
  let token: string | undefined
  const told: unknown[] = []
  const call: Call = async <T>(path: string, content: unknown) => {
    asked.push(`${path} ${token ?? '-'}`)
    told.push(content)
    return (answers.shift() ?? answer(500)) as Answer<T>
  }
  const begin = createStarter({
    call,
    token: () => token,
    keep(given) {
      token = given
    },
    parameters: () => ({ plan: 'pro' }),
  })
  return { begin, asked, told, held: () => token }
}

describe('a start', () => {
  it('makes the session first, so that it can be tried again within the same one', async () => {
    const { begin, asked, held } = playing(
      answer(201, { token: 't' }),
      answer(503, { code: 'desk_unavailable' }),
      answer(201, { chat: { id: 'c' } }),
    )
    expect(await begin(body)).toMatchObject({ ok: false, status: 503 })
    expect(await begin(body)).toMatchObject({ ok: true, body: { chat: { id: 'c' } } })
    expect(asked).toEqual(['sessions -', 'chats t', 'chats t'])
    expect(held()).toBe('t')
  })

  it('tells what the page knows of the visit with the session', async () => {
    const { begin, told } = playing(answer(201, { token: 't' }), answer(201, { chat: { id: 'c' } }))
    await begin(body)
    expect(told[0]).toEqual({ lang: 'en', page: 'https://shop.example/', parameters: { plan: 'pro' } })
  })

  it('asks for no chat when there is no session to be had', async () => {
    const { begin, asked } = playing(answer(0))
    expect(await begin(body)).toMatchObject({ ok: false, status: 0 })
    expect(asked).toEqual(['sessions -'])
  })

  it('makes a new session when the old one is over', async () => {
    const { begin, asked } = playing(
      answer(201, { token: 'old' }),
      answer(401),
      answer(201, { token: 'new' }),
      answer(201, { chat: { id: 'c' } }),
    )
    await begin(body)
    await begin(body)
    expect(asked).toEqual(['sessions -', 'chats old', 'sessions -', 'chats new'])
  })

  it('takes a token that comes with the chat', async () => {
    const { begin, held } = playing(
      answer(201, { token: 't' }),
      answer(201, { chat: { id: 'c' }, token: 'u' }),
    )
    await begin(body)
    expect(held()).toBe('u')
  })
})

describe('what a page tells of the visit', () => {
  it('comes from the tag and from commands', () => {
    const options = { lang: 'pl', parameters: { plan: 'pro' }, paramCustomerId: '4711' }
    expect(parametersOf(options)).toEqual({ plan: 'pro', customerId: '4711' })
    expect(parametersOf({ lang: 'pl', topic: 'sales' })).toEqual({})
  })

  it('is cut to what the server takes', () => {
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`${n}-`.repeat(64), 'x'.repeat(300)]),
    )
    const told = Object.entries(parametersOf({ lang: 'en', parameters: many }))
    expect(told.length).toBe(20)
    expect(told.every(([key, value]) => key.length <= 64 && value.length === 256)).toBe(true)
    const odd = { plan: null } as unknown as Record<string, string>
    expect(parametersOf({ lang: 'en', parameters: odd })).toEqual({ plan: 'null' })
  })
})
