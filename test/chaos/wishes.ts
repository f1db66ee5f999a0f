/** What is asked of `npm run chaos -- …`. */
import { parseArgs } from 'node:util'

export interface CommandLine {
  readonly kills: number
  /** Lines of the visitors, and as many of staff. */
  readonly messages: number
  readonly seed: number
  /** Share of the posts to Webex that go wrong. */
  readonly faulted: number
  readonly nodes: number
  /** Minutes by which the clocks of the nodes are wrong, one ahead, the next behind. */
  readonly skew: number
  /** A server to make a database in; null: one of our own, which may be killed. */
  readonly mysql: string | null
}

export const USAGE =
  'npm run chaos -- [--kills 25] [--messages 2000] [--seed 1] [--faulted 0.15] [--nodes 2] [--skew 10] [--mysql mysql://…]'

/** @throws Error that names the first mistake */
export function readCommandLine(args: readonly string[]): CommandLine {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: text('25'),
      messages: text('2000'),
      seed: text('1'),
      faulted: text('0.15'),
      nodes: text('2'),
      skew: text('10'),
      mysql: { type: 'string' },
    },
  })
  const whole = (name: 'kills' | 'messages' | 'seed' | 'nodes' | 'skew', from: number, to: number) => {
    const value = Number(values[name])
    if (!Number.isInteger(value) || value < from || value > to)
      throw new Error(`--${name} is a whole number from ${from} to ${to}`)
    return value
  }
  const faulted = Number(values.faulted)
  if (!(faulted >= 0 && faulted <= 0.9)) throw new Error('--faulted is a share from 0 to 0.9')
  return {
    kills: whole('kills', 0, 1_000),
    messages: whole('messages', 10, 200_000),
    seed: whole('seed', 0, 2 ** 32 - 1),
    nodes: whole('nodes', 1, 8),
    skew: whole('skew', 0, 60),
    faulted,
    mysql: values.mysql ?? null,
  }
}
