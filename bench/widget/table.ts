/** Figures as Markdown. */
import type { Figures, Spread } from './figures.ts'

const kb = (bytes: number) => (bytes / 1000).toFixed(bytes < 99_950 ? 1 : 0)
const ms = ({ median, low, high, runs }: Spread) =>
  runs === 0 ? '–' : `${median.toFixed(0)} (${low.toFixed(0)}…${high.toFixed(0)})`

/** Kinds of reports with how often each came. */
function kinds(all: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const each of all) counts.set(each, (counts.get(each) ?? 0) + 1)
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ') || '0'
}

const HEAD = [
  'Widget',
  'kept apart by',
  'requests',
  'kB raw / brotli',
  'main thread ms',
  'long tasks',
  'CLS',
  'LCP ms, slow line',
  'cookies / storage',
  'other hosts',
  'CSP reports',
  'on open: requests',
  'kB brotli',
  'main thread ms',
  'long tasks',
  'in all: kB brotli',
  'main thread ms',
  'runs',
]

function row(all: Figures): string[] {
  const { first, opened, whole } = all
  const name = `${all.name} ${all.version}`.trim()
  if (!first || !whole) return [name, all.isolation, `not measured: ${all.failed}`]
  return [
    name,
    all.isolation,
    String(first.requests),
    `${kb(first.raw)} / ${kb(first.sent)}`,
    ms(first.taskMs),
    String(first.longTasks),
    first.shift.toFixed(3),
    ms(first.paintMs),
    `${first.cookies} / ${first.stored}`,
    String(first.elsewhere),
    kinds(all.complaints),
    ...(opened
      ? [String(opened.requests), kb(opened.sent), ms(opened.taskMs), String(opened.longTasks)]
      : ['–', '–', '–', '–']),
    kb(whole.sent),
    ms(whole.taskMs),
    String(first.taskMs.runs),
  ]
}

export function table(all: readonly Figures[]): string {
  const lines = [HEAD, HEAD.map(() => '---'), ...all.map(row)]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
