/** A bot behind HTTP whose replies a test decides turn by turn. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TurnSeen {
  readonly session: string
  readonly input:
    | { readonly type: 'text'; readonly text: string }
    | { readonly type: 'event'; readonly name: string }
  readonly lang: string
  readonly state: unknown
  readonly restore: boolean
  readonly variables: Readonly<Record<string, string>>
}

/** As docs/bots.md has it; a number is a refusal with that status. */
export type Reply = object | number | Promise<object | number>

export interface ScriptedBot {
  /** For `startServer`. */
  readonly env: Record<string, string>
  readonly turns: readonly TurnSeen[]
  /** What it was asked, shortly: `welcome`, `"hello"`. */
  asked(): string[]
  /** From now on. */
  answer(by: (turn: TurnSeen) => Reply): void
  close(): Promise<void>
}

export const say = (text: string, more: object = {}) => ({ messages: [{ text }], ...more })

/** Greets, echoes, and has nothing to ask before a person comes. */
export const polite = (turn: TurnSeen): Reply => {
  if (turn.input.type === 'text')
    return say(`You said ${turn.input.text}`, { intent: 'echo', confidence: 0.9 })
  return turn.input.name === 'welcome' ? say('Welcome!', { intent: 'welcome' }) : {}
}

export async function startBot(by: (turn: TurnSeen) => Reply = polite): Promise<ScriptedBot> {
  const turns: TurnSeen[] = []
  let answer = by
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    const turn = JSON.parse(Buffer.concat(chunks).toString()) as TurnSeen
    turns.push(turn)
    const reply = await answer(turn)
    const status = typeof reply === 'number' ? reply : 200
    res.writeHead(status, { 'content-type': 'application/json' })
    res.end(typeof reply === 'number' ? '{}' : JSON.stringify(reply))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    env: { BOT: `http://127.0.0.1:${port}/turn`, BOT_SECRET: 'a secret of thirty-two characters!' },
    turns,
    asked: () => turns.map(({ input }) => (input.type === 'text' ? JSON.stringify(input.text) : input.name)),
    answer(next) {
      answer = next
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
