import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { HookRequest } from '../../server/ports.ts'
import { MAX_BODY } from '../../server/routes/body.ts'
import { hookRoutes } from '../../server/routes/hooks.ts'
import { problems } from '../../server/routes/problem.ts'

const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
/** Signed by the word; names the room in its body. */
const receiver = (word: string, calls: HookRequest[]) => (request: HookRequest) => {
  calls.push(request)
  return request.headers['x-spark-signature'] === word
    ? ({ ok: true, rooms: [`${word} ${request.rawBody.toString()}`] } as const)
    : ({ ok: false, why: 'wrong signature' } as const)
}

async function serve(withBot: boolean) {
  const hints: string[] = []
  const desk: HookRequest[] = []
  const bot: HookRequest[] = []
  const take = receiver('bot', bot)
  const router = hookRoutes(
    receiver('desk', desk),
    (roomId) => hints.push(roomId),
    withBot ? async (request) => take(request) : null,
  )
  const app = new Koa()
  app.use(problems(log, () => false))
  app.use(router.routes()).use(router.allowedMethods())
  const server = createServer(app.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const post = (path: string, body: string, signature?: string) =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      body,
      headers: signature === undefined ? {} : { 'x-spark-signature': signature },
    })
  return { origin, hints, desk, bot, post }
}

describe('webhook calls', () => {
  it('go to the account they are for, byte for byte', async () => {
    const { post, hints, desk, bot } = await serve(true)
    const body = ' {"a" :\n"ą"}\r\n'
    expect((await post('/hooks/webex', body, 'desk')).status).toBe(204)
    expect((await post('/hooks/webex/bot', body, 'bot')).status).toBe(204)
    expect(hints).toEqual([`desk ${body}`, `bot ${body}`])
    for (const [request] of [desk, bot]) expect(request?.rawBody.equals(Buffer.from(body))).toBe(true)
    expect(bot[0]?.url.pathname).toBe('/hooks/webex/bot')
  })

  it('with a signature that does not fit are answered 401 and lead to nothing', async () => {
    const { post, hints } = await serve(true)
    for (const path of ['/hooks/webex', '/hooks/webex/bot']) {
      for (const signature of [undefined, '', 'wrong', path.endsWith('bot') ? 'desk' : 'bot']) {
        const answer = await post(path, '{}', signature)
        expect(answer.status).toBe(401)
        expect(await answer.json()).toMatchObject({ code: 'unauthorized' })
      }
    }
    expect(hints).toEqual([])
  })

  it('for a bot account that is not there find nothing', async () => {
    const { post, desk } = await serve(false)
    const answer = await post('/hooks/webex/bot', '{}', 'bot')
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'not_found' })
    expect(desk).toEqual([])
  })

  it('that are too long are refused unread', async () => {
    const { post, bot } = await serve(true)
    expect((await post('/hooks/webex/bot', 'x'.repeat(MAX_BODY), 'bot')).status).toBe(204)
    expect((await post('/hooks/webex/bot', 'x'.repeat(MAX_BODY + 1), 'bot')).status).toBe(413)
    expect(bot).toHaveLength(1)
  })

  it('are nothing to be read', async () => {
    const { origin } = await serve(true)
    expect((await fetch(`${origin}/hooks/webex/bot`)).status).toBe(405)
  })
})
